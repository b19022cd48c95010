import type { ExecutionRecord } from "../../model/execution.ts";
import type { GroupSpec } from "../../model/group.ts";
import { foldId } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import { type Engine, type Job, type LiveTask, liveOf, touchJob } from "../state.ts";
import { complete, stopExecution } from "../taskEnd.ts";
import { describeStop } from "./allocation.ts";
import {
  addGroupTask,
  boundNode,
  groupOf,
  groupsOf,
  groupTaskId,
  isSystemType,
  progressOf,
  runsItself,
  setProgress,
} from "./jobGroups.ts";
import { hasFailed, nextVersion, tasksWanted } from "./kept.ts";
import { dropFromPlacing, placeSoon, queueForPlacing } from "./placing.ts";
import { wantsSystemTask } from "./systemFit.ts";

/** Whether the job, as it is now, wants the task to run, its canary aside; one that is held wants what it has, later. */
export function isWanted(engine: Engine, job: Job, task: TaskRecord): boolean {
  return !isEnding(job) && hasPlaceFor(engine, job, task);
}

/** Whether the job has a place for the task, also one that has run to its end. */
export function hasPlaceFor(engine: Engine, job: Job, task: TaskRecord): boolean {
  if (!runsItself(job)) return false;
  const group = groupOf(job, task);
  if (group === null) return false;
  if (isSystemType(job)) {
    const node = boundNode(engine, task);
    if (node === null || group.count === 0) return false;
    return wantsSystemTask(engine, job, group, node, task);
  }
  return (task.spec.place?.index ?? 0) < tasksWanted(job, group);
}

/** Makes the tasks that are wanted and not there, and stops those that are there and not wanted. */
export function settleWanted(engine: Engine, job: Job): void {
  const { live, spec } = groupsOf(job);
  // A job that is disabled keeps what it has: that is stopped or waited for as was asked.
  if (job.record.state === "disabling" || job.record.state === "disabled") return;
  for (const task of [...live.tasks.values()]) {
    if (!isWanted(engine, job, task)) letGo(engine, job, task);
  }
  if (job.record.state !== "active" || !runsItself(job)) return;
  for (const group of spec.groups) {
    if (isSystemType(job)) continue;
    for (let index = 0; index < tasksWanted(job, group); index += 1)
      want(engine, job, group, index);
  }
  placeSoon(engine, job);
}

function want(engine: Engine, job: Job, group: GroupSpec, index: number): void {
  const { live } = groupsOf(job);
  const number = live.byId.get(foldId(groupTaskId(job, group.name, index, null)));
  const task = number === undefined ? undefined : live.tasks.get(number);
  if (task === undefined) {
    queueForPlacing(engine, job, addGroupTask(engine, job, group, index, null));
  } else if (task.progress.state === "completed" && runsAgain(job, task, group)) {
    revive(engine, job, task);
  } else lookAgain(engine, job, task);
}

/** A task that waits and was not looked at while nobody wanted it. */
export function lookAgain(engine: Engine, job: Job, task: TaskRecord): void {
  const isQueued = groupsOf(job).live.placing.has(task.number);
  const isDue = (progressOf(task).actsAt ?? engine.now) <= engine.now;
  if (task.progress.state === "active" && isDue && !isQueued) queueForPlacing(engine, job, task);
}

/**
 * What was stopped runs again when it is wanted again. What ended by itself does so with another version of the job only,
 * unless the deployment of that has failed: what a batch job has done stays done, and what failed for good stays so (Nomad).
 */
export function runsAgain(job: Job, task: TaskRecord, group: GroupSpec): boolean {
  const { outcome } = task.progress;
  const wasStopped = outcome?.result === "success" && outcome.exitCode === null;
  const version = nextVersion(job, task, group);
  return wasStopped || ((progressOf(task).ranVersion ?? -1) < version && !hasFailed(job, version));
}

/** Whether it stands for one of its group's places: what was stopped, or has done its work, holds none any more. */
export function holdsPlace({ progress: { state, outcome } }: TaskRecord): boolean {
  return state !== "completed" || outcome?.result === "failure";
}

/** A completed task is wanted again: it begins anew, without a past. */
export function revive(engine: Engine, job: Job, task: TaskRecord): void {
  forgetOutcome(job, task);
  job.counts.active += 1;
  setProgress(engine, task, {
    rescheduled: [],
    actsAt: null,
    decision: null,
    delayMs: null,
    previous: task.progress.execution,
  });
  queueForPlacing(engine, job, task, true);
}

/** A completed task is not over after all. What it counts as instead is the caller's. */
export function forgetOutcome({ counts }: Job, { progress }: TaskRecord): void {
  if (progress.outcome?.result === "failure") counts.failed -= 1;
  else counts.succeeded -= 1;
  progress.outcome = null;
  progress.endedAt = null;
}

/** It is on its way to its end, or there. */
export function isEnding({ record }: Job): boolean {
  return record.state !== "active" && record.state !== "disabling" && record.state !== "disabled";
}

/** A task that is not wanted: its executions are stopped, or it is over at once. */
export function letGo(engine: Engine, job: Job, task: TaskRecord): void {
  if (task.progress.state === "completed") return;
  for (const live of executionsOfTask(engine, task)) {
    describeStop(engine, live, "alloc not needed as node is tainted or its task is not wanted");
    stopExecution(engine, live, "unwanted");
  }
  // One that waits has no execution of its own: at most an original out of contact, which nobody waits for.
  if (task.progress.state !== "active") return;
  dropFromPlacing(job, task);
  job.counts.active -= 1;
  finishTask(engine, job, task, null);
}

/** The executions of a task that have not ended: the current one, an original that is out of contact, and a canary. */
export function executionsOfTask(engine: Engine, task: TaskRecord): LiveTask[] {
  const { original, canary } = progressOf(task);
  const others = [original, canary?.execution ?? null].flatMap((number) =>
    number === null ? [] : (engine.executions.get(number) ?? []),
  );
  const current = liveOf(engine, task);
  return current === null ? others : [current, ...others];
}

/**
 * Over without a failure: it succeeded (exit code), or it was stopped (null). Counts of where it came from are the
 * caller's. `execution`: the one that was its last.
 */
export function finishTask(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  exitCode: number | null,
  execution?: ExecutionRecord,
): void {
  const outcome = { result: "success", exitCode, failure: null } as const;
  complete(
    engine,
    { job, task, slots: 0, ...(execution === undefined ? {} : { execution }) },
    outcome,
    engine.now,
  );
  touchJob(engine, job);
}
