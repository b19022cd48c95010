import {
  type Changes,
  type Counters,
  type JobProgress,
  NO_COUNTERS,
  type RemovalRecord,
} from "../model/changes.ts";
import type { EventRecord } from "../model/event.ts";
import type { ExecutionRecord } from "../model/execution.ts";
import { FleetTables } from "../model/fleet/tables.ts";
import {
  type ExecutionNumber,
  foldId,
  type JobNumber,
  jobOfTask,
  type NodeNumber,
  type PoolNumber,
  type TaskNumber,
} from "../model/id.ts";
import type { JobRecord } from "../model/job.ts";
import type { NodeProgress, NodeRecord } from "../model/node.ts";
import type { NodeJobRecord } from "../model/nodeJob.ts";
import type { PoolRecord } from "../model/pool.ts";
import type { TaskRecord } from "../model/task.ts";
import { slotsOf } from "../model/taskSpec.ts";
import type { StoredState } from "./restore.ts";

/** The tasks of one job. */
export interface JobTasks {
  readonly byNumber: Map<TaskNumber, TaskRecord>;
  readonly byId: Map<string, TaskNumber>;
}

/**
 * The store of tests and of the simulator: what was committed, and nothing else. Records are handed out as copies, as a database's would be; what
 * they refer to is never changed by anybody.
 */
export class TestStore {
  counters: Counters = { ...NO_COUNTERS };
  readonly pools = new Map<PoolNumber, PoolRecord>();
  readonly nodes = new Map<NodeNumber, NodeRecord>();
  readonly nodeProgress = new Map<NodeNumber, NodeProgress>();
  readonly jobs = new Map<JobNumber, JobRecord>();
  readonly jobProgress = new Map<JobNumber, JobProgress>();
  readonly nodeJobs = new Map<string, NodeJobRecord>();
  readonly tasks = new Map<JobNumber, JobTasks>();
  readonly executions = new Map<ExecutionNumber, ExecutionRecord>();
  readonly removals = new Map<number, RemovalRecord>();
  readonly events: EventRecord[] = [];
  readonly fleet = new FleetTables();

  apply(changes: Changes): void {
    merge(this.pools, changes.pools);
    merge(this.nodes, changes.nodes);
    merge(this.nodeProgress, changes.nodeProgress);
    for (const [node, record] of changes.nodes) if (record === null) this.nodeProgress.delete(node);
    merge(this.jobs, changes.jobs);
    merge(this.jobProgress, changes.jobProgress);
    merge(this.nodeJobs, changes.nodeJobs);
    merge(this.removals, changes.removals);
    this.#applyTasks(changes);
    for (const [number, execution] of changes.executions) {
      if (changes.tasks.get(execution.task) !== null) this.executions.set(number, execution);
    }
    this.events.push(...changes.events);
    for (const job of changes.purgedJobs) this.#purge(job);
    if (changes.counters !== null) this.counters = changes.counters;
    if (changes.fleet !== null) this.fleet.apply(changes.fleet);
  }

