import type { DeploymentStatus } from "../model/groupJob.ts";
import type { UpdatePolicy } from "../model/groupPolicy.ts";
import { isHealthy, isUnhealthy, type RolloutTask } from "./rollout.ts";

/** Canaries of a group, as they stand before their promotion. */
export interface Canaries {
  readonly policy: UpdatePolicy | null;
  readonly deployment: DeploymentStatus;
  /** How many there are to be. */
  readonly wanted: number;
  readonly canaries: readonly RolloutTask[];
  /** When the group must have made progress; null: no such deadline, or it waits for the promotion. */
  readonly progressBy: number | null;
  readonly now: number;
}

export interface CanariesDecision {
  readonly healthy: number;
  /** All are healthy: nothing but the promotion is waited for, and that has no deadline. */
  readonly isReady: boolean;
  /** Why the deployment has failed; null: it has not. */
  readonly failure: string | null;
  readonly reason: string;
}

/**
 * How canaries stand (Nomad `update.canary`): the deployment fails when they do not become healthy in time, and waits
 * without a deadline when all of them are healthy. Nothing of the old version is replaced meanwhile.
 */
export function decideCanaries(given: Canaries): CanariesDecision {
  const { policy, deployment, wanted, canaries } = given;
  const healthy = canaries.filter((canary) => isHealthy(policy, canary)).length;
  const isReady = healthy >= wanted;
  const failure = deployment === "running" && !isReady ? failureOf(given) : null;
  const reason = failure ?? `${healthy}/${wanted} canaries are healthy`;
  return { healthy, isReady, failure, reason };
}

function failureOf({ policy, canaries, progressBy, now }: Canaries): string | null {
  const hasFailed = canaries.some((canary) => canary.state === "failed" || isUnhealthy(canary));
  if (policy?.progressDeadlineMs === 0 && hasFailed) return "Failed due to unhealthy allocations";
  return progressBy !== null && now >= progressBy ? "Failed due to progress deadline" : null;
}

/** A group of a deployment, as far as a promotion is concerned. */
export interface PromotableGroup {
  readonly group: string;
  /** Canaries that are to be there; 0: the group has none. */
  readonly wanted: number;
  readonly healthy: number;
  readonly isPromoted: boolean;
  readonly autoPromote: boolean;
}

/** Groups by name, all that wait, or what the deployment does by itself. */
export type PromotionWish =
  | { readonly kind: "groups"; readonly names: readonly string[] }
  | { readonly kind: "all" }
  | { readonly kind: "auto" };

/**
 * promote: these groups, now. wait: not yet. none: nothing is there to promote. done: all that were asked for have been
 * promoted. wrong: what was asked for has no canaries.
 */
export type PromotionDecision =
  | { readonly kind: "promote"; readonly groups: readonly string[]; readonly reason: string }
  | { readonly kind: "wait" | "none" | "done" | "wrong"; readonly reason: string };

/**
 * Which groups are promoted (Nomad): those asked for, if all canaries of each are healthy, or none; who asks again for what
 * has been promoted has it. By itself a deployment is promoted as a whole, when each group that waits has auto_promote.
 */
export function decidePromotion(
  groups: readonly PromotableGroup[],
  wish: PromotionWish,
): PromotionDecision {
  const waiting = groups.filter(isUnpromoted);
  const wrong = wish.kind === "groups" ? wrongName(groups, wish.names) : null;
  if (wrong !== null) return { kind: "wrong", reason: wrong };
  const asked =
    wish.kind === "groups" ? waiting.filter(({ group }) => wish.names.includes(group)) : waiting;
  if (wish.kind === "groups" && asked.length === 0) {
    return { kind: "done", reason: "All of them have been promoted" };
  }
  if (asked.length === 0) return { kind: "none", reason: "No canaries wait for a promotion" };
  const manual = waiting.filter(({ autoPromote }) => !autoPromote);
  if (wish.kind === "auto" && manual.length > 0) {
    return wait(`${quoted(manual)} without auto_promote`);
  }
  const short = asked.filter(({ healthy, wanted }) => healthy < wanted);
  if (short.length > 0) {
    const texts = short.map(
      ({ group, healthy, wanted }) =>
        `Task group "${group}" has ${healthy}/${wanted} healthy allocations`,
    );
    return wait(texts.join("; "));
  }
  return {
    kind: "promote",
    groups: asked.map(({ group }) => group),
    reason: "All canaries are healthy",
  };
}

function wait(reason: string): PromotionDecision {
  return { kind: "wait", reason };
}

/** It has canaries, and nobody has promoted them. */
export function isUnpromoted({
  wanted,
  isPromoted,
}: Pick<PromotableGroup, "wanted" | "isPromoted">): boolean {
  return wanted > 0 && !isPromoted;
}

function wrongName(groups: readonly PromotableGroup[], names: readonly string[]): string | null {
  for (const name of names) {
    const group = groups.find((one) => one.group === name);
    if (group === undefined) return `the deployment has no task group "${name}"`;
    if (group.wanted === 0) return `task group "${name}" has no canaries`;
  }
  return null;
}

function quoted(groups: readonly PromotableGroup[]): string {
  const names = groups.map(({ group }) => `"${group}"`).join(", ");
  return `${groups.length === 1 ? "Task group" : "Task groups"} ${names}`;
}

/** How a running deployment is described (Nomad). */
export function runningDescription(
  groups: readonly Omit<PromotableGroup, "group" | "healthy">[],
): string {
  const waiting = groups.filter(isUnpromoted);
  if (waiting.length === 0) return "Deployment is running";
  return waiting.every(({ autoPromote }) => autoPromote)
    ? "Deployment is running pending automatic promotion"
    : "Deployment is running but requires manual promotion";
}
