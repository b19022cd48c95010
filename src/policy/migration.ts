import type { MigratePolicy } from "../model/groupPolicy.ts";

export interface Migration {
  /** Null: the job's type has none. */
  readonly policy: MigratePolicy | null;
  readonly isBatch: boolean;
  /** Executions on draining nodes that have not been told to leave. */
  readonly waiting: number;
  /** Tasks of the group that are on their way: stopping, not placed, or not healthy yet. */
  readonly underWay: number;
}

/** How many executions of a group may leave their draining nodes now, and why not more. */
export interface MigrationDecision {
  readonly now: number;
  readonly reason: string;
}

/** Nomad `migrate`: services move max_parallel at a time; batch work runs on until the drain's deadline. */
export function decideMigration(migration: Migration): MigrationDecision {
  const { policy, isBatch, waiting, underWay } = migration;
  if (isBatch) return { now: 0, reason: "batch work runs on until the drain's deadline" };
  if (policy === null) return { now: waiting, reason: "the job has no migrate policy" };
  const now = Math.min(waiting, Math.max(0, policy.maxParallel - underWay));
  const reason = `migrate.max_parallel is ${policy.maxParallel}, and ${underWay} are on their way`;
  return { now, reason };
}
