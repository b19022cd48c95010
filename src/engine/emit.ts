import type { ExecNote, RollingNote, TaskEventType } from "../model/event.ts";
import type { ExecutionRecord } from "../model/execution.ts";
import type { SchedulingError } from "../model/failure.ts";
import type { FleetEventType } from "../model/fleet/fleetEvent.ts";
import type { SpecialInstance } from "../model/nodeJob.ts";
import type { TaskRecord } from "../model/task.ts";
import { slotsOf } from "../model/taskSpec.ts";
import { isoTime } from "../model/time.ts";
import type { Engine, Job, Pool } from "./state.ts";

/** At most one schedule-fail event per task, code and node in this time (batch.md 1.6 leaves the rate open). */
const SCHEDULE_FAIL_PERIOD_MS = 60_000;
/** Remembered failures; beyond it the oldest are forgotten, which costs at most a repeated event. */
const SCHEDULE_FAIL_MEMORY = 10_000;

function nextSequence(engine: Engine): number {
  engine.counters.event += 1;
  return engine.counters.event;
}

/** The effective maxTaskRetryCount: the task's, else the job's, else 0 (Azure Batch 6.6). */
export function maxTaskRetryCountOf(job: Job, task: TaskRecord): number {
  return task.spec.maxTaskRetryCount ?? job.record.spec.maxTaskRetryCount;
}

function emitTaskEvent(
  engine: Engine,
  type: TaskEventType,
  job: Job,
  task: TaskRecord,
  nodeId: string,
  schedulingError: SchedulingError | null,
  systemTaskVersion = task.progress.systemTaskVersion,
): void {
  const { progress } = task;
  const ended = type === "TaskCompleteEvent" || type === "TaskFailEvent";
  engine.outcome.changes.events.push({
    sequence: nextSequence(engine),
    at: engine.now,
    type,
    jobId: job.record.spec.id,
    taskId: task.id,
    taskType: "User",
    systemTaskVersion,
    requiredSlots: slotsOf(task.spec),
    poolId: job.record.spec.poolId,
    nodeId,
    numberOfInstances: 1,
    maxTaskRetryCount: maxTaskRetryCountOf(job, task),
    retryCount: progress.retryCount,
    requeueCount: progress.requeueCount,
    startedAt: ended ? progress.startedAt : null,
    endedAt: ended ? progress.endedAt : null,
    exitCode: ended ? (progress.outcome?.exitCode ?? null) : null,
    schedulingError,
  });
}

/** The scheduler placed the task on a node. */
export function emitTaskStart(engine: Engine, job: Job, task: TaskRecord, nodeId: string): void {
  emitTaskEvent(engine, "TaskStartEvent", job, task, nodeId, null);
}

/** The task has completed, with this execution or none; a failure is announced in addition (Azure Batch 1). */
export function emitTaskEnd(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  execution?: ExecutionRecord,
): void {
  const nodeId = task.progress.nodeId ?? " ";
  // A canary that began later is not what the task ended with.
  const version = execution === undefined ? undefined : execution.ordinal - 1;
  emitTaskEvent(engine, "TaskCompleteEvent", job, task, nodeId, null, version);
  if (task.progress.outcome?.result === "failure") {
    emitTaskEvent(engine, "TaskFailEvent", job, task, nodeId, null, version);
  }
}

/** A placement failed and will be tried again later; bounded to one per task, code and node a minute. */
export function emitScheduleFail(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  nodeId: string,
  error: SchedulingError,
): void {
  const key = `${task.number}:${error.code}:${nodeId}`;
  const last = engine.scheduleFailures.get(key);
  if (last !== undefined && engine.now - last < SCHEDULE_FAIL_PERIOD_MS) return;
  engine.scheduleFailures.delete(key);
  engine.scheduleFailures.set(key, engine.now);
  if (engine.scheduleFailures.size > SCHEDULE_FAIL_MEMORY) {
    const oldest = engine.scheduleFailures.keys().next().value;
    if (oldest !== undefined) engine.scheduleFailures.delete(oldest);
  }
  emitTaskEvent(engine, "TaskScheduleFailEvent", job, task, nodeId, error);
}

