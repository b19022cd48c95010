import type { RescheduleEvent } from "../model/allocation.ts";
import type { ReschedulePolicy } from "../model/groupPolicy.ts";

/** What delays and limits are calculated from; oldest first. */
export type PastReschedule = Pick<RescheduleEvent, "at" | "delayMs">;

/** Events that an unlimited policy keeps: enough for each delay function to go on. */
export const RESCHEDULE_EVENTS_KEPT = 5;

function grownDelay(policy: ReschedulePolicy, events: readonly PastReschedule[]): number {
  const lastMs = events.at(-1)?.delayMs ?? 0;
  if (policy.delayFunction === "exponential") return 2 * lastMs;
  const beforeMs = events.at(-2)?.delayMs;
  if (beforeMs === undefined) return policy.delayMs;
  // After a reset at the ceiling a new series begins.
  const isNewSeries = beforeMs === policy.maxDelayMs && lastMs === policy.delayMs;
  return isNewSeries ? lastMs : lastMs + beforeMs;
}

/**
 * Delay between a failure and the next attempt (Nomad). It falls back to the first delay only at the ceiling, when the
 * execution ran longer than the ceiling; below it a long healthy run resets nothing.
 */
export function nextRescheduleDelay(
  policy: ReschedulePolicy,
  failedAt: number,
  events: readonly PastReschedule[],
): number {
  const last = events.at(-1);
  if (last === undefined || policy.delayFunction === "constant") return policy.delayMs;
  const delayMs = grownDelay(policy, events);
  if (policy.maxDelayMs <= 0 || delayMs <= policy.maxDelayMs) return delayMs;
  return failedAt - last.at > policy.maxDelayMs ? policy.delayMs : policy.maxDelayMs;
}

/** Attempts that count against the policy's limit: those within the sliding interval before the failure. */
export function attemptsUsed(
  policy: ReschedulePolicy,
  failedAt: number,
  events: readonly PastReschedule[],
): number {
  return events.filter(({ at }) => failedAt - at < policy.intervalMs).length;
}

/** The history that a replacement made now carries: what still matters of the old one, then its own reason. */
export function carriedHistory<Past extends PastReschedule>(
  policy: ReschedulePolicy,
  events: readonly Past[],
  replacement: Past,
): readonly Past[] {
  const kept =
    policy.attempts > 0
      ? events.filter(({ at }) => replacement.at - at <= policy.intervalMs)
      : events.slice(-RESCHEDULE_EVENTS_KEPT);
  return [...kept, replacement];
}
