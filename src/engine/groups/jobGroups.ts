import type { RescheduleEvent } from "../../model/allocation.ts";
import type { GroupSpec, GroupsSpec } from "../../model/group.ts";
import { type GroupChange, groupChange } from "../../model/groupChange.ts";
import type { GroupJobType } from "../../model/groupDefaults.ts";
import { type GroupProgress, type GroupsRecord, newGroupProgress } from "../../model/groupJob.ts";
import { foldId, taskNumberOf } from "../../model/id.ts";
import { newTaskProgress, type TaskRecord } from "../../model/task.ts";
import { JobUsage } from "../../placement/jobUsage.ts";
import type { RescheduleTracker } from "../../policy/reschedule.ts";
import { saveJobProgress, saveOrdinals, saveTask } from "../record.ts";
import {
  type Engine,
  type Job,
  type JobGroups,
  type LiveTask,
  mustHave,
  type Node,
} from "../state.ts";

/** The groups of a job in memory. */
export function newJobGroups(tasks: readonly TaskRecord[]): JobGroups {
  const groups: JobGroups = {
    tasks: new Map(),
    byId: new Map(),
    placing: new Set(),
    canaries: { placing: new Set(), nowhere: new Map() },
    wakesAt: null,
    plans: new Map(),
    usage: new JobUsage(),
    nowhere: new Map(),
  };
  for (const task of tasks) {
    groups.tasks.set(task.number, task);
    groups.byId.set(foldId(task.id), task.number);
  }
  return groups;
}

/** For jobs that are known to be of groups. */
export function groupsOf(job: Job): {
  readonly live: JobGroups;
  readonly spec: GroupsSpec;
  readonly record: GroupsRecord;
} {
  const { groups: spec } = job.record.spec;
  const { groups: record } = job.record;
  if (job.groups === null || spec === undefined || record === undefined) {
    throw new Error(`job ${job.record.spec.id} has no groups`);
  }
  return { live: job.groups, spec, record };
}

export function isGroupTask(task: TaskRecord): boolean {
  return task.spec.place !== undefined;
}

/** The group that a task runs, as its job has it now; null: the job has it no more. */
export function groupOf(job: Job, task: TaskRecord): GroupSpec | null {
  const name = task.spec.place?.group;
  return job.record.spec.groups?.groups.find((group) => group.name === name) ?? null;
}

/** The groups as a version of the job has them; null: that version is not kept. */
export function specOfVersion(job: Job, version: number): GroupsSpec | null {
  const { record, spec } = groupsOf(job);
  if (version === record.version) return spec;
  const earlier = record.history.find((candidate) => candidate.version === version);
  return earlier?.spec.groups ?? null;
}

/** What the group was in a version of the job; null: that version is not kept, or had no such group. */
export function groupOfVersion(job: Job, task: TaskRecord, version: number): GroupSpec | null {
  const name = task.spec.place?.group;
  return specOfVersion(job, version)?.groups.find((group) => group.name === name) ?? null;
}

/** What a group of `after` means for what runs as a version of the job; what that was and is not known any more is another. */
export function changeSince(
  job: Job,
  version: number,
  after: GroupsSpec,
  group: GroupSpec,
): GroupChange {
  const before = specOfVersion(job, version);
  const old = before?.groups.find(({ name }) => name === group.name);
  return before === null || old === undefined
    ? "destructive"
    : groupChange(before, old, after, group);
}

export function progressOf(task: TaskRecord): GroupProgress {
  const { group } = task.progress;
  if (group === undefined) throw new Error(`task ${task.id} is of no group`);
  return group;
}

export function setProgress(
  engine: Engine,
  task: TaskRecord,
  changes: Partial<GroupProgress>,
): void {
  task.progress.group = { ...progressOf(task), ...changes };
  saveTask(engine, task);
}

