import { expect, test } from "bun:test";
import { newFleet } from "../../fleet/state.ts";
import type { JobSpec } from "../../model/job.ts";
import { emptyProgress, type NodeRecord } from "../../model/node.ts";
import type { NodeJobRecord, SpecialInstance } from "../../model/nodeJob.ts";
import type { PoolRecord } from "../../model/pool.ts";
import { newTaskProgress, type TaskProgress, type TaskRecord } from "../../model/task.ts";
import { checkJob } from "../../protocol/api/job.ts";
import { TASK_ADD, toTaskSpec } from "../../protocol/api/task.ts";
import { commandView, constraintsView } from "./command.ts";
import { nodeView } from "./node.ts";
import { poolView } from "./pool.ts";
import { preparationStatusView } from "./preparation.ts";
import { taskView } from "./task.ts";

const AT = Date.UTC(2026, 10, 21, 3, 20);
const TIME = "2026-11-21T03:20:00.000Z";

function specOf(body: Record<string, unknown>): JobSpec {
  const checked = checkJob({ id: "j", poolInfo: { poolId: "p" }, ...body });
  if (!checked.ok) throw new Error(checked.error.message);
  return checked.value.spec;
}

test("a command is shown as it was written", () => {
  const written = {
    commandLine: "/bin/true",
    resourceFiles: [
      { httpUrl: "https://h/a", filePath: "a", fileMode: "0644" },
      { serverPath: "b", filePath: "b", sha256: "0".repeat(64) },
      { content: "c", contentEncoding: "utf8", filePath: "c" },
    ],
    environmentSettings: [{ name: "A", value: "" }],
    userIdentity: { autoUser: { scope: "task", elevationLevel: "admin" } },
    resourceLimits: { memoryBytes: 1 },
  };
  const spec = toTaskSpec(TASK_ADD.parse({ id: "t", ...written }));
  expect(commandView(spec)).toEqual(written as ReturnType<typeof commandView>);
});

test("what is unlimited or a default is left out of constraints", () => {
  expect(constraintsView({}, undefined)).toEqual({});
  expect(constraintsView({ maxWallClockMs: 60_000, retentionMs: 0 }, -1)).toEqual({
    maxWallClockTime: "PT1M",
    retentionTime: "PT0S",
    maxTaskRetryCount: -1,
  });
});

const POOL: PoolRecord = {
  number: 1,
  spec: {
    id: "p",
    displayName: null,
    provider: "local",
    vmSize: "local",
    taskSlotsPerNode: 1,
    nodeFillType: "spread",
    resizeTimeoutMs: 900_000,
    targetDedicatedNodes: 2,
    accepts: ["batch"],
    metadata: [],
  },
  state: "active",
  stateAt: AT,
  createdAt: AT,
  lastModifiedAt: AT,
  etag: 1,
  resize: null,
  allocationStateAt: AT,
  resizeErrors: [{ code: "AllocationTimedout", message: "too late" }],
  deletedAt: null,
  nodesCreated: 0,
};

test("the errors of a resize are shown only while the pool is steady", () => {
  expect(poolView(POOL, 1)).toMatchObject({
    allocationState: "steady",
    resizeErrors: [{ code: "AllocationTimedout", message: "too late" }],
    currentDedicatedNodes: 1,
    targetDedicatedNodes: 2,
  });
  const resize = { startedAt: AT, timeoutMs: 1, option: "requeue", stopping: false } as const;
  const resizing = poolView({ ...POOL, resize }, 1);
  expect([resizing.allocationState, "resizeErrors" in resizing]).toEqual(["resizing", false]);
  const stopping = poolView({ ...POOL, resize: { ...resize, stopping: true } }, 1);
  expect(stopping.allocationState).toBe("stopping");
});

function taskOf(progress: Partial<TaskProgress>): TaskRecord {
  const spec = { commandLine: "x" };
  return {
    number: 1,
    id: "t",
    createdAt: AT,
    spec,
    progress: { ...newTaskProgress(AT), ...progress },
  };
}

const JOB = { jobId: "j", poolId: "p" };

test("a new task has counters and no previous state, node or result", () => {
  expect(taskView(taskOf({}), JOB)).toEqual({
    id: "t",
    url: "/api/v1/jobs/j/tasks/t",
    jobId: "j",
    creationTime: TIME,
    state: "active",
    stateTransitionTime: TIME,
    commandLine: "x",
    constraints: {},
    requiredSlots: 1,
    executionInfo: { retryCount: 0, requeueCount: 0, recoveryCount: 0 },
    systemTaskVersion: 0,
  });
});

