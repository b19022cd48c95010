import { expect, test } from "bun:test";
import type { ProcessOutcome } from "../model/execution.ts";
import { decideSpecialEnd, type SpecialHistory } from "./specialEnd.ts";

const ROWS: readonly [string, ProcessOutcome, Partial<SpecialHistory>, string][] = [
  ["exit 0", { state: "exited", exitCode: 0 }, {}, "success 0"],
  ["exit 1 without retries", { state: "exited", exitCode: 1 }, {}, "failure 1 FailureExitCode"],
  [
    "exit 1 with a retry left",
    { state: "exited", exitCode: 1 },
    { maxTaskRetryCount: 1 },
    "again, counted",
  ],
  [
    "exit 1 with all retries used",
    { state: "exited", exitCode: 1 },
    { maxTaskRetryCount: 1, retryCount: 1 },
    "failure 1 FailureExitCode",
  ],
  [
    "exit 1 without limit",
    { state: "exited", exitCode: 1 },
    { maxTaskRetryCount: -1, retryCount: 99 },
    "again, counted",
  ],
  [
    "exit 1 while the job ends",
    { state: "exited", exitCode: 1 },
    { maxTaskRetryCount: 3, stopping: true },
    "failure 1 FailureExitCode",
  ],
  [
    "wall clock",
    { state: "killed", signal: 9, reason: "wallClock" },
    { maxTaskRetryCount: 3 },
    "failure 137 TaskEnded",
  ],
  [
    "stopped",
    { state: "killed", signal: 15, reason: "stopped" },
    { stopping: true },
    "failure 143 TaskEnded",
  ],
  ["unseen", { state: "unseen" }, {}, "again, not counted"],
  [
    "unseen while the job ends",
    { state: "unseen" },
    { stopping: true },
    "failure - ExitCodeUnknown",
  ],
];

for (const [name, outcome, history, expected] of ROWS) {
  test(`preparation or release, ${name}: ${expected}`, () => {
    const whole = { retryCount: 0, maxTaskRetryCount: 0, stopping: false, ...history };
    const decision = decideSpecialEnd(outcome, whole);
    if (decision.action === "again") {
      expect(`again, ${decision.counts ? "counted" : "not counted"}`).toBe(expected);
      return;
    }
    const { result, exitCode, failure } = decision;
    const code = failure === null ? "" : ` ${failure.code}`;
    expect(`${result} ${exitCode ?? "-"}${code}`).toBe(expected);
  });
}
