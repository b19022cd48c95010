import { formatGoDuration } from "../model/duration.ts";
import type { GroupJobType } from "../model/groupDefaults.ts";
import type { DisconnectPolicy, ReschedulePolicy } from "../model/groupPolicy.ts";
import { isTerminated } from "./allocationStatus.ts";
import { clientStopEndsAt, isDisconnectExpired, lostAt } from "./disconnect.ts";
import { type ClientStatus, type RescheduleTracker, rescheduleTime } from "./reschedule.ts";

/** What the decision needs of an execution on a node that is out of contact. */
export interface NodeLossInput {
  readonly jobType: GroupJobType;
  readonly status: ClientStatus;
  readonly policy: DisconnectPolicy;
  readonly reschedule: ReschedulePolicy | null;
  readonly tracker: RescheduleTracker | null;
  /** Of all members; null or empty: the default. */
  readonly killTimeoutsMs: readonly number[];
  /** When it became unknown, or the node was declared lost; `now` on the first look. */
  readonly outSince: number;
}

/** A replacement: at a time, with the attempt of the policy it uses up (null: none), or never. */
export type ReplacementPlan =
  | { readonly kind: "at"; readonly at: number; readonly delayMs: number | null }
  | { readonly kind: "none" };

/**
 * stay: nothing changes. unknown: it is waited for until `nextAt`. lost: it is given up.
 * `nextAt` is when something follows by itself; `replacement` says what takes its place, and when.
 */
export type NodeLossDecision =
  | { readonly action: "stay"; readonly nextAt: null; readonly reason: string }
  | {
      readonly action: "unknown" | "lost";
      readonly nextAt: number | null;
      readonly replacement: ReplacementPlan;
      readonly reason: string;
    };

const NO_REPLACEMENT: ReplacementPlan = { kind: "none" };

function isPerNode(jobType: GroupJobType): boolean {
  return jobType === "system" || jobType === "sysbatch";
}

/** Whether it would be `unknown` and not lost: then its node is disconnected and not down. */
export function survivesSilence(
  status: ClientStatus,
  policy: DisconnectPolicy,
  outSince: number,
  now: number,
): boolean {
  if (isTerminated(status) || policy.lostAfterMs <= 0) return false;
  return !isDisconnectExpired(policy, "unknown", outSince, now);
}

/** State of a node that missed its heartbeat: disconnected while one execution on it can still be waited for. */
export function silentNodeState(
  executions: readonly Pick<NodeLossInput, "status" | "policy" | "outSince">[],
  now: number,
): "disconnected" | "down" {
  const isWaited = executions.some(({ status, policy, outSince }) =>
    survivesSilence(status, policy, outSince, now),
  );
  return isWaited ? "disconnected" : "down";
}

function whileUnknown(input: NodeLossInput): ReplacementPlan {
  if (!input.policy.replace || isPerNode(input.jobType)) return NO_REPLACEMENT;
  const due = rescheduleTime(input.reschedule, input.outSince, input.tracker);
  return due.eligible ? { kind: "at", at: due.nextAt, delayMs: due.delayMs } : NO_REPLACEMENT;
}

function lostDecision(input: NodeLossInput, now: number): NodeLossDecision {
  const { jobType, policy, killTimeoutsMs, outSince } = input;
  const lost = (replacement: ReplacementPlan, reason: string): NodeLossDecision => {
    const nextAt = replacement.kind === "at" ? replacement.at : null;
    return { action: "lost", nextAt, replacement, reason };
  };
  if (isPerNode(jobType)) {
    return lost(NO_REPLACEMENT, `Node is down; a ${jobType} job runs there again when it is back`);
  }
  if (!policy.replace) return lost(NO_REPLACEMENT, "Node is down, and disconnect.replace is false");
  const stoppedAt = clientStopEndsAt(policy, killTimeoutsMs, outSince);
  if (stoppedAt !== null && stoppedAt > now) {
    const wait = formatGoDuration(stoppedAt - now);
    const text = `Node is down; it stops the execution by itself, replaced in ${wait}`;
    return lost({ kind: "at", at: stoppedAt, delayMs: null }, text);
  }
  return lost({ kind: "at", at: now, delayMs: null }, "Node is down; replaced at once");
}

/**
 * What becomes of an execution whose node is down or disconnected. Lost ones are replaced at once, without the delay of
 * `reschedule` and without using up an attempt; while one is unknown its replacement follows `reschedule`.
 */
export function decideNodeLoss(
  input: NodeLossInput,
  nodeState: "disconnected" | "down",
  now: number,
): NodeLossDecision {
  const { status, policy, outSince } = input;
  if (isTerminated(status)) return { action: "stay", nextAt: null, reason: `It is ${status}` };
  const isWaited = nodeState === "disconnected" && survivesSilence(status, policy, outSince, now);
  if (!isWaited) return lostDecision(input, now);
  const giveUpAt = lostAt(policy, outSince);
  const replacement = whileUnknown(input);
  const isFirst = replacement.kind === "at" && replacement.at > now && replacement.at < giveUpAt;
  const nextAt = isFirst ? replacement.at : giveUpAt;
  const left = formatGoDuration(giveUpAt - now);
  return {
    action: "unknown",
    nextAt,
    replacement,
    reason: `Node is disconnected; lost in ${left}`,
  };
}
