import { jobOfTask, type TaskNumber, taskNumberOf } from "../model/id.ts";
import { type NodeJobRecord, nodeJobKey } from "../model/nodeJob.ts";
import type { TaskRecord } from "../model/task.ts";
import type { Effect } from "./effect.ts";
import {
  type Engine,
  emptyOutcome,
  type Job,
  type LiveTask,
  type Node,
  type Outcome,
  type Pool,
} from "./state.ts";

/** Each of these notes that a record is to be written with the next commit. */
export function saveJob(engine: Engine, job: Job): void {
  job.record.lastModifiedAt = engine.now;
  job.record.etag += 1;
  saveOrdinals(engine, job);
}

/** The job's next ordinal moved: nothing that its users would call a modification (Azure Batch 3). */
export function saveOrdinals(engine: Engine, job: Job): void {
  engine.outcome.changes.jobs.set(job.record.number, job.record);
}

/** Smallest number below which no task of the job is active. */
export function firstActive(job: Job): TaskNumber {
  if (job.run !== null) return taskNumberOf(job.record.number, 1);
  return job.queue.first() ?? taskNumberOf(job.record.number, job.record.nextOrdinal);
}

export function saveJobProgress(engine: Engine, job: Job): void {
  if (engine.outcome.lastJob === job) return;
  engine.outcome.lastJob = job;
  engine.outcome.changes.jobProgress.set(job.record.number, {
    counts: job.counts,
    firstActive: 0,
  });
}

export function savePool(engine: Engine, pool: Pool): void {
  pool.record.lastModifiedAt = engine.now;
  pool.record.etag += 1;
  engine.outcome.changes.pools.set(pool.record.number, pool.record);
}

export function saveNode(engine: Engine, node: Node): void {
  engine.outcome.changes.nodes.set(node.record.number, node.record);
}

export function saveNodeProgress(engine: Engine, node: Node): void {
  if (engine.outcome.lastNode === node) return;
  engine.outcome.lastNode = node;
  engine.outcome.changes.nodeProgress.set(node.record.number, node.progress);
}

export function saveNodeJob(engine: Engine, record: NodeJobRecord): void {
  engine.outcome.changes.nodeJobs.set(nodeJobKey(record.node, record.job), record);
}

export function saveTask(engine: Engine, task: TaskRecord): void {
  engine.outcome.changes.tasks.set(task.number, task.progress);
}

export function saveExecution(engine: Engine, live: LiveTask): void {
  engine.outcome.changes.executions.set(live.execution.number, live.execution);
}

export function effect(engine: Engine, value: Effect): void {
  engine.outcome.effects.push(value);
}

function copyValues<Key, Value extends object>(map: Map<Key, Value | null>): void {
  for (const [key, value] of map) {
    if (value !== null) map.set(key, { ...value });
  }
}

function copyPlain<Key, Value extends object>(map: Map<Key, Value>): void {
  for (const [key, value] of map) map.set(key, { ...value });
}

/**
 * Takes what the step left, as copies: the machine goes on changing its own records while a commit is in flight.
 */
export function takeOutcome(engine: Engine): Outcome {
  const taken = engine.outcome;
  const { changes } = taken;
  for (const number of changes.jobProgress.keys()) {
    const job = engine.jobs.get(number);
    if (job === undefined) continue;
    changes.jobProgress.set(number, { counts: { ...job.counts }, firstActive: firstActive(job) });
  }
  copyValues(changes.pools);
  copyValues(changes.nodes);
  copyValues(changes.jobs);
  copyValues(changes.tasks);
  copyValues(changes.removals);
  copyPlain(changes.nodeProgress);
  copyPlain(changes.nodeJobs);
  copyPlain(changes.executions);
  if (hasChanges(engine)) {
    engine.counters.time = engine.now;
    changes.counters = { ...engine.counters };
  }
  taken.effects = withoutOutdated(engine);
  engine.outcome = emptyOutcome();
  return taken;
}

/**
 * Orders of before a node's settling are dropped: the settling repeats those that still count, and the others would start
 * what was given up since. So is the wish for a node that is not wanted any more: nobody would know the machine; and a
 * preparation or release that was given up in the same step.
 */
function withoutOutdated(engine: Engine): Effect[] {
  const { effects, settled } = engine.outcome;
  const isOutdated = (value: Effect, index: number): boolean => {
    if (value.effect === "provideNode") {
      return engine.nodes.get(value.node)?.record.life !== "creating";
    }
    if (value.effect === "start" && value.order.kind !== "task") {
      if (!engine.specials.has(value.order.execution)) return true;
    }
    return settled.size > 0 && isOrder(value) && index < (settled.get(value.node) ?? 0);
  };
  return effects.some(isOutdated)
    ? effects.filter((value, index) => !isOutdated(value, index))
    : effects;
}

function isOrder(value: Effect): boolean {
  switch (value.effect) {
    case "start":
    case "stop":
    case "restart":
    case "discard":
    case "remove":
      return true;
    case "rebootNode":
      return !value.provided;
    case "leave":
    case "provideNode":
    case "removeNode":
    case "acknowledge":
      return false;
  }
}

/** Whether there is anything to commit. */
export function hasChanges(engine: Engine): boolean {
  const { changes } = engine.outcome;
  return (
    changes.tasks.size > 0 ||
    changes.newTasks.length > 0 ||
    changes.events.length > 0 ||
    changes.executions.size > 0 ||
    changes.nodeProgress.size > 0 ||
    changes.nodeJobs.size > 0 ||
    changes.jobs.size > 0 ||
    changes.jobProgress.size > 0 ||
    changes.pools.size > 0 ||
    changes.nodes.size > 0 ||
    changes.taskSpecs.size > 0 ||
    changes.removals.size > 0 ||
    changes.purgedJobs.length > 0 ||
    changes.fleet !== null
  );
}

export function jobNumberOf(task: TaskRecord): number {
  return jobOfTask(task.number);
}
