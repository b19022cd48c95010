import type { DocumentEvent, TaskEvent, TaskEventType } from "../../model/event.ts";
import type { ExecutionRecord, ExecutionResult } from "../../model/execution.ts";
import { jobOfTask, taskNumberOf } from "../../model/id.ts";
import { emptyCounts, type JobRecord } from "../../model/job.ts";
import type { NodeRecord } from "../../model/node.ts";
import type { NodeJobRecord } from "../../model/nodeJob.ts";
import type { PoolRecord } from "../../model/pool.ts";
import { newTaskProgress, type TaskProgress, type TaskRecord } from "../../model/task.ts";

/** Records with every field set to something, so that a field that a store drops is seen. */

export const T0 = 1_760_000_000_000;

export function pool(number: number, id: string): PoolRecord {
  return {
    number,
    spec: {
      id,
      displayName: "Pool é 漢",
      provider: "local",
      vmSize: "small",
      taskSlotsPerNode: 4,
      nodeFillType: "pack",
      resizeTimeoutMs: 900_000,
      targetDedicatedNodes: 2,
      accepts: ["batch"],
      metadata: [{ name: "team", value: "a" }],
    },
    state: "active",
    stateAt: T0,
    createdAt: T0,
    lastModifiedAt: T0,
    etag: 1,
    resize: { startedAt: T0, timeoutMs: 900_000, option: "invalid", stopping: false },
    allocationStateAt: T0,
    resizeErrors: [{ code: "Unknown", message: "none" }],
    deletedAt: null,
    nodesCreated: 2,
  };
}

export function node(number: number, id: string, inPool = 1): NodeRecord {
  return {
    number,
    guid: `guid-${number}`,
    id,
    pool: inPool,
    provided: true,
    life: "joined",
    lifeAt: T0,
    contact: "connected",
    contactAt: T0,
    schedulingState: "enabled",
    disableOption: null,
    fleetStatus: "enable",
    slots: 4,
    bootId: "boot",
    bootAt: T0,
    createdAt: T0,
    facts: null,
    option: null,
    orderIssued: false,
    rebootBy: null,
    errors: [],
  };
}

export function job(number: number, id: string, poolId = "Default"): JobRecord {
  return {
    number,
    spec: {
      id,
      type: "batch",
      displayName: null,
      priority: 5,
      maxParallelTasks: -1,
      onAllTasksComplete: "noaction",
      maxWallClockMs: null,
      maxTaskRetryCount: 3,
      poolId,
      preparation: null,
      release: null,
      commonEnvironmentSettings: [{ name: "A", value: "1\n\u0000\u{1f600}" }],
      metadata: [],
    },
    state: "active",
    stateAt: T0,
    previousState: null,
    previousStateAt: null,
    createdAt: T0,
    lastModifiedAt: T0,
    etag: 1,
    disableTasks: null,
    ending: null,
    terminateReason: null,
    endedAt: null,
    schedulingError: null,
    nextOrdinal: 1,
  };
}

/** The work of a task instance, with tasks that wait for the nodes of their own numbers. */
export function fleetRun(
  number: number,
  count: number,
): { record: JobRecord; tasks: TaskRecord[] } {
  const { spec, ...rest } = job(number, `run-${number}`);
  const script = { name: "a.sh", sha256: "0".repeat(64), sizeBytes: 3, words: [] };
  const run = {
    instanceNo: 71,
    definitionId: "diskusage",
    revision: 2,
    script,
    arguments: ["; rm", "\n"],
    osUser: null,
    startWithinMs: 60_000,
    nodeTimeoutMs: null,
  };
  const tasks = Array.from({ length: count }, (_, index) => ({
    ...task(number, index + 1),
    spec: { commandLine: "", target: { node: index + 1, nodeId: "n", attributes: { KEY: "é" } } },
  }));
  return { record: { ...rest, spec: { ...spec, type: "fleet", run } }, tasks };
}

export function jobProgress(ofJob: number, firstOrdinal = 1) {
  const counts = { ...emptyCounts(), active: 7, succeededSlots: 3 };
  return { counts, firstActive: taskNumberOf(ofJob, firstOrdinal) };
}

