import type { AuditRecord } from "../../model/audit.ts";
import {
  type Changes,
  type Counters,
  type JobProgress,
  NO_COUNTERS,
  type RemovalRecord,
} from "../../model/changes.ts";
import type { EventRecord } from "../../model/event.ts";
import type { ExecutionRecord } from "../../model/execution.ts";
import type { RepositoryFile } from "../../model/fleet/repository.ts";
import { FleetTables } from "../../model/fleet/tables.ts";
import {
  type ExecutionNumber,
  foldId,
  type JobNumber,
  jobOfTask,
  type NodeNumber,
  type PoolNumber,
  type TaskNumber,
} from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import type { NodeProgress, NodeRecord } from "../../model/node.ts";
import type { NodeJobRecord } from "../../model/nodeJob.ts";
import type { PoolRecord } from "../../model/pool.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { OutputStream } from "../outputPlaces.ts";
import type {
  ApiTokenRecord,
  IdempotencyRecord,
  JoinTokenRecord,
  NodeKeyRecord,
} from "../store.ts";

/** The tasks of one job. */
export interface JobTasks {
  readonly byNumber: Map<TaskNumber, TaskRecord>;
  readonly byFoldedId: Map<string, TaskNumber>;
}

/** What a memory store keeps; it outlives the store as a disk outlives a server. Values are never shared with callers. */
export interface MemoryDisk {
  epoch: number;
  counters: Counters;
  readonly pools: Map<PoolNumber, PoolRecord>;
  readonly nodes: Map<NodeNumber, NodeRecord>;
  readonly nodeProgress: Map<NodeNumber, NodeProgress>;
  readonly jobs: Map<JobNumber, JobRecord>;
  readonly jobProgress: Map<JobNumber, JobProgress>;
  /** By nodeJobKey. */
  readonly nodeJobs: Map<string, NodeJobRecord>;
  readonly tasks: Map<JobNumber, JobTasks>;
  readonly executions: Map<ExecutionNumber, ExecutionRecord>;
  /** Keys of uploaded outputs, by placeKey. */
  readonly outputPlaces: Map<string, string>;
  readonly removals: Map<number, RemovalRecord>;
  /** By sequence. */
  readonly events: Map<number, EventRecord>;
  readonly idempotency: Map<string, IdempotencyRecord>;
  readonly joinTokens: Map<string, JoinTokenRecord>;
  readonly nodeKeys: Map<string, NodeKeyRecord>;
  readonly apiTokens: Map<string, ApiTokenRecord>;
  /** By path. */
  readonly repository: Map<string, RepositoryFile>;
  readonly secrets: Map<string, string>;
  readonly fleet: FleetTables;
  /** By number, from 1. */
  readonly audit: AuditRecord[];
}

export function newMemoryDisk(): MemoryDisk {
  return {
    epoch: 0,
    counters: { ...NO_COUNTERS },
    pools: new Map(),
    nodes: new Map(),
    nodeProgress: new Map(),
    jobs: new Map(),
    jobProgress: new Map(),
    nodeJobs: new Map(),
    tasks: new Map(),
    executions: new Map(),
    outputPlaces: new Map(),
    removals: new Map(),
    events: new Map(),
    idempotency: new Map(),
    joinTokens: new Map(),
    nodeKeys: new Map(),
    apiTokens: new Map(),
    repository: new Map(),
    secrets: new Map(),
    fleet: new FleetTables(),
    audit: [],
  };
}

/** A copy that shares nothing; the same that a database's round trip gives. */
export function copy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}

/** Applies changes that checkChanges has let pass: nothing here fails, so that all of it is done. */
export function applyChanges(disk: MemoryDisk, changes: Changes): void {
  merge(disk.pools, changes.pools);
  merge(disk.nodes, changes.nodes);
  merge(disk.jobs, changes.jobs);
  merge(disk.nodeProgress, changes.nodeProgress);
  merge(disk.jobProgress, changes.jobProgress);
  for (const [number, node] of changes.nodes) if (node === null) disk.nodeProgress.delete(number);
  for (const [number, job] of changes.jobs) if (job === null) disk.jobProgress.delete(number);
  merge(disk.nodeJobs, changes.nodeJobs);
  merge(disk.removals, changes.removals);
  applyTasks(disk, changes);
  for (const [number, execution] of changes.executions) {
    if (changes.tasks.get(execution.task) !== null) disk.executions.set(number, copy(execution));
  }
  for (const event of changes.events) disk.events.set(event.sequence, copy(event));
  for (const job of changes.purgedJobs) purge(disk, job);
  if (changes.counters !== null) disk.counters = copy(changes.counters);
  if (changes.fleet !== null) disk.fleet.apply(changes.fleet);
}

function merge<Key, Value>(kept: Map<Key, Value>, changed: ReadonlyMap<Key, Value | null>): void {
  for (const [key, value] of changed) {
    if (value === null) kept.delete(key);
    else kept.set(key, copy(value));
  }
}

/** What goes, goes first: its id may be taken by something new in the same changes. */
function applyTasks(disk: MemoryDisk, changes: Changes): void {
  const gone = new Set<TaskNumber>();
  for (const [number, progress] of changes.tasks) if (progress === null) gone.add(number);
  for (const number of gone) removeTask(disk, number);
  if (gone.size > 0) removeExecutions(disk, (execution) => gone.has(execution.task));
  for (const task of changes.newTasks) if (!gone.has(task.number)) addTask(disk, task);
  for (const [number, progress] of changes.tasks) {
    const task = taskOf(disk, number);
    if (task !== undefined && progress !== null) task.progress = copy(progress);
  }
  for (const [number, spec] of changes.taskSpecs) {
    const task = taskOf(disk, number);
    if (task !== undefined) task.spec = copy(spec);
  }
}

export function taskOf(disk: MemoryDisk, number: TaskNumber): TaskRecord | undefined {
  return disk.tasks.get(jobOfTask(number))?.byNumber.get(number);
}

function addTask(disk: MemoryDisk, task: TaskRecord): void {
  const job = jobOfTask(task.number);
  let tasks = disk.tasks.get(job);
  if (tasks === undefined) {
    tasks = { byNumber: new Map(), byFoldedId: new Map() };
    disk.tasks.set(job, tasks);
  }
  if (tasks.byNumber.has(task.number)) return;
  tasks.byNumber.set(task.number, copy(task));
  tasks.byFoldedId.set(foldId(task.id), task.number);
}

function removeTask(disk: MemoryDisk, number: TaskNumber): void {
  const tasks = disk.tasks.get(jobOfTask(number));
  const task = tasks?.byNumber.get(number);
  if (tasks === undefined || task === undefined) return;
  tasks.byNumber.delete(number);
  tasks.byFoldedId.delete(foldId(task.id));
}

function purge(disk: MemoryDisk, job: JobNumber): void {
  disk.tasks.delete(job);
  removeExecutions(disk, (execution) => execution.job === job);
  for (const [key, record] of disk.nodeJobs) if (record.job === job) disk.nodeJobs.delete(key);
}

export function placeKey(execution: ExecutionNumber, stream: OutputStream): string {
  return `${execution}:${stream}`;
}

function removeExecutions(disk: MemoryDisk, goes: (execution: ExecutionRecord) => boolean): void {
  for (const [number, execution] of disk.executions) {
    if (!goes(execution)) continue;
    disk.executions.delete(number);
    disk.outputPlaces.delete(placeKey(number, "stdout"));
    disk.outputPlaces.delete(placeKey(number, "stderr"));
  }
}