test("a task between two runs shows none of the times of the last", () => {
  const counts = { retryCount: 1, recoveryCount: 2 };
  const task = taskOf({ startedAt: AT, endedAt: AT, lastRetryAt: AT, ...counts });
  expect(taskView(task, JOB).executionInfo).toEqual({
    retryCount: 1,
    lastRetryTime: TIME,
    requeueCount: 0,
    recoveryCount: 2,
  });
});

const RUNNING: SpecialInstance = {
  state: "running",
  execution: 1,
  accepted: true,
  assignedAt: AT,
  startedAt: AT,
  retryCount: 1,
  lastRetryAt: AT,
  stopping: false,
};
const FAILED: SpecialInstance = {
  state: "completed",
  execution: 2,
  result: "failure",
  exitCode: 3,
  failure: { category: "usererror", code: "FailureExitCode", message: "It ended with 3." },
  startedAt: AT,
  endedAt: AT + 1000,
  retryCount: 0,
  lastRetryAt: null,
  bootId: "b",
  output: null,
};
const NODE_JOB: NodeJobRecord = {
  node: 1,
  job: 1,
  poolId: "p",
  nodeId: "n",
  ranTask: true,
  preparation: RUNNING,
  release: null,
  removal: null,
};
const SPECIAL = {
  jobPreparationTask: { commandLine: "x" },
  jobReleaseTask: { commandLine: "x", id: "cleanUp" },
};

test("a preparation that runs has no end, and its release is absent", () => {
  expect(preparationStatusView(NODE_JOB, specOf(SPECIAL))).toEqual({
    poolId: "p",
    nodeId: "n",
    nodeUrl: "/api/v1/nodes/n",
    jobPreparationTaskExecutionInfo: {
      startTime: TIME,
      state: "running",
      taskRootDirectory: "workitems/j/job-1/jobpreparation",
      taskRootDirectoryUrl: "/api/v1/nodes/n/files/workitems/j/job-1/jobpreparation",
      retryCount: 1,
      lastRetryTime: TIME,
    },
  });
});

test("a release that failed says how, and has no retries", () => {
  const status = preparationStatusView({ ...NODE_JOB, release: FAILED }, specOf(SPECIAL));
  expect(status?.jobReleaseTaskExecutionInfo).toEqual({
    startTime: TIME,
    endTime: "2026-11-21T03:20:01.000Z",
    state: "completed",
    taskRootDirectory: "workitems/j/job-1/cleanUp",
    taskRootDirectoryUrl: "/api/v1/nodes/n/files/workitems/j/job-1/cleanUp",
    exitCode: 3,
    failureInfo: { category: "usererror", code: "FailureExitCode", message: "It ended with 3." },
    result: "failure",
  });
});

test("a node where neither has run is not listed", () => {
  expect(preparationStatusView({ ...NODE_JOB, preparation: null }, specOf(SPECIAL))).toBeNull();
});

const NODE: NodeRecord = {
  number: 1,
  guid: "g",
  id: "n",
  pool: 1,
  provided: true,
  life: "creating",
  lifeAt: AT,
  contact: "away",
  contactAt: AT,
  schedulingState: "enabled",
  disableOption: null,
  fleetStatus: "enable",
  slots: 1,
  bootId: null,
  bootAt: null,
  createdAt: AT,
  facts: null,
  option: null,
  orderIssued: false,
  rebootBy: null,
  errors: [],
};

test("a node that never connected was never heard", () => {
  const facts = { state: "creating", poolId: "p", vmSize: "v", usedByGroups: null } as const;
  const figures = { ...facts, runningTasksCount: 0, runningTaskSlotsCount: 0 };
  const view = (bootId: string | null) =>
    nodeView(newFleet(), { ...figures, record: { ...NODE, bootId }, progress: emptyProgress() });
  expect(view(null).contactTime).toBeUndefined();
  expect(view("b").contactTime).toBe(TIME);
});

test("a node that waits to be rebooted says by which option, and until when", () => {
  const facts = { state: "rebooting", poolId: "p", vmSize: "v", usedByGroups: null } as const;
  const figures = { ...facts, runningTasksCount: 0, runningTaskSlotsCount: 0 };
  const progress = { ...emptyProgress(), retainedUntil: AT };
  const view = (order: Partial<NodeRecord>) =>
    nodeView(newFleet(), { ...figures, record: { ...NODE, ...order }, progress });
  const option = "retaineddata";
  expect(view({ option })).toMatchObject({ nodeDeallocationOption: option, retainedUntil: TIME });
  expect(view({ option, orderIssued: true }).retainedUntil).toBeUndefined();
  expect(view({}).nodeDeallocationOption).toBeUndefined();
});