/** `JOB.GROUP[INDEX]`, as Nomad names allocations; of a system task with its node behind it. */
export function groupTaskId(job: Job, group: string, index: number, node: Node | null): string {
  const name = `${job.record.spec.id}.${group}[${index}]`;
  return node === null ? name : `${name}@${node.record.id}`;
}

/** A new task of a group, active and to be placed. */
export function addGroupTask(
  engine: Engine,
  job: Job,
  group: GroupSpec,
  index: number,
  node: Node | null,
): TaskRecord {
  const { live } = groupsOf(job);
  const number = taskNumberOf(job.record.number, job.record.nextOrdinal);
  job.record.nextOrdinal += 1;
  const task: TaskRecord = {
    number,
    id: groupTaskId(job, group.name, index, node),
    createdAt: engine.now,
    spec: { commandLine: "", place: { group: group.name, index } },
    progress: {
      ...newTaskProgress(engine.now),
      group: newGroupProgress(node === null ? null : node.record.number),
    },
  };
  live.tasks.set(number, task);
  live.byId.set(foldId(task.id), number);
  engine.outcome.changes.newTasks.push({ ...task, progress: { ...task.progress } });
  saveTask(engine, task);
  job.counts.active += 1;
  saveOrdinals(engine, job);
  saveJobProgress(engine, job);
  return task;
}

/** Changes what a job of groups remembers of itself. */
export function setGroupsRecord(engine: Engine, job: Job, changes: Partial<GroupsRecord>): void {
  job.record.groups = { ...groupsOf(job).record, ...changes };
  saveOrdinals(engine, job);
}

/** The modify index of a job that changes now. */
export function nextChange(engine: Engine): number {
  engine.counters.jobChange += 1;
  return engine.counters.jobChange;
}

/** Who has seen the job as it was is not to change it unawares. A job of tasks has no such index. */
export function noteChange(engine: Engine, job: Job): void {
  if (job.groups === null) return;
  setGroupsRecord(engine, job, { modifyIndex: nextChange(engine) });
}

/** The node that a system task is bound to; null: it is bound to none, or that is gone. */
export function boundNode(engine: Engine, task: TaskRecord): Node | null {
  const { boundTo } = progressOf(task);
  return boundTo === null ? null : (engine.nodes.get(boundTo) ?? null);
}

export function isSystemType(job: Job): boolean {
  const { type } = job.record.spec;
  return type === "system" || type === "sysbatch";
}

export function jobOfNumber(engine: Engine, number: number): Job {
  return mustHave(engine.jobs, number, "job");
}

/** For policies, which know the types of jobs that have groups. */
export function groupTypeOf(job: Job): GroupJobType {
  const { type } = job.record.spec;
  if (type === "fleet") throw new Error("fleet jobs have no groups");
  return type;
}

/** The history of a task as the reschedule policy takes it. */
export function trackerOf(task: TaskRecord): RescheduleTracker | null {
  return trackerFrom(progressOf(task).rescheduled);
}

export function trackerFrom(rescheduled: readonly RescheduleEvent[]): RescheduleTracker | null {
  return rescheduled.length === 0 ? null : { lastReschedule: "ok", events: rescheduled };
}

/** Periodic and parameterized jobs only have children. */
export function runsItself(job: Job): boolean {
  const { spec, record } = groupsOf(job);
  if (record.parentJobId !== null) return true;
  return spec.periodic === null && spec.parameterized === null;
}

/** Whether what becomes of one execution may let others move: a deployment, or a node that is drained. */
export function mayMoveOthers({ job, node }: LiveTask): boolean {
  const { type } = job.record.spec;
  return type === "service" || type === "system" || (node.record.drain ?? null) !== null;
}

/** Has the job looked at by then. One timer is pending at a time: when it fires, the next is set (groupJobDue). */
export function wakeJob(engine: Engine, job: Job, at: number): void {
  const { live } = groupsOf(job);
  if (live.wakesAt !== null && live.wakesAt <= at) return;
  live.wakesAt = at;
  engine.timers.add(at, { timer: "groupJob", job: job.record.number });
}
