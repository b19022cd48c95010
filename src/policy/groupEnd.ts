import { formatGoDuration } from "../model/duration.ts";
import type { GroupJobType } from "../model/groupDefaults.ts";
import type { ReschedulePolicy } from "../model/groupPolicy.ts";
import { decideReschedule, type RescheduleTracker } from "./reschedule.ts";

/** Due within so long counts as due now (Nomad). */
export const RESCHEDULE_WINDOW_MS = 1_000;

/** What a deployment says of an execution that failed. */
export type DeploymentView =
  /** No deployment runs, or the execution is not part of it. */
  | "none"
  /** Part of the running one, which has not marked it to be replaced. */
  | "running"
  /** Part of the running one, marked. */
  | "runningMarked"
  /** Part of one that failed: nothing is replaced until there is another. */
  | "failed";

/** An execution of a group that is over. */
export interface GroupEnd {
  readonly jobType: GroupJobType;
  /** `lost` ones go by `decideNodeLoss`. */
  readonly status: "complete" | "failed";
  readonly desiredStatus: "run" | "stop";
  /** The latest end of its members. */
  readonly failedAt: number;
  readonly policy: ReschedulePolicy | null;
  readonly tracker: RescheduleTracker | null;
  readonly deployment: DeploymentView;
  /** A user wants it started again now, whatever the policy says. */
  readonly isForced: boolean;
}

/**
 * complete: the task is done. rescheduleNow, rescheduleAt: a replacement, with the delay that its history records (null:
 * it uses up no attempt). stayFailed: it keeps its place in the count, and nothing follows by itself.
 */
export type GroupEndDecision =
  | { readonly action: "complete" | "stayFailed"; readonly nextAt: null; readonly reason: string }
  | {
      readonly action: "rescheduleNow" | "rescheduleAt";
      readonly nextAt: number;
      readonly delayMs: number | null;
      readonly reason: string;
    };

function complete(reason: string): GroupEndDecision {
  return { action: "complete", nextAt: null, reason };
}

function stayFailed(reason: string): GroupEndDecision {
  return { action: "stayFailed", nextAt: null, reason };
}

function replacedNow(now: number, delayMs: number | null, reason: string): GroupEndDecision {
  return { action: "rescheduleNow", nextAt: now, delayMs, reason };
}

function decideComplete(end: GroupEnd, now: number): GroupEndDecision {
  if (end.desiredStatus === "stop") return complete("It was stopped");
  if (end.jobType === "batch" || end.jobType === "sysbatch") return complete("It succeeded");
  return replacedNow(now, null, `A ${end.jobType} job runs on: replaced to keep its count`);
}

function decideFailed(end: GroupEnd, now: number): GroupEndDecision {
  if (end.isForced) return replacedNow(now, null, "Started again by request");
  if (end.jobType === "system" || end.jobType === "sysbatch") {
    return stayFailed(
      `A ${end.jobType} job is not rescheduled; it waits for a change of job or node`,
    );
  }
  if (end.deployment === "running")
    return stayFailed("The deployment has not marked it to be replaced");
  if (end.deployment === "failed") return stayFailed("Its deployment failed");
  const due = decideReschedule({ ...end, clientStatus: "failed" });
  if (!due.eligible) return stayFailed(due.reason);
  const { nextAt, delayMs, reason } = due;
  if (nextAt - now <= RESCHEDULE_WINDOW_MS) return replacedNow(now, delayMs, reason);
  return { action: "rescheduleAt", nextAt, delayMs, reason };
}

/**
 * What becomes of the task of a group after its execution ended (Nomad). A failed one is replaced by `reschedule`; while
 * it waits, and when it never will be replaced, it keeps its place, so the group runs below its count.
 */
export function decideGroupEnd(end: GroupEnd, now: number): GroupEndDecision {
  return end.status === "complete" ? decideComplete(end, now) : decideFailed(end, now);
}

/** `in 30s`, `now`: when a decision acts, for people. */
export function actsIn(nextAt: number, now: number): string {
  return nextAt <= now ? "now" : `in ${formatGoDuration(nextAt - now)}`;
}
