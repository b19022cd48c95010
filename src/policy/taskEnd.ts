import type { ProcessOutcome, StopReason } from "../model/execution.ts";
import type { FailureInfo } from "../model/failure.ts";
import { RECOVERIES_MAX } from "../model/limits.ts";
import type { TaskOutcome } from "../model/task.ts";

/** What the decision needs to know about the task. */
export interface TaskHistory {
  readonly retryCount: number;
  readonly recoveryCount: number;
  /** The effective limit: the task's, else the job's, else 0; -1 without limit. */
  readonly maxTaskRetryCount: number;
}

/** How an execution is over: what the node saw, or that nobody will ever know. */
export type ExecutionEnd =
  | { readonly kind: "outcome"; readonly outcome: ProcessOutcome }
  /** It was stopped before the node had begun with it. */
  | { readonly kind: "neverRan" }
  /** The node, its journal or its shim is gone. */
  | { readonly kind: "lost"; readonly reason: string };

/**
 * What becomes of the task. retry counts against maxTaskRetryCount; requeue and recovery do not (Azure Batch 1.8).
 */
export type TaskEndDecision =
  | { readonly action: "complete"; readonly outcome: TaskOutcome; readonly reason: string }
  | { readonly action: "retry"; readonly reason: string }
  | { readonly action: "requeue"; readonly reason: string }
  | { readonly action: "recover"; readonly reason: string };

/** The exit code that a process killed by a signal is given, as shells do. */
export function exitCodeOfSignal(signal: number): number {
  return 128 + signal;
}

/** The exit code of an outcome; null when no process ran or nobody saw it end. */
export function exitCodeOf(outcome: ProcessOutcome): number | null {
  switch (outcome.state) {
    case "exited":
      return outcome.exitCode;
    case "killed":
      return exitCodeOfSignal(outcome.signal);
    case "failedToStart":
    case "unseen":
      return null;
  }
}

function failed(exitCode: number | null, failure: FailureInfo): TaskOutcome {
  return { result: "failure", exitCode, failure };
}

const STOP_TEXT: Record<StopReason, string> = {
  terminated: "The task was terminated by request",
  jobEnded: "The task was stopped because its job ended",
  deleted: "The task was deleted",
  requeued: "The task was stopped to be queued again",
  nodeTaken:
    "The task was stopped because its node or job was taken out of service with option terminate",
  superseded: "The execution was replaced",
  unwanted: "The task is not wanted any more",
  replaced: "The execution was stopped, and the task goes on in another",
};

/** TaskEnded with the words for the reason. */
export function taskEnded(reason: StopReason, exitCode: number | null): TaskOutcome {
  return failed(exitCode, {
    category: "usererror",
    code: "TaskEnded",
    message: `${STOP_TEXT[reason]}.`,
  });
}

function afterStop(reason: StopReason, exitCode: number | null): TaskEndDecision {
  if (reason === "requeued" || reason === "superseded") {
    return { action: "requeue", reason: STOP_TEXT[reason] };
  }
  return { action: "complete", outcome: taskEnded(reason, exitCode), reason: STOP_TEXT[reason] };
}

function triesText(retryCount: number): string {
  if (retryCount === 0) return "no retries allowed";
  return retryCount === 1 ? "its one retry used" : `all ${retryCount} retries used`;
}

/** A nonzero exit, or a signal from elsewhere: retried while the policy allows it (Azure Batch 6.6). */
function afterFailure(
  history: TaskHistory,
  exitCode: number,
  signal: number | null,
): TaskEndDecision {
  const what =
    signal === null ? `Exit code ${exitCode}` : `Signal ${signal}, exit code ${exitCode}`;
  const ended = signal === null ? "ended with" : `was killed by signal ${signal}, which counts as`;
  const { retryCount, maxTaskRetryCount } = history;
  if (maxTaskRetryCount < 0 || retryCount < maxTaskRetryCount) {
    const limit = maxTaskRetryCount < 0 ? "without limit" : `of ${maxTaskRetryCount}`;
    return { action: "retry", reason: `${what}; retry ${retryCount + 1} ${limit}` };
  }
  const tries = triesText(retryCount);
  return {
    action: "complete",
    reason: `${what}, ${tries}`,
    outcome: failed(exitCode, {
      category: "usererror",
      code: "FailureExitCode",
      message: `The command ${ended} exit code ${exitCode}; ${tries}.`,
      details: [
        { name: "exitCode", value: String(exitCode) },
        ...(signal === null ? [] : [{ name: "signal", value: String(signal) }]),
      ],
    }),
  };
}

function recovery(history: TaskHistory, reason: string): TaskEndDecision {
  if (history.recoveryCount < RECOVERIES_MAX) return { action: "recover", reason };
  return {
    action: "complete",
    reason: `${reason}; recovered ${RECOVERIES_MAX} times already`,
    outcome: failed(null, {
      category: "servererror",
      code: "MaxInternalRetryCountReached",
      message: `${reason}; the task had been recovered ${RECOVERIES_MAX} times already, which is the limit.`,
    }),
  };
}

/**
 * What becomes of a task when its execution is over. An end that came before the stop counts as what it was: a
 * task that succeeded while it was being stopped has succeeded. Expired wall clocks, files that could not be had and
 * commands that could not be started are not retried (Azure Batch 6.6).
 */
export function decideTaskEnd(
  end: ExecutionEnd,
  stopReason: StopReason | null,
  history: TaskHistory,
): TaskEndDecision {
  if (end.kind === "lost") {
    return stopReason === null ? recovery(history, end.reason) : afterStop(stopReason, null);
  }
  if (end.kind === "neverRan") {
    return stopReason === null
      ? { action: "requeue", reason: "It never began" }
      : afterStop(stopReason, null);
  }
  const { outcome } = end;
  switch (outcome.state) {
    case "exited":
      if (outcome.exitCode === 0) {
        return {
          action: "complete",
          outcome: { result: "success", exitCode: 0, failure: null },
          reason: "Exit code 0",
        };
      }
      return stopReason === null
        ? afterFailure(history, outcome.exitCode, null)
        : afterStop(stopReason, outcome.exitCode);
    case "killed":
      return afterKill(outcome, stopReason, history);
    case "failedToStart":
      if (stopReason !== null) return afterStop(stopReason, null);
      return {
        action: "complete",
        outcome: failed(null, outcome.failure),
        reason: outcome.failure.message,
      };
    case "unseen":
      return stopReason === null
        ? recovery(history, "The process ended and its exit code is unknown (ExitCodeUnknown)")
        : afterStop(stopReason, null);
  }
}

function afterKill(
  outcome: ProcessOutcome & { state: "killed" },
  stopReason: StopReason | null,
  history: TaskHistory,
): TaskEndDecision {
  const exitCode = exitCodeOfSignal(outcome.signal);
  if (outcome.reason === "wallClock") {
    return {
      action: "complete",
      reason: "maxWallClockTime expired",
      outcome: failed(exitCode, {
        category: "usererror",
        code: "TaskEnded",
        message: "The task was stopped because its maxWallClockTime had expired.",
      }),
    };
  }
  if (stopReason !== null) return afterStop(stopReason, exitCode);
  return afterFailure(history, exitCode, outcome.signal);
}
