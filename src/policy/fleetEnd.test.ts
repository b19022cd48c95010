import { expect, test } from "bun:test";
import type { ProcessOutcome, StopReason } from "../model/execution.ts";
import { decideFleetEnd, decideNotSent } from "./fleetEnd.ts";
import type { ExecutionEnd } from "./taskEnd.ts";

const failedToStart: ProcessOutcome = {
  state: "failedToStart",
  failure: { category: "usererror", code: "BlobNotFound", message: "no script" },
};
const ended = (outcome: ProcessOutcome): ExecutionEnd => ({ kind: "outcome", outcome });
const exit = (exitCode: number): ExecutionEnd => ended({ state: "exited", exitCode });
const kill = (reason: "wallClock" | null): ExecutionEnd =>
  ended({ state: "killed", signal: 9, reason });

const CASES: readonly [string, ExecutionEnd, StopReason | null, string | null, number | null][] = [
  ["exit 0", exit(0), null, null, 0],
  ["exit 0 while it was being stopped", exit(0), "terminated", null, 0],
  ["exit 3", exit(3), null, "FailureExitCode", 3],
  ["exit 3 while it was being stopped", exit(3), "terminated", "TaskEnded", 3],
  ["a signal from elsewhere", kill(null), null, "FailureExitCode", 137],
  ["its time is over", kill("wallClock"), null, "TaskEnded", 137],
  ["a script that cannot be had", ended(failedToStart), null, "BlobNotFound", null],
  ["an end that nobody saw", ended({ state: "unseen" }), null, "ExitCodeUnknown", null],
  ["a node that was lost", { kind: "lost", reason: "Contact was lost" }, null, "NodeLost", null],
  ["stopped before it began", { kind: "neverRan" }, "jobEnded", "TaskEnded", null],
  ["taken from a rebooting node", { kind: "neverRan" }, "requeued", "TaskEnded", null],
];

test.each(CASES)("%s", (_, end, stopReason, code, exitCode) => {
  const outcome = decideFleetEnd(end, stopReason);
  expect(outcome.failure?.code ?? null).toBe(code as never);
  expect(outcome.exitCode).toBe(exitCode);
  expect(outcome.result).toBe(code === null ? "success" : "failure");
});

test("what was never sent has no exit code and says why", () => {
  for (const why of ["disabled", "removed", "stopped"] as const) {
    expect(decideNotSent({ why })).toMatchObject({ result: "failure", exitCode: null });
  }
  const late = decideNotSent({ why: "didNotAnswer", startWithinMs: 90_000 });
  expect(late.failure).toMatchObject({
    code: "NodeDidNotAnswer",
    message: expect.stringContaining("90 s"),
  });
});
