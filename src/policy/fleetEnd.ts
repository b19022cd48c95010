import type { StopReason } from "../model/execution.ts";
import type { FailureCode, FailureInfo } from "../model/failure.ts";
import type { TaskOutcome } from "../model/task.ts";
import { type ExecutionEnd, exitCodeOfSignal, taskEnded } from "./taskEnd.ts";

/** Why a target ends without the script having been sent to its node. */
export type NotSent =
  | { readonly why: "didNotAnswer"; readonly startWithinMs: number }
  | { readonly why: "disabled" }
  | { readonly why: "removed" }
  | { readonly why: "stopped" }
  | { readonly why: "timeOver" };

/**
 * How a fleet script's end is recorded. Nothing is retried or recovered: at most once per EXEC NO, so what is lost or in
 * doubt has failed, with the reason (DESIGN 2). A script that ran and ended otherwise than with 0 has an exit code; one
 * that never ran has none (OPMATE 7.2).
 */
export function decideFleetEnd(end: ExecutionEnd, stopReason: StopReason | null): TaskOutcome {
  switch (end.kind) {
    case "lost":
      return failed(
        null,
        "servererror",
        "NodeLost",
        `${end.reason}; whether the script ran to its end is not known.`,
      );
    case "neverRan":
      return taskEnded(endReasonOf(stopReason), null);
    case "outcome":
      break;
  }
  const { outcome } = end;
  switch (outcome.state) {
    case "exited":
      if (outcome.exitCode === 0) return { result: "success", exitCode: 0, failure: null };
      return stopReason === null
        ? exited(outcome.exitCode, `ended with exit code ${outcome.exitCode}`)
        : taskEnded(endReasonOf(stopReason), outcome.exitCode);
    case "killed": {
      const exitCode = exitCodeOfSignal(outcome.signal);
      if (outcome.reason === "wallClock") {
        return failed(
          exitCode,
          "usererror",
          "TaskEnded",
          "The script was stopped because its time on the node was over.",
        );
      }
      return stopReason === null
        ? exited(
            exitCode,
            `was killed by signal ${outcome.signal}, which counts as exit code ${exitCode}`,
          )
        : taskEnded(endReasonOf(stopReason), exitCode);
    }
    case "failedToStart":
      return { result: "failure", exitCode: null, failure: outcome.failure };
    case "unseen":
      return failed(
        null,
        "servererror",
        "ExitCodeUnknown",
        "The script ended while nobody watched it; its exit code is not known.",
      );
  }
}

/** The record of a target whose script was never sent. */
export function decideNotSent(notSent: NotSent): TaskOutcome {
  switch (notSent.why) {
    case "didNotAnswer":
      return failed(
        null,
        "servererror",
        "NodeDidNotAnswer",
        `The node did not take the script within ${notSent.startWithinMs / 1000} s, so it will not run it.`,
      );
    case "disabled":
      return failed(
        null,
        "usererror",
        "NodeDisabled",
        "The node was disabled before the script was sent to it.",
      );
    case "removed":
      return failed(
        null,
        "usererror",
        "NodeRemoved",
        "The node was removed before the script was sent to it.",
      );
    case "stopped":
      return failed(
        null,
        "usererror",
        "TaskEnded",
        "The run was stopped before the script was sent to the node.",
      );
    case "timeOver":
      return failed(
        null,
        "usererror",
        "TaskEnded",
        "The time of the run was over before the script was sent to the node.",
      );
  }
}

/** A script that was stopped so that other work would run again elsewhere does not: its node was taken. */
function endReasonOf(stopReason: StopReason | null): StopReason {
  if (stopReason === null || stopReason === "requeued" || stopReason === "superseded")
    return "nodeTaken";
  return stopReason;
}

function exited(exitCode: number, how: string): TaskOutcome {
  return failed(exitCode, "usererror", "FailureExitCode", `The script ${how}.`);
}

function failed(
  exitCode: number | null,
  category: FailureInfo["category"],
  code: FailureCode,
  message: string,
): TaskOutcome {
  return { result: "failure", exitCode, failure: { category, code, message } };
}
