import type { GroupJobType } from "../model/groupDefaults.ts";
import type { DisconnectPolicy, ReschedulePolicy } from "../model/groupPolicy.ts";
import { isoTime } from "../model/time.ts";
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
 * stay: nothing changes. unknown: it is waited for. lost: it is given up. `nextAt` is when something follows by itself
 * (null: nothing does until the node is back); `replacement` says what takes its place, and when.
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

function unknownUntil(
  nextAt: number | null,
  replacement: ReplacementPlan,
  reason: string,
): NodeLossDecision {
  return { action: "unknown", nextAt, replacement, reason };
}

function lost(replacement: ReplacementPlan, reason: string): NodeLossDecision {
  const nextAt = replacement.kind === "at" ? replacement.at : null;
  return { action: "lost", nextAt, replacement, reason };
}

function onDownNode(input: NodeLossInput, now: number): NodeLossDecision {
  const { jobType, policy, killTimeoutsMs, outSince } = input;
  if (isPerNode(jobType)) {
    return lost(NO_REPLACEMENT, `Node is down; a ${jobType} job runs there again when it is back`);
  }
  const stoppedAt = clientStopEndsAt(policy, killTimeoutsMs, outSince);
  if (stoppedAt !== null && stoppedAt > now) {
    const reason = `Node is down and stops the execution by itself; lost at ${isoTime(stoppedAt)}`;
    return unknownUntil(stoppedAt, NO_REPLACEMENT, reason);
  }
  if (policy.replace) {
    return lost({ kind: "at", at: now, delayMs: null }, "Node is down; replaced at once");
  }
  const reason = "Node is down, and disconnect.replace is false";
  if (policy.lostAfterMs > 0) return lost(NO_REPLACEMENT, reason);
  return unknownUntil(null, NO_REPLACEMENT, reason);
}

function onDisconnectedNode(input: NodeLossInput, now: number): NodeLossDecision {
  const giveUpAt = lostAt(input.policy, input.outSince);
  const replacement = whileUnknown(input);
  const isFirst = replacement.kind === "at" && replacement.at > now && replacement.at < giveUpAt;
  const nextAt = isFirst ? replacement.at : giveUpAt;
  const reason = `Node is disconnected; lost at ${isoTime(giveUpAt)}${besides(replacement, now)}`;
  return unknownUntil(nextAt, replacement, reason);
}

function besides(replacement: ReplacementPlan, now: number): string {
  if (replacement.kind === "none") return ", and not replaced before";
  return `, and replaced ${replacement.at <= now ? "at once" : `at ${isoTime(replacement.at)}`} until it is back`;
}

/**
 * What becomes of an execution whose node is down or disconnected. Lost ones are replaced at once, without the delay of
 * `reschedule` and without using up an attempt; while one is unknown its replacement follows `reschedule`. One that its
 * node stops by itself, or that must not be replaced, is unknown too. To be asked again at `nextAt`.
 */
export function decideNodeLoss(
  input: NodeLossInput,
  nodeState: "disconnected" | "down",
  now: number,
): NodeLossDecision {
  const { status, policy, outSince } = input;
  if (isTerminated(status)) return { action: "stay", nextAt: null, reason: `It is ${status}` };
  const isWaited = nodeState === "disconnected" && survivesSilence(status, policy, outSince, now);
  return isWaited ? onDisconnectedNode(input, now) : onDownNode(input, now);
}
