import type { NodeNumber, TaskNumber } from "../model/id.ts";
import { foldId } from "../model/id.ts";
import { TASK_LIFETIME_MS } from "../model/limits.ts";
import type { TaskRecord } from "../model/task.ts";
import { slotsOf } from "../model/taskSpec.ts";
import { assign } from "./assign.ts";
import { emitScheduleFail } from "./emit.ts";
import { placeGroups } from "./groups/placeGroups.ts";
import { retriedOn, takeFromQueue, WINDOW_MAX } from "./queueing.ts";
import { stopWaiting } from "./ring.ts";
import { placeTargets } from "./runs/placeTargets.ts";
import type { Engine, Job, Level, Pool } from "./state.ts";
import type { NumberRanges } from "./taskQueue.ts";

const WINDOW_MIN = 256;
/** Rows that are read ahead of each class of slots at least. */
const CLASS_MIN = 8;

/**
 * What a turn of a job came to. hungry: its next task was not read ahead yet. blocked: nothing fits now. done: nothing waits.
 */
type Turn = "placed" | "hungry" | "blocked" | "done";

/**
 * Places waiting tasks on free slots, at most `limit` of them so that a step stays short; returns how many. Pools
 * that were not finished stay dirty.
 */
export function place(engine: Engine, limit: number): number {
  let placed = placeTargets(engine, limit);
  for (const number of engine.dirtyPools) {
    if (placed >= limit) break;
    const pool = engine.pools.get(number);
    engine.dirtyPools.delete(number);
    if (pool === undefined) continue;
    if (engine.groupPools.delete(number)) {
      placed += placeGroups(engine, pool, limit - placed);
      if (placed >= limit) engine.groupPools.add(number);
    }
    if (placed < limit) placed += placeInPool(engine, pool, limit - placed);
    if (placed >= limit) {
      engine.dirtyPools.add(number);
      break;
    }
  }
  return placed;
}

function placeInPool(engine: Engine, pool: Pool, limit: number): number {
  if (pool.record.state !== "active" || !pool.record.spec.accepts.includes("batch")) return 0;
  let placed = 0;
  for (const level of [...pool.levels]) {
    const result = placeLevel(engine, pool, level, limit - placed);
    placed += result.placed;
    if (result.hungry || placed >= limit || pool.free.highest === 0) break;
  }
  return placed;
}

/** One priority: jobs take turns, task by task, until nothing fits. */
function placeLevel(
  engine: Engine,
  pool: Pool,
  level: Level,
  limit: number,
): { placed: number; hungry: boolean } {
  let placed = 0;
  let inVain = 0;
  let hungry = false;
  while (placed < limit && inVain < level.jobs.length && pool.free.highest > 0) {
    if (level.turn >= level.jobs.length) level.turn = 0;
    const number = level.jobs[level.turn];
    const job = number === undefined ? undefined : engine.jobs.get(number);
    if (job === undefined) throw new Error(`job ${number} waits but is not in memory`);
    const turn = placeNext(engine, pool, job);
    if (turn === "done") {
      stopWaiting(engine, job);
      continue;
    }
    level.turn += 1;
    if (turn === "placed") {
      placed += 1;
      inVain = 0;
    } else {
      inVain += 1;
      if (turn === "hungry") hungry = true;
    }
  }
  return { placed, hungry };
}

function placeNext(engine: Engine, pool: Pool, job: Job): Turn {
  if (job.queue.size === 0) return "done";
  const { maxParallelTasks } = job.record.spec;
  if (maxParallelTasks > 0 && job.counts.running >= maxParallelTasks) return "blocked";
  const next = pickNext(engine, pool, job);
  if (typeof next === "string") return next;
  const { task, node } = next;
  if (tooOld(engine, task)) {
    takeFromQueue(job, task.number);
    return job.queue.size === 0 ? "done" : "blocked";
  }
  takeFromQueue(job, task.number);
  if (job.window.size < WINDOW_MIN / 2 && job.queue.size > job.window.size + job.again.size) {
    engine.hungryJobs.add(job.record.number);
  }
  assign(engine, job, task, node);
  return "placed";
}

/**
 * The oldest task that fits somewhere, with its node. Nodes that are closed to the job may have more free slots than the
 * others, so a task for which no node is found must not hold up smaller ones.
 */
