import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ProcessOutcome, StopReason } from "../model/execution.ts";
import type { FailureInfo } from "../model/failure.ts";
import { RECOVERIES_MAX } from "../model/limits.ts";
import { decideTaskEnd, type ExecutionEnd, type TaskEndDecision } from "./taskEnd.ts";

const NOT_FOUND: FailureInfo = {
  category: "usererror",
  code: "CommandProgramNotFound",
  message: "no such program",
};

const SUCCEEDED: ProcessOutcome = { state: "exited", exitCode: 0 };
const FAILED: ProcessOutcome = { state: "exited", exitCode: 3 };
const STOPPED: ProcessOutcome = { state: "killed", signal: 15, reason: "stopped" };
const CRASHED: ProcessOutcome = { state: "killed", signal: 11, reason: null };
const EXPIRED: ProcessOutcome = { state: "killed", signal: 15, reason: "wallClock" };
const NOT_STARTED: ProcessOutcome = { state: "failedToStart", failure: NOT_FOUND };
const UNSEEN: ProcessOutcome = { state: "unseen" };

function short(decision: TaskEndDecision): string {
  if (decision.action !== "complete") return decision.action;
  const { result, exitCode, failure } = decision.outcome;
  return `${result} ${exitCode ?? "-"} ${failure?.code ?? "-"}`;
}

/** Outcome x stop reason: what becomes of a task with one retry left. */
const TABLE: readonly [string, ProcessOutcome | "neverRan" | "lost", Record<string, string>][] = [
  [
    "exit 0",
    SUCCEEDED,
    {
      none: "success 0 -",
      terminated: "success 0 -",
      jobEnded: "success 0 -",
      requeued: "success 0 -",
      nodeTaken: "success 0 -",
    },
  ],
  [
    "exit 3",
    FAILED,
    {
      none: "retry",
      terminated: "failure 3 TaskEnded",
      jobEnded: "failure 3 TaskEnded",
      requeued: "requeue",
      nodeTaken: "failure 3 TaskEnded",
    },
  ],
  [
    "stopped",
    STOPPED,
    {
      none: "retry",
      terminated: "failure 143 TaskEnded",
      jobEnded: "failure 143 TaskEnded",
      requeued: "requeue",
      nodeTaken: "failure 143 TaskEnded",
    },
  ],
  ["crashed", CRASHED, { none: "retry", terminated: "failure 139 TaskEnded", requeued: "requeue" }],
  [
    "wall clock",
    EXPIRED,
    {
      none: "failure 143 TaskEnded",
      terminated: "failure 143 TaskEnded",
      requeued: "failure 143 TaskEnded",
    },
  ],
  [
    "not started",
    NOT_STARTED,
    {
      none: "failure - CommandProgramNotFound",
      terminated: "failure - TaskEnded",
      requeued: "requeue",
    },
  ],
  ["unseen", UNSEEN, { none: "recover", terminated: "failure - TaskEnded", requeued: "requeue" }],
  [
    "never ran",
    "neverRan",
    {
      none: "requeue",
      terminated: "failure - TaskEnded",
      deleted: "failure - TaskEnded",
      requeued: "requeue",
    },
  ],
  [
    "lost",
    "lost",
    {
      none: "recover",
      terminated: "failure - TaskEnded",
      jobEnded: "failure - TaskEnded",
      requeued: "requeue",
    },
  ],
];

function endOf(outcome: ProcessOutcome | "neverRan" | "lost"): ExecutionEnd {
  if (outcome === "neverRan") return { kind: "neverRan" };
  if (outcome === "lost") return { kind: "lost", reason: "the node is gone" };
  return { kind: "outcome", outcome };
}

for (const [name, outcome, row] of TABLE) {
  for (const [reason, expected] of Object.entries(row)) {
    test(`${name}, told to stop: ${reason} -> ${expected}`, () => {
      const stopReason = reason === "none" ? null : (reason as StopReason);
      const history = { retryCount: 0, recoveryCount: 0, maxTaskRetryCount: 1 };
      expect(short(decideTaskEnd(endOf(outcome), stopReason, history))).toBe(expected);
    });
  }
}

test("retries never exceed maxTaskRetryCount, and -1 is without limit", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1, max: 5 }), fc.integer({ min: 0, max: 9 }), (most, used) => {
      const history = { retryCount: used, recoveryCount: 0, maxTaskRetryCount: most };
      const decision = decideTaskEnd({ kind: "outcome", outcome: FAILED }, null, history);
      expect(decision.action).toBe(most === -1 || used < most ? "retry" : "complete");
    }),
  );
});

test("recovery happens even with maxTaskRetryCount 0, up to its own limit", () => {
  const history = { retryCount: 0, recoveryCount: 0, maxTaskRetryCount: 0 };
  const lost = endOf("lost");
  expect(decideTaskEnd(lost, null, history).action).toBe("recover");
  const worn = { ...history, recoveryCount: RECOVERIES_MAX };
  expect(short(decideTaskEnd(lost, null, worn))).toBe("failure - MaxInternalRetryCountReached");
});

test("failureInfo is there if and only if the result is failure", () => {
  for (const [, outcome, row] of TABLE) {
    for (const reason of Object.keys(row)) {
      const stopReason = reason === "none" ? null : (reason as StopReason);
      const history = { retryCount: 1, recoveryCount: 0, maxTaskRetryCount: 1 };
      const decision = decideTaskEnd(endOf(outcome), stopReason, history);
      expect(decision.reason.length).toBeGreaterThan(0);
      if (decision.action !== "complete") continue;
      expect(decision.outcome.failure === null).toBe(decision.outcome.result === "success");
    }
  }
});

test("a signal is named beside the exit code that stands for it", () => {
  const history = { retryCount: 0, recoveryCount: 0, maxTaskRetryCount: 0 };
  const decision = decideTaskEnd({ kind: "outcome", outcome: CRASHED }, null, history);
  if (decision.action !== "complete") throw new Error("expected it to be over");
  expect(decision.reason).toBe("Signal 11, exit code 139, no retries allowed");
  expect(decision.outcome.failure).toMatchObject({
    message:
      "The command was killed by signal 11, which counts as exit code 139; no retries allowed.",
    details: [
      { name: "exitCode", value: "139" },
      { name: "signal", value: "11" },
    ],
  });
});
