import type { Counters, JobProgress, RemovalRecord } from "../model/changes.ts";
import type { ExecutionRecord } from "../model/execution.ts";
import type { JobNumber, TaskNumber } from "../model/id.ts";
import { foldId, jobOfTask } from "../model/id.ts";
import type { JobRecord } from "../model/job.ts";
import type { NodeProgress, NodeRecord } from "../model/node.ts";
import type { NodeJobRecord } from "../model/nodeJob.ts";
import type { PoolRecord } from "../model/pool.ts";
import type { TaskRecord } from "../model/task.ts";
import { slotsOf } from "../model/taskSpec.ts";
import { watch } from "./contact.ts";
import { watchDrain } from "./groups/drain.ts";
import { resumeGroups } from "./groups/resume.ts";
import { countUsage } from "./groups/usage.ts";
import { watchReleases } from "./jobEnding.ts";
import { admitJob, watchWallClock } from "./jobs.ts";
import { moveOn } from "./moveOn.ts";
import { indexNode, useForGroup } from "./nodeIndex.ts";
import { issueOrder, watchReboot } from "./nodeOrders.ts";
import { provideNode } from "./nodes.ts";
import { addPool } from "./pools.ts";
import { wait } from "./ring.ts";
import { newNodeTargets, waitForNode } from "./runs/nodeTargets.ts";
import { watchStart } from "./runs/startRun.ts";
import {
  type Engine,
  type EngineSettings,
  type Job,
  mustHave,
  newEngine,
  noGroupUse,
} from "./state.ts";

/** Everything of the engine that is live, as a store reads it (Store.readLive). */
export interface StoredState {
  readonly counters: Counters;
  readonly pools: readonly PoolRecord[];
  readonly nodes: readonly { readonly record: NodeRecord; readonly progress: NodeProgress }[];
  readonly jobs: readonly { readonly record: JobRecord; readonly progress: JobProgress }[];
  readonly nodeJobs: readonly NodeJobRecord[];
  readonly executions: readonly { readonly record: ExecutionRecord; readonly task: TaskRecord }[];
  readonly removals: readonly RemovalRecord[];
  /** All tasks of live jobs of groups. */
  readonly groupTasks: readonly TaskRecord[];
  readonly queued: readonly {
    readonly job: JobNumber;
    readonly ranges: readonly {
      readonly first: TaskNumber;
      readonly last: TaskNumber;
      readonly slots: number;
    }[];
    readonly again: readonly TaskRecord[];
  }[];
}

/**
 * The machine as it was at the last commit. Nodes are away until they connect, each with a full grace; effects whose
 * outcome is not stored are issued again, those of nodes when they connect (settle).
 */
export function restore(stored: StoredState, wallClock: number, settings: EngineSettings): Engine {
  const engine = newEngine(Math.max(wallClock, stored.counters.time), settings);
  Object.assign(engine.counters, stored.counters);
  for (const pool of stored.pools) addPool(engine, pool);
  restoreNodes(engine, stored);
  restoreJobs(engine, stored);
  for (const { record, task } of stored.executions) restoreExecution(engine, record, task);
  for (const removal of stored.removals) engine.removals.set(removal.number, removal);
  resume(engine);
  return engine;
}

function restoreNodes(engine: Engine, stored: StoredState): void {
  for (const { record, progress } of stored.nodes) {
    if (record.contact === "connected") {
      record.contact = "away";
      // It was heard then, at most a grace before; in the record stands when it was saved.
      record.contactAt = Math.max(record.contactAt, stored.counters.time);
    }
    const pool = mustHave(engine.pools, record.pool, "pool");
    engine.nodes.set(record.number, {
      record,
      pool,
      progress,
      executions: new Set(),
      usedSlots: 0,
      use: noGroupUse(engine, record.provided),
      targets: newNodeTargets(),
      candidate: null,
      jobs: new Map(),
      heardAt: engine.now,
      watched: false,
    });
    engine.nodesById.set(foldId(record.id), record.number);
    engine.nodesByGuid.set(record.guid, record.number);
    pool.nodes.add(record.number);
  }
}