function pickNext(
  engine: Engine,
  pool: Pool,
  job: Job,
): { task: TaskRecord; node: NodeNumber } | "blocked" | "hungry" {
  let slotsAtMost = pool.free.highest;
  for (;;) {
    const next = job.queue.next(slotsAtMost);
    if (next === null) break;
    const task = job.again.get(next.task) ?? job.window.get(next.task);
    if (task === undefined) {
      engine.hungryJobs.add(job.record.number);
      return "hungry";
    }
    const node = pickNode(engine, pool, job, task);
    if (node !== null) return { task, node };
    slotsAtMost = next.slots - 1;
  }
  warnTooLarge(engine, pool, job);
  return "blocked";
}

/** Azure Batch 3.1: active tasks older than the task lifetime do not run; they stay active. */
function tooOld(engine: Engine, task: TaskRecord): boolean {
  return engine.now - task.createdAt > TASK_LIFETIME_MS;
}

function pickNode(engine: Engine, pool: Pool, job: Job, task: TaskRecord): NodeNumber | null {
  const slots = slotsOf(task.spec);
  const hint = task.spec.affinityId ?? retriedOn(task);
  if (hint !== null) {
    const node = engine.nodesById.get(foldId(hint));
    if (node !== undefined && !job.barred.has(node) && (pool.free.freeOf(node) ?? 0) >= slots) {
      return node;
    }
  }
  return pool.free.pick(slots, pool.record.spec.nodeFillType, job.barred);
}

/** A task that no node could ever take is announced, not only left to wait (Azure Batch 1.6). */
function warnTooLarge(engine: Engine, pool: Pool, job: Job): void {
  const needed = job.queue.smallestClass();
  if (needed === null || pool.free.nodeCount === 0) return;
  const offered = mostOffered(engine, pool, needed);
  if (needed <= offered) return;
  const number = job.queue.first();
  if (number === null) return;
  const task = job.again.get(number) ?? job.window.get(number);
  if (task === undefined) {
    engine.hungryJobs.add(job.record.number);
    return;
  }
  emitScheduleFail(engine, job, task, " ", {
    category: "UserError",
    code: "TaskSchedulingConstraintFailed",
    message: `The task requires ${needed} slots; the nodes of pool ${pool.record.spec.id} offer ${offered}.`,
  });
}

/** Slots of the pool's largest node, looked for only when its usual size is not enough: machines may join with more. */
function mostOffered(engine: Engine, pool: Pool, needed: number): number {
  let most = pool.record.spec.taskSlotsPerNode;
  if (needed <= most) return most;
  for (const number of pool.nodes) {
    most = Math.max(most, engine.nodes.get(number)?.record.slots ?? 0);
  }
  return most;
}

interface WantedRange {
  readonly first: TaskNumber;
  readonly last: TaskNumber;
  readonly limit: number;
}

/**
 * Ranges of task numbers that the loop should read ahead for a hungry job. Each class of slots has its share: one whose
 * tasks fit nowhere now must not keep the others from being read.
 */
export function wantedRanges(engine: Engine, job: Job): WantedRange[] {
  const pool = job.waitingIn === null ? undefined : engine.pools.get(job.waitingIn);
  if (pool === undefined) return [];
  const classes = job.queue.classes();
  const wanted = Math.min(WINDOW_MAX, Math.max(WINDOW_MIN, pool.free.total * 2));
  const share = Math.max(CLASS_MIN, Math.floor(wanted / classes.length));
  return classes.flatMap(({ tasks }) => unreadRanges(job, tasks, share));
}

/** What is not in memory of the first `count` numbers. */
function unreadRanges(job: Job, tasks: NumberRanges, count: number): WantedRange[] {
  const isRead = (task: TaskNumber): boolean => job.window.has(task) || job.again.has(task);
  const ranges: WantedRange[] = [];
  let left = count;
  for (const range of tasks.ranges()) {
    if (left <= 0) break;
    let { first } = range;
    let last = Math.min(range.last, first + left - 1);
    left -= last - first + 1;
    while (first <= last && isRead(first)) first += 1;
    while (first <= last && isRead(last)) last -= 1;
    if (first <= last) ranges.push({ first, last, limit: last - first + 1 });
  }
  return ranges;
}

/** Rows that were read ahead; those that are not queued any more are left out. */
export function offerTasks(engine: Engine, job: Job, tasks: readonly TaskRecord[]): void {
  for (const task of tasks) {
    if (!job.queue.has(task.number) || job.again.has(task.number)) continue;
    job.window.set(task.number, task);
  }
  if (job.waitingIn !== null) engine.dirtyPools.add(job.waitingIn);
}
