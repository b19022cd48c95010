import type { UpdatePolicy } from "../model/groupPolicy.ts";

/** A place of the group with the execution that fills it. */
export interface UpdateExecution {
  readonly index: number;
  readonly version: number;
  /** Of an execution of the new version; null: not decided yet. */
  readonly healthy: boolean | null;
  /** An old one that does not run takes nothing away when it is replaced: it goes first. */
  readonly isRunning: boolean;
  /** Beside the old one of the same index, until the deployment is promoted. */
  readonly isCanary: boolean;
}

export interface UpdateInput {
  readonly policy: UpdatePolicy;
  readonly count: number;
  /** The version that is being rolled out. */
  readonly version: number;
  readonly executions: readonly UpdateExecution[];
  readonly startedAt: number;
  /** When an execution last became healthy; null: none has. */
  readonly lastHealthyAt: number | null;
  readonly isPromoted: boolean;
  /** Latest version whose deployment succeeded, other than this one; null: there is none. */
  readonly stableVersion: number | null;
}

/**
 * running: `replace` may be replaced now and `canaries` more be placed; `promote`: it goes on with the rest.
 * successful, failed: it is over; `revertTo` is the version that takes its place by itself, null: none.
 */
export type UpdateDecision =
  | {
      readonly status: "running";
      readonly replace: readonly number[];
      readonly canaries: number;
      readonly promote: boolean;
      /** The progress deadline; null: there is none. */
      readonly nextAt: number | null;
      readonly reason: string;
    }
  | { readonly status: "successful"; readonly nextAt: null; readonly reason: string }
  | {
      readonly status: "failed";
      readonly revertTo: number | null;
      readonly nextAt: null;
      readonly reason: string;
    };

function running(
  nextAt: number | null,
  reason: string,
  now: { replace?: readonly number[]; canaries?: number; promote?: boolean },
): UpdateDecision {
  const { replace = [], canaries = 0, promote = false } = now;
  return { status: "running", replace, canaries, promote, nextAt, reason };
}

function failed(input: UpdateInput, cause: string): UpdateDecision {
  const { policy, stableVersion } = input;
  const reason = `Failed due to ${cause}`;
  if (!policy.autoRevert) return { status: "failed", revertTo: null, nextAt: null, reason };
  const text =
    stableVersion === null
      ? "no stable job version to auto revert to"
      : `rolling back to job version ${stableVersion}`;
  return { status: "failed", revertTo: stableVersion, nextAt: null, reason: `${reason} - ${text}` };
}

function healthyOf(executions: readonly UpdateExecution[]): number {
  return executions.filter(({ healthy }) => healthy === true).length;
}

/** When the deployment fails unless another execution becomes healthy; null: it waits for ever. */
export function progressDeadlineAt(
  input: Pick<UpdateInput, "policy" | "startedAt" | "lastHealthyAt">,
): number | null {
  const { policy, startedAt, lastHealthyAt } = input;
  if (policy.progressDeadlineMs <= 0) return null;
  return (lastHealthyAt ?? startedAt) + policy.progressDeadlineMs;
}

/** How many old ones may be replaced while the new ones that are not healthy yet take their share. */
function roomFor(policy: UpdatePolicy, updated: readonly UpdateExecution[]): number {
  if (updated.some(({ healthy }) => healthy === false)) return 0;
  if (policy.maxParallel <= 0) return Number.POSITIVE_INFINITY;
  return Math.max(0, policy.maxParallel - (updated.length - healthyOf(updated)));
}

function decideCanaries(
  input: UpdateInput,
  updated: readonly UpdateExecution[],
  nextAt: number | null,
): UpdateDecision {
  const { policy, count } = input;
  const wanted = Math.min(policy.canary, count);
  const isReady = healthyOf(updated) >= wanted;
  if (isReady && policy.autoPromote) {
    return running(nextAt, "Deployment is promoted: all canaries are healthy", { promote: true });
  }
  const text = policy.autoPromote ? "pending automatic promotion" : "but requires manual promotion";
  const canaries = Math.max(0, wanted - updated.length);
  return running(isReady ? null : nextAt, `Deployment is running ${text}`, { canaries });
}

function decideReplacements(
  input: UpdateInput,
  updated: readonly UpdateExecution[],
  nextAt: number | null,
): UpdateDecision {
  const { policy, executions, version } = input;
  const old = executions
    .filter((execution) => execution.version !== version)
    .toSorted((a, b) => Number(a.isRunning) - Number(b.isRunning) || a.index - b.index);
  const replace = old.slice(0, roomFor(policy, updated)).map(({ index }) => index);
  const waiting = updated.length - healthyOf(updated);
  const reason = `Deployment is running${waiting > 0 ? `: ${waiting} not healthy yet` : ""}`;
  return running(nextAt, reason, { replace });
}

/**
 * How a new version of a service goes on (Nomad `update`): at most `maxParallel` of the new executions are not healthy at
 * a time; canaries first, until they are promoted. It fails when nothing became healthy within the progress deadline, or
 * at the first unhealthy one where there is no deadline.
 */
export function decideUpdate(input: UpdateInput, now: number): UpdateDecision {
  const { policy, count, version, executions, isPromoted } = input;
  const updated = executions.filter((execution) => execution.version === version);
  const hasOld = updated.length < executions.length;
  const isCanarying = policy.canary > 0 && !isPromoted && hasOld;
  if (!hasOld && healthyOf(updated) >= count) {
    return { status: "successful", nextAt: null, reason: "Deployment completed successfully" };
  }
  if (policy.progressDeadlineMs <= 0 && updated.some(({ healthy }) => healthy === false)) {
    return failed(input, "unhealthy allocations");
  }
  const nextAt = progressDeadlineAt(input);
  const wanted = isCanarying ? Math.min(policy.canary, count) : count;
  if (nextAt !== null && now >= nextAt && healthyOf(updated) < wanted) {
    return failed(input, "progress deadline");
  }
  if (isCanarying) return decideCanaries(input, updated, nextAt);
  return decideReplacements(input, updated, nextAt);
}
