import type { ProcessOutcome } from "../model/execution.ts";
import type { FailureInfo } from "../model/failure.ts";
import { exitCodeOf } from "./taskEnd.ts";

export interface SpecialHistory {
  readonly retryCount: number;
  /** 0 for releases: they have no retries (Azure Batch 5.5). */
  readonly maxTaskRetryCount: number;
  /** It was told to stop because its job ends. */
  readonly stopping: boolean;
}

/**
 * What becomes of a preparation or release. again: another process on the same node; `counts` tells whether it is a
 * retry (a process whose end nobody saw is simply repeated: preparation is idempotent by contract).
 */
export type SpecialDecision =
  | { readonly action: "again"; readonly counts: boolean; readonly reason: string }
  | {
      readonly action: "complete";
      readonly result: "success" | "failure";
      readonly exitCode: number | null;
      readonly failure: FailureInfo | null;
    };

function failure(exitCode: number | null, info: FailureInfo): SpecialDecision {
  return { action: "complete", result: "failure", exitCode, failure: info };
}

/** Only a nonzero exit is retried, at most maxTaskRetryCount times, -1 without limit (Azure Batch 5.2, 6.6). */
export function decideSpecialEnd(
  outcome: ProcessOutcome,
  history: SpecialHistory,
): SpecialDecision {
  const exitCode = exitCodeOf(outcome);
  if (outcome.state === "failedToStart") return failure(null, outcome.failure);
  if (outcome.state === "unseen") {
    if (!history.stopping) {
      return { action: "again", counts: false, reason: "Its end was not seen" };
    }
    return failure(null, {
      category: "servererror",
      code: "ExitCodeUnknown",
      message: "The process ended and its exit code is unknown.",
    });
  }
  if (exitCode === 0) return { action: "complete", result: "success", exitCode: 0, failure: null };
  if (outcome.state === "killed" && outcome.reason !== null) {
    const why =
      outcome.reason === "wallClock" ? "its maxWallClockTime had expired" : "its job ended";
    return failure(exitCode, {
      category: "usererror",
      code: "TaskEnded",
      message: `The process was stopped because ${why}.`,
    });
  }
  const left = history.maxTaskRetryCount < 0 || history.retryCount < history.maxTaskRetryCount;
  if (left && !history.stopping) {
    return { action: "again", counts: true, reason: `Exit code ${exitCode}` };
  }
  return failure(exitCode, {
    category: "usererror",
    code: "FailureExitCode",
    message: `The command ended with exit code ${exitCode}.`,
  });
}
