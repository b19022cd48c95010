import type { DeploymentStatus } from "../model/groupJob.ts";
import type { UpdatePolicy } from "../model/groupPolicy.ts";

/** A task of a group, as far as a new version is concerned. */
export type RolloutTask =
  /** It has no execution: it waits for a node or for its time. */
  | { readonly state: "waiting" }
  | { readonly state: "stopping" }
  /** Its execution is of an earlier version and differs from the new one. */
  | { readonly state: "outdated" }
  /** Its execution is of the new version; `healthy` null: not decided. */
  | { readonly state: "current"; readonly healthy: boolean | null; readonly isRunning: boolean }
  /** It has failed for good. */
  | { readonly state: "failed" };

export interface Rollout {
  /** Null: everything is replaced at once. */
  readonly policy: UpdatePolicy | null;
  /** Of the new version; null: there is none. */
  readonly deployment: DeploymentStatus | null;
  /** When the group must have made progress; null: no such deadline, or it rests, as the group was done. */
  readonly progressBy: number | null;
  readonly desired: number;
  readonly tasks: readonly RolloutTask[];
  readonly now: number;
}

export interface RolloutDecision {
  /** Places in `tasks` whose executions are stopped now. */
  readonly replace: readonly number[];
  /** All that is desired runs the new version, and healthily. */
  readonly isDone: boolean;
  /** Why the deployment has failed; null: it has not. */
  readonly failure: string | null;
}

/**
 * How far a new version may go on now (Nomad `update`): as many as max_parallel are without a healthy execution of it
 * at a time. A failed deployment replaces nothing more. A policy with manual health counts what runs.
 */
export function decideRollout(rollout: Rollout): RolloutDecision {
  const { policy, tasks, desired, deployment } = rollout;
  const outdated = tasks.flatMap((task, index) => (task.state === "outdated" ? [index] : []));
  const healthy = tasks.filter((task) => isHealthy(policy, task)).length;
  const isDone = outdated.length === 0 && healthy >= desired;
  const failure = deployment === "running" && !isDone ? failureOf(rollout) : null;
  if (deployment === "failed" || failure !== null) return { replace: [], isDone, failure };
  if (policy === null || policy.maxParallel === 0) return { replace: outdated, isDone, failure };
  // An unhealthy execution means that nothing else should happen (Nomad).
  if (deployment === "running" && tasks.some(isUnhealthy)) return { replace: [], isDone, failure };
  const underWay = tasks.filter(
    (task) => task.state !== "outdated" && task.state !== "failed" && !isHealthy(policy, task),
  ).length;
  const allowed = Math.max(0, policy.maxParallel - underWay);
  return { replace: outdated.slice(0, allowed), isDone, failure };
}

/** By the policy: `manual` counts what runs. */
export function isHealthy(policy: UpdatePolicy | null, task: RolloutTask): boolean {
  if (task.state !== "current") return false;
  if (policy === null || policy.healthCheck === "manual") return task.isRunning;
  return task.healthy === true;
}

export function isUnhealthy(task: RolloutTask): boolean {
  return task.state === "current" && task.healthy === false;
}

function failureOf({ policy, progressBy, tasks, now }: Rollout): string | null {
  const hasFailed = tasks.some((task) => task.state === "failed" || isUnhealthy(task));
  if (policy?.progressDeadlineMs === 0 && hasFailed) return "Failed due to unhealthy allocations";
  return progressBy !== null && now >= progressBy ? "Failed due to progress deadline" : null;
}
