import { formatGoDuration } from "../model/duration.ts";
import type { ReschedulePolicy } from "../model/groupPolicy.ts";
import { attemptsUsed, nextRescheduleDelay, type PastReschedule } from "./rescheduleDelay.ts";
import { isRescheduleEnabled } from "./reschedulePolicy.ts";

/** Client status of an allocation as the server sees it (Nomad). */
export type ClientStatus = "pending" | "running" | "complete" | "failed" | "lost" | "unknown";

/** What its predecessors left to an execution; null in the inputs below: it has none. */
export interface RescheduleTracker {
  /** How the last try to replace it went: `no placement` when no node was found; null: none was made. */
  readonly lastReschedule: "ok" | "no placement" | null;
  /** Oldest first; null: not there, which is not the same as none. */
  readonly events: readonly PastReschedule[] | null;
}

export interface RescheduleInput {
  readonly clientStatus: ClientStatus;
  readonly desiredStatus: "run" | "stop" | "evict";
  /** The latest end of its members, else when it was last changed; null: it has not failed. */
  readonly failedAt: number | null;
  readonly policy: ReschedulePolicy | null;
  readonly tracker: RescheduleTracker | null;
}

export type RescheduleDecision =
  | {
      readonly eligible: true;
      /** When the replacement is due. */
      readonly nextAt: number;
      readonly delayMs: number;
      readonly reason: string;
    }
  | {
      readonly eligible: false;
      /** When it would have been due if the policy allowed it; null: nothing was calculated. */
      readonly nextAt: number | null;
      readonly reason: string;
    };

function refused(reason: string, nextAt: number | null = null): RescheduleDecision {
  return { eligible: false, nextAt, reason };
}

/** Whether the last try to replace it found no node: then it is asked again although it was stopped for that try. */
export function lastRescheduleFailed(tracker: RescheduleTracker | null): boolean {
  return tracker?.lastReschedule === "no placement";
}

function limitText(policy: ReschedulePolicy): string {
  return `${policy.attempts} in interval ${formatGoDuration(policy.intervalMs)}`;
}

/** Whether a limited policy still has an attempt, and what people read about it. */
function limitAllows(
  policy: ReschedulePolicy,
  failedAt: number,
  delayMs: number,
  tracker: RescheduleTracker | null,
): { readonly allowed: boolean; readonly reason: string } {
  if (tracker === null) return { allowed: true, reason: `attempt 1 of ${limitText(policy)}` };
  if (tracker.events === null) return { allowed: false, reason: "Its history is not known" };
  const used = attemptsUsed(policy, failedAt, tracker.events);
  if (used >= policy.attempts) {
    return { allowed: false, reason: `Exceeded allowed reschedule attempts ${limitText(policy)}` };
  }
  if (delayMs >= policy.intervalMs) {
    const delay = formatGoDuration(delayMs);
    return { allowed: false, reason: `The delay ${delay} is not below the interval` };
  }
  return { allowed: true, reason: `attempt ${used + 1} of ${limitText(policy)}` };
}

/**
 * When a failure at `failedAt` leads to a replacement by the policy, whatever the statuses are: also for executions of
 * unknown fate, which count as failed when contact was lost.
 */
export function rescheduleTime(
  policy: ReschedulePolicy | null,
  failedAt: number,
  tracker: RescheduleTracker | null,
): RescheduleDecision {
  if (!isRescheduleEnabled(policy)) return refused("Policy allows no reschedules");
  const delayMs = nextRescheduleDelay(policy, failedAt, tracker?.events ?? []);
  const nextAt = failedAt + delayMs;
  const delay = formatGoDuration(delayMs);
  if (policy.attempts === 0 || (policy.unlimited && tracker?.events == null)) {
    return { eligible: true, nextAt, delayMs, reason: `Rescheduled after ${delay}, unlimited` };
  }
  const { allowed, reason } = limitAllows(policy, failedAt, delayMs, tracker);
  if (!allowed) return refused(reason, nextAt);
  return { eligible: true, nextAt, delayMs, reason: `Rescheduled after ${delay}, ${reason}` };
}

/** Whether and when a failed or lost execution is replaced by its `reschedule` policy (Nomad). */
export function decideReschedule(input: RescheduleInput): RescheduleDecision {
  const { clientStatus, desiredStatus, failedAt, policy, tracker } = input;
  if (desiredStatus === "stop" && !lastRescheduleFailed(tracker)) return refused("It was stopped");
  if (clientStatus !== "failed" && clientStatus !== "lost") {
    return refused(`It is ${clientStatus}, not failed`);
  }
  if (failedAt === null) return refused("It has not failed");
  return rescheduleTime(policy, failedAt, tracker);
}

/**
 * Whether a failed execution of a running deployment is to be replaced at all (Nomad `ShouldReschedule`); lost ones are
 * replaced another way.
 */
export function shouldReschedule(input: RescheduleInput): boolean {
  const { clientStatus, desiredStatus, failedAt, policy, tracker } = input;
  if (desiredStatus !== "run" || clientStatus !== "failed") return false;
  if (!isRescheduleEnabled(policy)) return false;
  if (policy.unlimited) return true;
  return attemptsUsed(policy, failedAt ?? 0, tracker?.events ?? []) < policy.attempts;
}
