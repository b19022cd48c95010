import type { JobProgress } from "../model/changes.ts";
import { counted } from "../model/counted.ts";
import { foldId } from "../model/id.ts";
import {
  type DisableTasks,
  emptyCounts,
  type JobRecord,
  type JobSpec,
  type JobState,
} from "../model/job.ts";
import type { NodeJobRecord } from "../model/nodeJob.ts";
import type { TaskRecord } from "../model/task.ts";
import { addTasks, refusedTask } from "./addTasks.ts";
import { newJobGroups, noteChange } from "./groups/jobGroups.ts";
import type { JobPatch, NewTask, Reply } from "./input.ts";
import {
  activate,
  endIfAllComplete,
  endJob,
  jobMovesOn,
  setJobState,
  WALL_CLOCK_OVER,
} from "./jobEnding.ts";
import { refuse } from "./nodes.ts";
import { saveJob, saveJobProgress } from "./record.ts";
import { stopWaiting, waitAgain } from "./ring.ts";
import { newJobRun } from "./runs/nodeTargets.ts";
import { type Engine, executionsOf, type Job } from "./state.ts";
import { stopExecution } from "./taskEnd.ts";
import { TaskQueue } from "./taskQueue.ts";

export function findJob(engine: Engine, id: string): Job | Reply {
  const number = engine.jobsById.get(foldId(id));
  const job = number === undefined ? undefined : engine.jobs.get(number);
  if (job !== undefined) return job;
  return refuse("JobNotFound", `There is no job ${id}.`, "List the jobs for their ids.");
}

/** Brings a job into memory: a new one, one of a restore, or a completed one that a request names. */
export function admitJob(
  engine: Engine,
  record: JobRecord,
  progress: Pick<JobProgress, "counts">,
  nodeJobs: readonly NodeJobRecord[],
  groupTasks: readonly TaskRecord[] = [],
): Job {
  const job: Job = {
    record,
    groups: record.spec.groups === undefined ? null : newJobGroups(groupTasks),
    run: record.spec.run === undefined ? null : newJobRun(),
    counts: progress.counts,
    queue: new TaskQueue(),
    window: new Map(),
    again: new Map(),
    nodes: new Set(),
    barred: new Set(),
    waitingIn: null,
    specials: new Set(),
  };
  engine.jobs.set(record.number, job);
  engine.jobsById.set(foldId(record.spec.id), record.number);
  if (job.groups !== null) engine.groupJobs.add(record.number);
  for (const nodeJob of nodeJobs) {
    const node = engine.nodes.get(nodeJob.node);
    if (node === undefined) continue;
    node.jobs.set(record.number, nodeJob);
    job.nodes.add(nodeJob.node);
    const waits = record.spec.preparation?.waitForSuccess === true;
    const { preparation } = nodeJob;
    if (waits && preparation?.state === "completed" && preparation.result === "failure") {
      job.barred.add(nodeJob.node);
    }
  }
  return job;
}

export function createJob(engine: Engine, spec: JobSpec, tasks: readonly NewTask[]): Reply {
  if (engine.jobsById.has(foldId(spec.id))) {
    return refuse(
      "JobExists",
      `There is a job ${spec.id} already.`,
      "Choose another id, or delete that job first.",
      "id",
    );
  }
  const pool = engine.poolsById.get(foldId(spec.poolId));
  const accepts = pool === undefined ? undefined : engine.pools.get(pool)?.record.spec.accepts;
  if (accepts !== undefined && !accepts.includes("batch")) {
    return refuse(
      "OperationNotValidOnPool",
      `Pool ${spec.poolId} accepts ${accepts.join(", ")}; it does not accept batch.`,
      "Submit to a pool that accepts batch, or let a manager change what this one accepts.",
    );
  }
  const refused = refusedTask(spec, tasks);
  if (refused !== null) return { ok: false, error: refused };
  engine.counters.job += 1;
  const job = admitJob(engine, newRecord(engine, spec), { counts: emptyCounts() }, []);
  saveJob(engine, job);
  saveJobProgress(engine, job);
  if (spec.maxWallClockMs !== null) watchWallClock(engine, job);
  const reply = tasks.length > 0 ? addTasks(engine, job, tasks, new Set()) : { ok: true as const };
  endIfAllComplete(engine, job);
  return reply;
}

export function newRecord(engine: Engine, spec: JobSpec): JobRecord {
  return {
    number: engine.counters.job,
    spec,
    state: "active",
    stateAt: engine.now,
    previousState: null,
    previousStateAt: null,
    createdAt: engine.now,
    lastModifiedAt: engine.now,
    etag: 0,
    disableTasks: null,
    ending: null,
    terminateReason: null,
    endedAt: null,
    schedulingError: null,
    nextOrdinal: 1,
  };
}

/** Measured from the job's creation (Azure Batch 3). */
export function watchWallClock(engine: Engine, job: Job): void {
  const dueAt = wallClockOverAt(job);
  if (dueAt !== null) {
    engine.timers.add(dueAt, { timer: "jobWallClock", job: job.record.number });
  }
}

