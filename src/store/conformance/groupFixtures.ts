import type { ExecutionRecord } from "../../model/execution.ts";
import type { GroupsSpec } from "../../model/group.ts";
import type { CanaryProgress, Deployment } from "../../model/groupJob.ts";
import { jobOfTask } from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import type { TaskRecord } from "../../model/task.ts";
import { job, T0, task } from "./fixtures.ts";

const FAILURE = { group: "web", taskId: "Groups.web[0]", allocationId: null, message: "It waits" };

const DEPLOYMENT: Deployment = {
  id: "1-3",
  version: 3,
  status: "running",
  description: "Deployment is running",
  failure: null,
  createdAt: T0,
  endedAt: null,
  groups: {
    web: {
      desired: 2,
      placed: 2,
      healthy: 1,
      unhealthy: 1,
      autoRevert: true,
      progressBy: T0 + 1,
      canaries: 1,
      autoPromote: true,
      promoted: false,
      keepsVersion: 2,
      fault: FAILURE,
    },
  },
};

/** A job of groups with two tasks, of which the first runs. */
export function groups(number: number, executionNumber: number) {
  const base = job(number, "Groups");
  const record: JobRecord = {
    ...base,
    spec: { ...base.spec, type: "service", groups: GROUPS },
    groups: {
      version: 3,
      modifyIndex: 5,
      submittedAt: T0,
      stable: true,
      reverted: { from: 2, to: 1, by: "alice", failure: null },
      promotions: [{ groups: ["web"], by: null, at: T0 + 4 }],
      history: [
        {
          version: 2,
          spec: { ...base.spec, groups: GROUPS },
          submittedAt: T0,
          stable: false,
          reverted: { from: 1, to: 0, by: null, failure: FAILURE },
          promotions: [],
        },
      ],
      deployment: DEPLOYMENT,
      parentJobId: "parent",
      payload: "aGk=",
      meta: { who: "me" },
      nextLaunchAt: T0 + 2,
      lastBatchAt: T0 + 3,
      lastChildSecond: 7,
    },
  };
  const tasks = [0, 1].map((index): TaskRecord => {
    const plain = task(number, index + 1);
    return {
      ...plain,
      id: `Groups.web[${index}]`,
      spec: { commandLine: "", place: { group: "web", index } },
      progress: {
        ...plain.progress,
        state: index === 0 ? "running" : "active",
        group: {
          rescheduled: [{ at: T0, execution: 5, node: "node", delayMs: 30_000 }],
          actsAt: T0 + 3,
          decision: "Rescheduled",
          original: 6,
          canary: CANARY,
          previous: 5,
          delayMs: 60_000,
          ranVersion: 3,
          boundTo: 1,
        },
      },
    };
  });
  const [first] = tasks;
  if (first === undefined) throw new Error("no task");
  return { record, tasks, execution: groupExecution(first, executionNumber) };
}

const CANARY: CanaryProgress = {
  version: 3,
  state: "waiting",
  execution: 7,
  node: 1,
  nodeId: "node",
  rescheduled: [{ at: T0, execution: 7, node: "node", delayMs: 5_000 }],
  actsAt: T0 + 4,
  decision: "Rescheduled, too",
  previous: 7,
  delayMs: 5_000,
};

function groupExecution({ number }: TaskRecord, executionNumber: number): ExecutionRecord {
  return {
    number: executionNumber,
    job: jobOfTask(number),
    task: number,
    ordinal: 1,
    nodes: [1],
    nodeId: "node",
    keepDirectory: false,
    state: "unknown",
    stopReason: "replaced",
    assignedAt: T0,
    startedAt: T0,
    endedAt: null,
    result: null,
    allocation: {
      id: "0123abcd",
      index: 0,
      version: 3,
      resources: { cpuMhz: 500, cores: 0, memoryMb: 256, diskMb: 300 },
      ports: [{ label: "http", value: 20_001, to: 80, hostIp: "10.0.0.1" }],
      previous: 5,
      rescheduled: [],
      canary: true,
      desired: "stop",
      description: "why",
      state: { status: "running", members: [], checks: [], health: null },
      modifiedAt: T0,
      unknownAt: T0,
      scores: [{ nodeId: "node", scores: { binpack: 0.5 }, final: 0.5 }],
    },
  };
}

const GROUPS: GroupsSpec = {
  name: "Groups",
  region: "global",
  namespace: "default",
  datacenters: ["*"],
  allAtOnce: false,
  meta: {},
  constraints: [],
  affinities: [],
  spreads: [],
  periodic: null,
  parameterized: null,
  groups: [],
};
