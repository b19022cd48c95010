import type { AllocationStatus } from "../model/allocation.ts";
import type { StopReason } from "../model/execution.ts";
import type { GroupJobType } from "../model/groupDefaults.ts";
import type { ReschedulePolicy } from "../model/groupPolicy.ts";
import { type DeploymentView, decideGroupEnd } from "./groupEnd.ts";
import type { RescheduleTracker } from "./reschedule.ts";
import type { ExecutionEnd } from "./taskEnd.ts";

/** What the decision needs to know of an execution of a group that is over. */
export interface GroupExecutionEnd {
  readonly jobType: GroupJobType;
  /** Whether the job, as it is now, wants the task. */
  readonly isWanted: boolean;
  /** Null: nobody told it to stop. */
  readonly stopReason: StopReason | null;
  readonly end: ExecutionEnd;
  /** The node's last word; null: it has said nothing. */
  readonly status: AllocationStatus | null;
  /** All its processes ended with exit code 0 and not by a stop. */
  readonly endedWell: boolean;
  /** The failure time: the latest end of its members. */
  readonly finishedAt: number;
  /** Of the version that it ran; null: the type has none. */
  readonly policy: ReschedulePolicy | null;
  /** Its node is out of contact, and its group wants no replacement for that. */
  readonly isKeptWaiting: boolean;
  /** Null: it has no history. */
  readonly tracker: RescheduleTracker | null;
  /** What the deployment that it belongs to says of it. */
  readonly deployment: DeploymentView;
  readonly now: number;
}

/**
 * stop: the task is over, as nobody wants it. complete: it did what it had to. replace: another execution takes its
 * place without counting as a reschedule; `at` null: now. reschedule: one does by the policy. fail: it is given up.
 */
export type ExecutionEndDecision =
  | { readonly action: "stop"; readonly reason: string }
  | { readonly action: "complete"; readonly reason: string }
  | { readonly action: "replace"; readonly at: number | null; readonly reason: string }
  | {
      readonly action: "reschedule";
      /** Null: now. */
      readonly at: number | null;
      readonly delayMs: number;
      readonly reason: string;
    }
  | { readonly action: "fail"; readonly reason: string };

/**
 * What becomes of a task of a group when its execution is over (Nomad's reconciler). Lost ones are replaced at once, those
 * told to stop by whatever told them, failed ones by the reschedule policy; system tasks stay failed.
 */
export function decideExecutionEnd(given: GroupExecutionEnd): ExecutionEndDecision {
  const { isWanted, stopReason, end, jobType } = given;
  if (isBatchType(jobType) && ranToItsEnd(given)) {
    return { action: "complete", reason: "It ran to its end with success" };
  }
  if (!isWanted) return { action: "stop", reason: "It is not wanted any more" };
  if (stopReason !== null) return { action: "replace", at: null, reason: stopText(stopReason) };
  if (end.kind === "neverRan") {
    return { action: "replace", at: null, reason: "It never began" };
  }
  if (end.kind === "lost") return decideLoss(given, end.reason);
  if (end.outcome.state === "unseen") {
    return { action: "replace", at: null, reason: "Its processes ended unseen" };
  }
  if (hasSucceeded(given)) {
    return { action: "replace", at: null, reason: "It ended with success; a service runs on" };
  }
  return decideFailure(given);
}

/** Lost ones are replaced at once, but where a group would rather be without (`disconnect.replace`). */
function decideLoss({ isKeptWaiting }: GroupExecutionEnd, why: string): ExecutionEndDecision {
  return isKeptWaiting
    ? { action: "fail", reason: `${why}, and disconnect.replace is false` }
    : { action: "replace", at: null, reason: why };
}

/** What ended with exit code 0 by itself has done its work, also while it was being stopped. */
function ranToItsEnd(given: GroupExecutionEnd): boolean {
  return given.stopReason === null ? hasSucceeded(given) : given.endedWell;
}

function isBatchType(jobType: GroupJobType): boolean {
  return jobType === "batch" || jobType === "sysbatch";
}

function hasSucceeded({ end, status }: GroupExecutionEnd): boolean {
  if (end.kind !== "outcome") return false;
  if (status === "failed") return false;
  return status === "complete" || (end.outcome.state === "exited" && end.outcome.exitCode === 0);
}

function stopText(reason: StopReason): string {
  return reason === "replaced"
    ? "It was stopped to run in another execution"
    : "It was stopped, and is wanted again";
}

function decideFailure(given: GroupExecutionEnd): ExecutionEndDecision {
  const { jobType, policy, tracker, finishedAt, deployment, now } = given;
  const end = { jobType, status: "failed", desiredStatus: "run", policy, tracker } as const;
  const decision = decideGroupEnd(
    { ...end, failedAt: finishedAt, deployment, isForced: false },
    now,
  );
  switch (decision.action) {
    case "complete":
    case "stayFailed":
      return { action: "fail", reason: decision.reason };
    case "rescheduleNow":
    case "rescheduleAt": {
      const at = decision.action === "rescheduleNow" ? null : decision.nextAt;
      const { delayMs, reason } = decision;
      return { action: "reschedule", at, delayMs: delayMs ?? 0, reason };
    }
  }
}