export function task(ofJob: number, ordinal: number, id = `task-${ordinal}`): TaskRecord {
  return {
    number: taskNumberOf(ofJob, ordinal),
    id,
    createdAt: T0 + ordinal,
    spec: { commandLine: `echo ${ordinal} "é 漢"`, maxWallClockMs: 5000 },
    progress: newTaskProgress(T0 + ordinal),
  };
}

export function running(of: TaskRecord, onNode: number, inExecution: number): TaskProgress {
  return {
    ...of.progress,
    state: "running",
    stateAt: T0 + 1000,
    previousState: "active",
    previousStateAt: of.createdAt,
    systemTaskVersion: of.progress.systemTaskVersion + 1,
    startedAt: T0 + 1000,
    endedAt: null,
    node: onNode,
    nodeId: `node-${onNode}`,
    execution: inExecution,
    outcome: null,
  };
}

export function completed(progress: TaskProgress, exitCode: number): TaskProgress {
  const failure = {
    category: "usererror",
    code: "FailureExitCode",
    message: `It ended with ${exitCode}.`,
    details: [{ name: "exitCode", value: String(exitCode) }],
  } as const;
  return {
    ...progress,
    state: "completed",
    stateAt: T0 + 2000,
    previousState: progress.state,
    previousStateAt: progress.stateAt,
    retryCount: 1,
    requeueCount: 2,
    recoveryCount: 3,
    lastRetryAt: T0 + 10,
    lastRequeueAt: T0 + 20,
    endedAt: T0 + 2000,
    outcome:
      exitCode === 0
        ? { result: "success", exitCode, failure: null }
        : { result: "failure", exitCode, failure },
    deleting: exitCode === 99,
  };
}

/** Back in the queue after it ran. */
export function requeued(progress: TaskProgress): TaskProgress {
  const { state: previousState, stateAt: previousStateAt } = progress;
  const requeueCount = progress.requeueCount + 1;
  const stateAt = T0 + 1500;
  return { ...progress, state: "active", stateAt, previousState, previousStateAt, requeueCount };
}

export const RESULT: ExecutionResult = {
  processes: [
    {
      member: "main",
      number: 1,
      outcome: { state: "killed", signal: 9, reason: "wallClock" },
      startedAt: T0,
      endedAt: T0 + 5,
      peakMemoryBytes: 4096,
      cpuMs: 1,
    },
  ],
  outcome: { state: "exited", exitCode: 0 },
  startedAt: T0,
  endedAt: T0 + 5,
  stdout: { sizeBytes: 3, droppedBytes: 0, place: { kind: "inline", base64: "aGkK" } },
  stderr: { sizeBytes: 9999, droppedBytes: 7, place: { kind: "node" } },
};

export function execution(
  number: number,
  ofTask: number,
  change: Partial<ExecutionRecord> = {},
): ExecutionRecord {
  return {
    number,
    job: jobOfTask(ofTask),
    task: ofTask,
    ordinal: 1,
    nodes: [1],
    nodeId: "node-1",
    state: "running",
    stopReason: null,
    keepDirectory: false,
    assignedAt: T0 + 1000,
    startedAt: T0 + 1001,
    endedAt: null,
    result: null,
    ...change,
  };
}

export function nodeJob(ofNode: number, ofJob: number, nodeId = `node-${ofNode}`): NodeJobRecord {
  return {
    node: ofNode,
    job: ofJob,
    poolId: "default",
    nodeId,
    ranTask: true,
    preparation: null,
    release: null,
    removal: null,
  };
}

export function taskEvent(
  sequence: number,
  type: TaskEventType,
  change: Partial<TaskEvent> = {},
): TaskEvent {
  return {
    sequence,
    at: T0 + sequence,
    type,
    jobId: "Job",
    taskId: "Task-1",
    taskType: "User",
    systemTaskVersion: 1,
    requiredSlots: 2,
    poolId: "Pool",
    nodeId: " ",
    numberOfInstances: 3,
    maxTaskRetryCount: -1,
    retryCount: 4,
    requeueCount: 5,
    startedAt: null,
    endedAt: null,
    exitCode: null,
    schedulingError: null,
    ...change,
  };
}

export function poolEvent(sequence: number, poolId: string): DocumentEvent {
  const body = { id: poolId, deep: { list: [1, "two", null] } };
  return { sequence, at: T0 + sequence, type: "PoolCreateEvent", jobId: null, poolId, body };
}
