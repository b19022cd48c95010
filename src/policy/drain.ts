import type { GroupJobType } from "../model/groupDefaults.ts";
import { MIGRATE_DEFAULT } from "../model/groupDefaults.ts";
import type { MigratePolicy } from "../model/groupPolicy.ts";

/** How long batch executions may run on while their node is drained, unless the drain says otherwise (Nomad). */
export const DRAIN_DEADLINE_DEFAULT_MS = 3_600_000;

/** A live execution of a group, on whatever node. */
export interface DrainExecution<Id> {
  readonly id: Id;
  /** On a node that is drained, and not told to leave yet. */
  readonly isToLeave: boolean;
  /** It was told to leave: it counts for nothing any more. */
  readonly isLeaving: boolean;
  readonly isHealthy: boolean;
}

export interface DrainInput<Id> {
  readonly jobType: GroupJobType;
  readonly count: number;
  readonly migrate: MigratePolicy | null;
  readonly executions: readonly DrainExecution<Id>[];
  /** Null: the drain waits without end. */
  readonly deadlineAt: number | null;
  /** Whether anything of other types of jobs is still on the node; system jobs wait for that. */
  readonly othersRemain: boolean;
  /** The drain leaves system jobs alone. */
  readonly ignoresSystem: boolean;
}

export interface DrainDecision<Id> {
  /** Told to leave now. */
  readonly leave: readonly Id[];
  /** The deadline, when all that is left goes; null: there is none, or nothing is left. */
  readonly nextAt: number | null;
  readonly reason: string;
}

function decideMigration<Id>(input: DrainInput<Id>, ids: readonly Id[]): DrainDecision<Id> {
  const { count, executions, deadlineAt } = input;
  const { maxParallel } = input.migrate ?? MIGRATE_DEFAULT;
  const healthy = executions.filter(({ isHealthy, isLeaving }) => isHealthy && !isLeaving).length;
  const room = Math.max(0, healthy - (count - maxParallel));
  const leave = ids.slice(0, room);
  const isDone = leave.length === ids.length;
  const reason =
    leave.length > 0
      ? `Migrates at most ${maxParallel} at a time`
      : `Waits: ${healthy} of ${count} healthy, and at most ${maxParallel} may be missing`;
  return { leave, nextAt: isDone ? null : deadlineAt, reason };
}

/**
 * Which executions of a group leave their draining nodes now (Nomad `migrate`): of services at most `maxParallel` may be
 * missing from the count at a time; batch ones run on until the deadline; system ones go last.
 */
export function decideDrain<Id>(input: DrainInput<Id>, now: number): DrainDecision<Id> {
  const { jobType, executions, deadlineAt, othersRemain, ignoresSystem } = input;
  const ids = executions.filter(({ isToLeave }) => isToLeave).map(({ id }) => id);
  if (ids.length === 0) return { leave: [], nextAt: null, reason: "Nothing is left to leave" };
  const isSystem = jobType === "system" || jobType === "sysbatch";
  const waits = (reason: string) => ({ leave: [], nextAt: deadlineAt, reason });
  if (isSystem && ignoresSystem) {
    return { leave: [], nextAt: null, reason: "The drain leaves system jobs alone" };
  }
  if (deadlineAt !== null && now >= deadlineAt) {
    return { leave: ids, nextAt: null, reason: "The drain's deadline has passed" };
  }
  switch (jobType) {
    case "service":
      return decideMigration(input, ids);
    case "batch":
      return waits("Batch executions run on until the drain's deadline");
    case "system":
    case "sysbatch":
      if (othersRemain) return waits("System jobs leave last");
      return { leave: ids, nextAt: null, reason: "All others have left" };
  }
}