  #applyTasks(changes: Changes): void {
    for (const [number, progress] of changes.tasks) {
      if (progress === null) this.#removeTask(number);
    }
    for (const task of changes.newTasks) this.#addTask(task, changes);
    for (const [number, progress] of changes.tasks) {
      const task = this.task(number);
      if (task !== undefined && progress !== null) task.progress = progress;
    }
    for (const [number, spec] of changes.taskSpecs) {
      const task = this.task(number);
      if (task !== undefined) task.spec = spec;
    }
  }

  #addTask(task: TaskRecord, changes: Changes): void {
    if (changes.tasks.get(task.number) === null) return;
    const job = jobOfTask(task.number);
    const tasks = this.tasks.get(job) ?? { byNumber: new Map(), byId: new Map() };
    this.tasks.set(job, tasks);
    tasks.byNumber.set(task.number, { ...task, progress: { ...task.progress } });
    tasks.byId.set(foldId(task.id), task.number);
  }

  #removeTask(number: TaskNumber): void {
    const tasks = this.tasks.get(jobOfTask(number));
    const task = tasks?.byNumber.get(number);
    if (tasks === undefined || task === undefined) return;
    tasks.byNumber.delete(number);
    tasks.byId.delete(foldId(task.id));
    for (const [key, execution] of this.executions) {
      if (execution.task === number) this.executions.delete(key);
    }
  }

  #purge(job: JobNumber): void {
    this.tasks.delete(job);
    this.jobProgress.delete(job);
    for (const [key, execution] of this.executions) {
      if (execution.job === job) this.executions.delete(key);
    }
    for (const [key, record] of this.nodeJobs) if (record.job === job) this.nodeJobs.delete(key);
  }

  task(number: TaskNumber): TaskRecord | undefined {
    return this.tasks.get(jobOfTask(number))?.byNumber.get(number);
  }

  /** The job of an id that is not gone. */
  jobOfId(foldedId: string): JobRecord | undefined {
    for (const job of this.jobs.values()) if (foldId(job.spec.id) === foldedId) return job;
    return undefined;
  }

  /** What a restart reads, as Store.readLive gives it. */
  readLive(): StoredState {
    const jobs = [...this.jobs.values()].filter((job) => job.state !== "completed");
    const live = new Set(jobs.map((job) => job.number));
    return {
      counters: { ...this.counters },
      pools: [...this.pools.values()].map((pool) => ({ ...pool })),
      nodes: [...this.nodes.values()].map((node) => ({
        record: { ...node },
        progress: { ...mustFind(this.nodeProgress, node.number, "progress of node") },
      })),
      jobs: jobs.map((job) => ({ record: { ...job }, progress: this.progressOf(job.number) })),
      nodeJobs: [...this.nodeJobs.values()]
        .filter(({ job, node }) => live.has(job) && this.nodes.has(node))
        .map((record) => ({ ...record })),
      executions: [...this.executions.values()]
        .filter(({ state }) => state !== "ended" && state !== "lost")
        .sort((left, right) => left.number - right.number)
        .map((record) => ({
          record: { ...record },
          task: copyTask(mustFind(this.#tasksOf(record.job), record.task, "task")),
        })),
      removals: [...this.removals.values()],
      queued: jobs.filter(({ spec }) => spec.groups === undefined).map((job) => this.#queueOf(job)),
      groupTasks: jobs.flatMap((job) => this.groupTasksOf(job)),
    };
  }

  /** All tasks of a job of groups; none of another. */
  groupTasksOf({ number, spec }: JobRecord): TaskRecord[] {
    return spec.groups === undefined ? [] : [...this.#tasksOf(number).values()].map(copyTask);
  }

  #tasksOf(job: JobNumber): Map<TaskNumber, TaskRecord> {
    return this.tasks.get(job)?.byNumber ?? new Map();
  }

  progressOf(job: JobNumber): JobProgress {
    const progress = mustFind(this.jobProgress, job, "progress of job");
    return { ...progress, counts: { ...progress.counts } };
  }

  #queueOf(job: JobRecord): StoredState["queued"][number] {
    const { firstActive } = mustFind(this.jobProgress, job.number, "progress of job");
    const ranges: { first: TaskNumber; last: TaskNumber; slots: number }[] = [];
    const again: TaskRecord[] = [];
    for (const task of this.#tasksOf(job.number).values()) {
      if (task.number < firstActive || task.progress.state !== "active") continue;
      const slots = slotsOf(task.spec);
      const before = ranges.at(-1);
      if (job.spec.run !== undefined || task.progress.previousState !== null)
        again.push(copyTask(task));
      else if (before?.last === task.number - 1 && before.slots === slots) {
        before.last = task.number;
      } else ranges.push({ first: task.number, last: task.number, slots });
    }
    return { job: job.number, ranges, again };
  }
}

export function copyTask(task: TaskRecord): TaskRecord {
  return { ...task, progress: { ...task.progress } };
}

function merge<Key, Value>(kept: Map<Key, Value>, changed: ReadonlyMap<Key, Value | null>): void {
  for (const [key, value] of changed) {
    if (value === null) kept.delete(key);
    else kept.set(key, value);
  }
}

function mustFind<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, what: string): Value {
  const value = map.get(key);
  if (value === undefined) throw new Error(`the store has no ${what} ${String(key)}`);
  return value;
}