function restoreJobs(engine: Engine, stored: StoredState): void {
  const nodeJobs = Map.groupBy(stored.nodeJobs, (record) => record.job);
  const groupTasks = Map.groupBy(stored.groupTasks, (task) => jobOfTask(task.number));
  for (const { record, progress } of stored.jobs) {
    const tasks = groupTasks.get(record.number);
    const job = admitJob(engine, record, progress, nodeJobs.get(record.number) ?? [], tasks);
    restoreSpecials(engine, job);
    watchWallClock(engine, job);
  }
  for (const queued of stored.queued) {
    const job = engine.jobs.get(queued.job);
    if (job === undefined) continue;
    for (const { first, last, slots } of queued.ranges) job.queue.addRange(first, last, slots);
    for (const task of queued.again) {
      if (job.run !== null) {
        if (task.progress.held) job.run.held.set(task.number, task);
        else waitForNode(engine, job, task);
        continue;
      }
      job.queue.add(task.number, slotsOf(task.spec));
      job.again.set(task.number, task);
    }
  }
}

function restoreSpecials(engine: Engine, job: Job): void {
  for (const number of job.nodes) {
    const node = mustHave(engine.nodes, number, "node");
    const nodeJob = mustHave(node.jobs, job.record.number, "node job");
    for (const kind of ["preparation", "release"] as const) {
      const instance = nodeJob[kind];
      if (instance?.state !== "running") continue;
      engine.specials.set(instance.execution, { kind, job, node });
      job.specials.add(instance.execution);
    }
  }
}

function restoreExecution(engine: Engine, execution: ExecutionRecord, stored: TaskRecord): void {
  const job = mustHave(engine.jobs, execution.job, "job");
  // A job of groups has all its tasks in memory: there is one record of each.
  const task = job.groups?.tasks.get(stored.number) ?? stored;
  const slots = slotsOf(task.spec);
  const number = execution.nodes[0];
  if (number === undefined) throw new Error(`execution ${execution.number} has no node`);
  const node = mustHave(engine.nodes, number, "node");
  const live = { job, task, execution, node, slots };
  engine.executions.set(execution.number, live);
  node.executions.add(execution.number);
  node.usedSlots += slots;
  useForGroup(node, execution);
  if (task.spec.target !== undefined) node.targets.running += 1;
  if (execution.allocation !== undefined && execution.stopReason === null) countUsage(live);
}

/** Timers, turns and effects that follow from the state. */
function resume(engine: Engine): void {
  for (const node of engine.nodes.values()) {
    indexNode(node);
    if (node.record.life === "creating" && node.record.provided) provideNode(engine, node);
    else watch(engine, node);
    issueOrder(engine, node);
    watchReboot(engine, node);
    watchDrain(engine, node);
    if (node.record.option === "retaineddata") {
      engine.timers.add(engine.now, { timer: "retainedData", node: node.record.number });
    }
  }
  for (const pool of engine.pools.values()) {
    const { resize, number } = pool.record;
    if (resize !== null) {
      engine.timers.add(resize.startedAt + resize.timeoutMs, {
        timer: "resize",
        pool: number,
        startedAt: resize.startedAt,
      });
    }
    engine.touchedPools.add(number);
  }
  for (const job of [...engine.jobs.values()]) {
    wait(engine, job);
    resumeReleases(engine, job);
    if (job.groups !== null) resumeGroups(engine, job);
    if (job.run !== null) watchStart(engine, job);
    engine.touchedJobs.add(job.record.number);
  }
  moveOn(engine);
}

function resumeReleases(engine: Engine, job: Job): void {
  if (job.record.ending !== "releasing") return;
  for (const number of job.nodes) {
    const release = engine.nodes.get(number)?.jobs.get(job.record.number)?.release;
    // From when it was ordered: a server that is started again and again must not put the end off for ever.
    if (release?.state === "running") watchReleases(engine, job, release.assignedAt);
  }
}