/** Null: it is not limited. A fleet run that was reopened has its whole time again: it has been active since then. */
function wallClockOverAt({ record, run }: Job): number | null {
  const { maxWallClockMs } = record.spec;
  if (maxWallClockMs === null) return null;
  return (run === null ? record.createdAt : record.stateAt) + maxWallClockMs;
}

export function wallClockExpired(engine: Engine, job: Job): void {
  const { state } = job.record;
  if (state === "terminating" || state === "completed" || state === "deleting") return;
  const dueAt = wallClockOverAt(job);
  if (dueAt === null || engine.now < dueAt) return;
  endJob(engine, job, "terminating", WALL_CLOCK_OVER);
}

/** 409 with the state's own code, or null when the job is not on its way down. */
export function refusedByState(job: Job): Reply | null {
  const { id } = job.record.spec;
  const codes: Partial<
    Record<JobState, "JobBeingDeleted" | "JobBeingTerminated" | "JobCompleted">
  > = {
    deleting: "JobBeingDeleted",
    terminating: "JobBeingTerminated",
    completed: "JobCompleted",
  };
  const code = codes[job.record.state];
  if (code === undefined) return null;
  return refuse(code, `Job ${id} is ${job.record.state}.`, "Create a new job.");
}

export function updateJob(engine: Engine, job: Job, patch: JobPatch): Reply {
  const refused = refusedByState(job);
  if (refused !== null) return refused;
  const { record } = job;
  const isMove = patch.poolId !== undefined && foldId(patch.poolId) !== foldId(record.spec.poolId);
  if (isMove && record.state !== "disabled") {
    return refuse(
      "JobNotDisabled",
      `The pool of job ${record.spec.id} can be changed only while it is disabled; it is ${record.state}.`,
      "Disable the job first, and wait until it is disabled.",
    );
  }
  const isBack =
    patch.onAllTasksComplete === "noaction" && record.spec.onAllTasksComplete === "terminatejob";
  if (isBack) {
    return refuse(
      "InvalidPropertyValue",
      "onAllTasksComplete can not go back from terminatejob to noaction.",
      "Leave it out.",
    );
  }
  record.spec = { ...record.spec, ...patch };
  saveJob(engine, job);
  waitAgain(engine, job);
  if (patch.maxWallClockMs !== undefined) watchWallClock(engine, job);
  wallClockExpired(engine, job);
  jobMovesOn(engine, job);
  return { ok: true };
}

export function disableJob(engine: Engine, job: Job, disableTasks: DisableTasks): Reply {
  const refused = refusedByState(job);
  if (refused !== null) return refused;
  job.record.disableTasks = disableTasks;
  noteChange(engine, job);
  stopWaiting(engine, job);
  if (job.record.state === "disabled") saveJob(engine, job);
  else setJobState(engine, job, "disabling");
  if (disableTasks !== "wait") {
    for (const live of executionsOf(engine, job)) {
      stopExecution(engine, live, disableTasks === "requeue" ? "requeued" : "nodeTaken");
    }
  }
  jobMovesOn(engine, job);
  return { ok: true };
}

export function enableJob(engine: Engine, job: Job): Reply {
  const refused = refusedByState(job);
  if (refused !== null) return refused;
  const { state, spec } = job.record;
  if (state !== "disabled") {
    return refuse(
      "JobNotDisabled",
      `Job ${spec.id} is ${state}; only a disabled job can be enabled.`,
      wayToEnable(engine, job),
    );
  }
  activate(engine, job);
  return { ok: true };
}

/** What to do about a job that can not be enabled yet, or needs not. */
function wayToEnable(engine: Engine, job: Job): string {
  const { state, disableTasks } = job.record;
  if (state !== "disabling") return "Nothing needs to be done: its tasks are run.";
  // Canaries and originals out of contact are of tasks that may not run.
  const [count, what] =
    job.groups === null
      ? ([job.counts.running, "running task"] as const)
      : ([executionsOf(engine, job).length, "running execution"] as const);
  const running = `its ${counted(count, what)} ${count === 1 ? "has" : "have"}`;
  return disableTasks === "wait"
    ? `Wait until ${running} ended, or end that wait: disable the job again with requeue or terminate. Then enable it.`
    : `Wait until ${running} stopped, then enable it.`;
}

export function terminateJob(engine: Engine, job: Job, reason: string): Reply {
  const refused = refusedByState(job);
  if (refused !== null) return refused;
  endJob(engine, job, "terminating", reason);
  return { ok: true };
}

export function deleteJob(engine: Engine, job: Job): Reply {
  if (job.record.state === "deleting") {
    return refuse(
      "JobBeingDeleted",
      `Job ${job.record.spec.id} is being deleted already.`,
      "Wait until it is gone.",
    );
  }
  endJob(engine, job, "deleting", "UserTerminate");
  return { ok: true };
}