/** A preparation or release ended (Azure Batch 1.7). */
export function emitSpecialTask(
  engine: Engine,
  job: Job,
  kind: "preparation" | "release",
  nodeId: string,
  instance: SpecialInstance & { state: "completed" },
): void {
  const spec = kind === "preparation" ? job.record.spec.preparation : job.record.spec.release;
  const failure = instance.failure;
  engine.outcome.changes.events.push({
    sequence: nextSequence(engine),
    at: engine.now,
    type: "SpecialTaskEvent",
    jobId: job.record.spec.id,
    poolId: job.record.spec.poolId,
    body: {
      jobId: job.record.spec.id,
      taskName: spec?.id ?? kind,
      taskType: kind === "preparation" ? "JobPrep" : "JobRelease",
      nodeInfo: { poolId: job.record.spec.poolId, nodeId },
      executionInfo: {
        ...(instance.startedAt === null ? {} : { startTime: isoTime(instance.startedAt) }),
        endTime: isoTime(instance.endedAt),
        ...(instance.exitCode === null ? {} : { exitCode: instance.exitCode }),
        result: instance.result,
        schedulingError:
          failure === null
            ? { details: [] }
            : {
                category: failure.category === "usererror" ? "UserError" : "ServerError",
                code: failure.code,
                message: failure.message,
                details: failure.details ?? [],
              },
      },
    },
  });
}

/** A command that a person runs inside an execution begins, or has ended. */
export function emitExec(engine: Engine, note: ExecNote): void {
  const { jobId, taskId, poolId, nodeId, execution, member, end } = note;
  engine.outcome.changes.events.push({
    sequence: nextSequence(engine),
    at: engine.now,
    type: end === null ? "ExecStartEvent" : "ExecEndEvent",
    jobId,
    poolId,
    body: {
      jobId,
      taskId,
      execution,
      ...(member === null ? {} : { member }),
      nodeInfo: { poolId, nodeId },
      sessionId: note.sessionId,
      user: note.user,
      command: note.command,
      terminal: note.hasTerminal,
      executionInfo: {
        startTime: isoTime(note.startedAt),
        ...(end === null ? {} : execEnd(end)),
      },
    },
  });
}

/** What became of runs of task definitions; `job` null: it is of no run. */
export function emitFleet(
  engine: Engine,
  type: FleetEventType,
  job: Job | null,
  body: Readonly<Record<string, unknown>>,
): void {
  const { id = null, poolId = "" } = job?.record.spec ?? {};
  engine.outcome.changes.events.push({
    sequence: nextSequence(engine),
    at: engine.now,
    type,
    jobId: id,
    poolId,
    body: id === null ? body : { jobId: id, ...body },
  });
}

/** A rolling run took a step. */
export function emitRolling(engine: Engine, job: Job, note: RollingNote): void {
  const { instanceNo, definitionId, until, reason, ...counts } = note;
  const { id, poolId } = job.record.spec;
  engine.outcome.changes.events.push({
    sequence: nextSequence(engine),
    at: engine.now,
    type: "RollingRunEvent",
    jobId: id,
    poolId,
    body: {
      jobId: id,
      taskInstanceNo: instanceNo,
      taskId: definitionId,
      ...counts,
      ...(until === null ? {} : { continueTime: isoTime(until) }),
      ...(reason === null ? {} : { reason }),
    },
  });
}

function execEnd({ endedAt, exitCode, reason }: NonNullable<ExecNote["end"]>) {
  return {
    endTime: isoTime(endedAt),
    ...(exitCode === null ? {} : { exitCode }),
    ...(reason === null ? {} : { reason }),
  };
}

/** What became of a version of a job of groups; `body` without the job's id. */
export function emitJobEvent(
  engine: Engine,
  type: "DeploymentEndEvent" | "DeploymentPromoteEvent" | "JobRevertEvent",
  { record: { spec } }: Job,
  body: Record<string, unknown>,
): void {
  engine.outcome.changes.events.push({
    sequence: nextSequence(engine),
    at: engine.now,
    type,
    jobId: spec.id,
    poolId: spec.poolId,
    body: { jobId: spec.id, ...body },
  });
}

type PoolEventType =
  | "PoolCreateEvent"
  | "PoolResizeStartEvent"
  | "PoolResizeCompleteEvent"
  | "PoolDeleteStartEvent"
  | "PoolDeleteCompleteEvent";

export function emitPoolEvent(
  engine: Engine,
  type: PoolEventType,
  pool: Pool,
  body: Record<string, unknown>,
): void {
  engine.outcome.changes.events.push({
    sequence: nextSequence(engine),
    at: engine.now,
    type,
    jobId: null,
    poolId: pool.record.spec.id,
    body: { id: pool.record.spec.id, ...body },
  });
}
