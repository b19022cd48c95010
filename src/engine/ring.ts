import { foldId, type PoolNumber } from "../model/id.ts";
import type { Engine, Job, Level, Pool } from "./state.ts";

/** Jobs that wait for a turn, by pool and priority (Azure Batch 3.4: higher first, equal ones take turns). */

export function poolOf(engine: Engine, job: Job): Pool | null {
  const number = engine.poolsById.get(foldId(job.record.spec.poolId));
  return number === undefined ? null : (engine.pools.get(number) ?? null);
}

/** Tasks of the job may be placed as far as the job itself is concerned. */
export function mayPlace(job: Job): boolean {
  return job.record.state === "active" && job.queue.size > 0;
}

function levelOf(pool: Pool, priority: number): Level {
  const found = pool.levels.find((candidate) => candidate.priority === priority);
  if (found !== undefined) return found;
  const level: Level = { priority, jobs: [], turn: 0 };
  pool.levels.push(level);
  pool.levels.sort((left, right) => right.priority - left.priority);
  return level;
}

/** Puts the job among those that wait, if it may place and does not wait yet; wakes the pool's placement. */
export function wait(engine: Engine, job: Job): void {
  if (!mayPlace(job)) return;
  const pool = poolOf(engine, job);
  if (pool === null) return;
  engine.dirtyPools.add(pool.record.number);
  if (job.waitingIn !== null) return;
  levelOf(pool, job.record.spec.priority).jobs.push(job.record.number);
  job.waitingIn = pool.record.number;
}

/** Takes the job out, wherever it waits. */
export function stopWaiting(engine: Engine, job: Job): void {
  if (job.waitingIn === null) return;
  const pool = engine.pools.get(job.waitingIn);
  job.waitingIn = null;
  if (pool === undefined) return;
  for (const level of pool.levels) {
    const index = level.jobs.indexOf(job.record.number);
    if (index < 0) continue;
    level.jobs.splice(index, 1);
    if (level.turn > index) level.turn -= 1;
  }
  pool.levels = pool.levels.filter((level) => level.jobs.length > 0);
}

/** After a change of priority, pool or state. */
export function waitAgain(engine: Engine, job: Job): void {
  stopWaiting(engine, job);
  wait(engine, job);
}

/** Tasks and groups of the pool are looked at again: a node has come, or the pool is another. */
export function wakePool(engine: Engine, pool: PoolNumber): void {
  engine.dirtyPools.add(pool);
  engine.groupPools.add(pool);
}
