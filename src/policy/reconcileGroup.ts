import type { GroupJobType } from "../model/groupDefaults.ts";
import type { ReschedulePolicy } from "../model/groupPolicy.ts";
import { isTerminated } from "./allocationStatus.ts";
import { type DeploymentView, decideGroupEnd } from "./groupEnd.ts";
import { type ClientStatus, lastRescheduleFailed, type RescheduleTracker } from "./reschedule.ts";

/** Waiting replacements within so long of the first are made together with it (Nomad). */
export const RESCHEDULE_BATCH_MS = 5_000;

/** What a group's count is compared with. */
export interface GroupExecution {
  readonly index: number;
  readonly clientStatus: ClientStatus;
  readonly desiredStatus: "run" | "stop" | "evict";
  readonly ranSuccessfully: boolean;
  readonly failedAt: number;
  readonly tracker: RescheduleTracker | null;
  /** It has a successor already. */
  readonly isReplaced: boolean;
  readonly isForced: boolean;
  readonly deployment: DeploymentView;
}

/**
 * counts: it fills its place. ignored: it does not, and nothing is left to decide. checkRescheduleTime: it fills its
 * place until `reschedule` says that it is to be replaced.
 */
export type Classification = "counts" | "ignored" | "checkRescheduleTime";

/** How the server looks at an execution when it compares a group with its count (Nomad). */
export function classifyExecution(
  jobType: GroupJobType,
  execution: Pick<GroupExecution, "clientStatus" | "desiredStatus" | "ranSuccessfully" | "tracker">,
): Classification {
  const { clientStatus, desiredStatus, ranSuccessfully, tracker } = execution;
  const runsToItsEnd = jobType === "batch" || jobType === "sysbatch";
  if (desiredStatus === "evict") return "ignored";
  if (desiredStatus === "stop") {
    // What ran to its end is never run again, even if it was stopped afterwards.
    if (runsToItsEnd && ranSuccessfully) return "counts";
    return lastRescheduleFailed(tracker) ? "checkRescheduleTime" : "ignored";
  }
  if (runsToItsEnd) return clientStatus === "failed" ? "checkRescheduleTime" : "counts";
  const isGone = clientStatus === "complete" || clientStatus === "lost";
  return isGone ? "ignored" : "checkRescheduleTime";
}

export interface GroupToReconcile {
  readonly jobType: GroupJobType;
  readonly count: number;
  readonly policy: ReschedulePolicy | null;
  /** After a failed deployment nothing new is placed until there is another. */
  readonly isDeploymentFailed: boolean;
  readonly executions: readonly GroupExecution[];
}

export interface GroupPlan {
  /** New executions: replacements that are due, and what is missing from the count. */
  readonly place: number;
  /** Replaced now; each of them is let go of. */
  readonly replaced: readonly GroupExecution[];
  /** Beyond the count, highest index first. */
  readonly surplus: readonly GroupExecution[];
  readonly later: readonly { readonly execution: GroupExecution; readonly at: number }[];
  /** When to look again: one time for those due within RESCHEDULE_BATCH_MS of it. */
  readonly followUpsAt: readonly number[];
  /** Left as they are. */
  readonly kept: readonly GroupExecution[];
}

/** One time for all that are due less than RESCHEDULE_BATCH_MS after it. */
export function batchFollowUps(times: readonly number[]): readonly number[] {
  const batches: number[] = [];
  for (const at of times.toSorted((a, b) => a - b)) {
    const first = batches.at(-1);
    if (first === undefined || at - first >= RESCHEDULE_BATCH_MS) batches.push(at);
  }
  return batches;
}

type Replacement = { readonly at: number } | null;

function replacementOf(
  group: GroupToReconcile,
  execution: GroupExecution,
  now: number,
): Replacement {
  const { clientStatus, desiredStatus } = execution;
  if (clientStatus !== "failed" || desiredStatus === "evict") return null;
  const { jobType, policy } = group;
  const end = { ...execution, jobType, policy, desiredStatus, status: "failed" as const };
  const decision = decideGroupEnd(end, now);
  switch (decision.action) {
    case "complete":
    case "stayFailed":
      return null;
    case "rescheduleNow":
    case "rescheduleAt":
      return { at: decision.action === "rescheduleNow" ? now : decision.nextAt };
  }
}

/** Compares the executions of a group with its count: what is placed, replaced, stopped, waited for (Nomad). */
export function reconcileGroup(group: GroupToReconcile, now: number): GroupPlan {
  const filled: GroupExecution[] = [];
  const replaced: GroupExecution[] = [];
  const later: { execution: GroupExecution; at: number }[] = [];
  for (const execution of group.executions) {
    if (execution.isReplaced && isTerminated(execution.clientStatus)) continue;
    const classification = classifyExecution(group.jobType, execution);
    if (classification === "ignored") continue;
    const isChecked = classification === "checkRescheduleTime";
    const replacement = isChecked ? replacementOf(group, execution, now) : null;
    if (replacement !== null && replacement.at <= now) {
      replaced.push(execution);
      continue;
    }
    filled.push(execution);
    if (replacement !== null) later.push({ execution, at: replacement.at });
  }
  const byIndex = filled.toSorted((a, b) => a.index - b.index);
  const missing = group.isDeploymentFailed ? 0 : group.count - filled.length - replaced.length;
  const room = Math.max(0, group.count - replaced.length);
  return {
    place: replaced.length + Math.max(0, missing),
    replaced,
    surplus: byIndex.slice(room).reverse(),
    later,
    followUpsAt: batchFollowUps(later.map(({ at }) => at)),
    kept: byIndex.slice(0, room),
  };
}
