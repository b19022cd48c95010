import type {
  Allocation,
  AllocationStub,
  GroupsStatus,
  Plan,
} from "../protocol/api/answer/group.ts";
import type { Node } from "../protocol/api/answer/node.ts";
import { TIME } from "./fixtures.ts";

/** Answers of the API about jobs of groups, for tests. */

/** 25 seconds after the tests' now. */
export const SOON = "2026-11-21T04:00:25.000Z";
export const ALLOCATION_ID = "3c6e8bbf-2f74-519b-2279-6f76157e6d69";
export const EARLIER_ID = "9e3645df-0000-4000-8000-000000000001";

export function aDeployment(
  changes: Partial<NonNullable<GroupsStatus["deployment"]>> = {},
): NonNullable<GroupsStatus["deployment"]> {
  const update = {
    autoRevert: true,
    autoPromote: false,
    promoted: false,
    canaries: 0,
    canariesHealthy: 0,
  };
  const group = { group: "cache", ...update, desired: 2, placed: 2 };
  return {
    id: "7-1",
    version: 1,
    status: "running",
    description: "Deployment is running",
    createTime: TIME,
    waitsForPromotion: false,
    groups: [{ ...group, healthy: 1, unhealthy: 1, progressBy: SOON }],
    ...changes,
  };
}

export function aGroupsStatus(changes: Partial<GroupsStatus> = {}): GroupsStatus {
  return {
    jobId: "example",
    name: "example",
    type: "service",
    priority: 50,
    status: "running",
    isStopped: false,
    version: 1,
    modifyIndex: 2,
    stable: false,
    promotions: [],
    submitTime: TIME,
    datacenters: ["dc1", "dc2"],
    namespace: "default",
    region: "global",
    poolId: "default",
    periodic: false,
    parameterized: false,
    summary: [
      {
        group: "cache",
        queued: 1,
        starting: 0,
        running: 1,
        failed: 1,
        complete: 0,
        lost: 0,
        unknown: 0,
      },
    ],
    waiting: [],
    restarts: [],
    ...changes,
  };
}

export function aStub(changes: Partial<AllocationStub> = {}): AllocationStub {
  return {
    id: ALLOCATION_ID,
    execution: 7,
    name: "example.cache[0]",
    jobId: "example",
    taskId: "example.cache[0]",
    group: "cache",
    nodeId: "n1",
    version: 1,
    desired: "run",
    canary: false,
    status: "failed",
    createTime: TIME,
    modifyTime: "2026-11-21T03:59:58.000Z",
    ...changes,
  };
}

export function aMember(
  changes: Partial<Allocation["members"][number]> = {},
): Allocation["members"][number] {
  return {
    name: "redis",
    state: "pending",
    failed: false,
    driver: "docker",
    restarts: 1,
    lastRestartTime: TIME,
    startTime: TIME,
    nextTime: SOON,
    restartPolicy: "2 attempts in 30m0s, 15s apart, then fail",
    resources: { cpuMhz: 500, cores: 0, memoryMb: 256, diskMb: 300 },
    volumes: [{ source: "data[0]", destination: "/var/lib/redis", readOnly: false }],
    events: [
      { type: "Started", time: TIME, description: "Task started by client" },
      { type: "Terminated", time: TIME, description: "Exit Code: 1" },
      { type: "Restarting", time: TIME, description: "Task restarting in 16.2s" },
    ],
    ...changes,
  };
}

export function anAllocation(changes: Partial<Allocation> = {}): Allocation {
  return {
    ...aStub(),
    description: "",
    datacenter: "dc1",
    nodeGuid: "guid-1",
    members: [aMember()],
    ports: [{ label: "db", address: "10.0.0.7", port: 25500, to: 6379, dynamic: true }],
    checks: [
      {
        service: "redis-cache",
        member: "redis",
        check: "alive",
        status: "failure",
        time: TIME,
        output: "dial tcp 10.0.0.7:25500: connection refused",
      },
    ],
    deploymentId: "1-1",
    health: { healthy: false, time: TIME, reason: "Unhealthy because of failed task" },
    previousAllocation: EARLIER_ID,
    reschedulePolicy: "2 attempts in 10m0s with constant delay 30s",
    rescheduleAttempts: 1,
    rescheduleAttemptsMax: 2,
    rescheduled: [{ time: TIME, allocation: EARLIER_ID, nodeId: "n2", delayMs: 30_000 }],
    decision: "Rescheduled after 30s, attempt 2 of 2 in interval 10m0s",
    actsAt: SOON,
    scores: [
      { nodeId: "n1", scores: { binpack: 0.0761234, "job-anti-affinity": 0 }, final: 0.0761 },
    ],
    ...changes,
  };
}

export function aPlan(changes: Partial<Plan> = {}): Plan {
  return {
    jobId: "web",
    isChange: true,
    modifyIndex: 4,
    diff: [
      '+/- Job: "web"',
      '+/- Task Group: "a" (1 create, 2 in-place update)',
      '  +/- Count: "2" => "3" (forces create)',
      '      Task: "t"',
    ],
    groups: [
      {
        group: "a",
        create: 1,
        destructive: 0,
        inPlace: 2,
        canary: 0,
        stop: 0,
        ignore: 0,
        placements: [
          {
            taskId: "web.a[2]",
            nodeId: "n1",
            score: 0.0761,
            elsewhere: [{ nodeId: "n2", reason: "It would do, with score -0.427." }],
          },
        ],
        reasons: [],
      },
    ],
    warnings: [],
    ...changes,
  };
}

export function aGroupNode(changes: Partial<Node> = {}): Node {
  return {
    id: "n1",
    guid: "guid-1",
    url: "/api/v1/nodes/n1",
    poolId: "default",
    state: "idle",
    stateTransitionTime: TIME,
    schedulingState: "enabled",
    fleetStatus: "enable",
    contact: "connected",
    contactTime: TIME,
    isDedicated: true,
    provided: true,
    affinityId: "n1",
    vmSize: "local",
    taskSlots: 4,
    allocationTime: TIME,
    hostname: "alpha",
    totalTasksRun: 0,
    totalTasksSucceeded: 0,
    runningTasksCount: 0,
    runningTaskSlotsCount: 0,
    datacenter: "dc1",
    nodeClass: "large",
    meta: { rack: "r1" },
    attributes: { "kernel.name": "linux", "cpu.numcores": "2" },
    drivers: {
      raw_exec: { detected: true, healthy: true, description: "Healthy" },
      docker: { detected: false, healthy: false, description: "There is no socket." },
    },
    hostVolumes: { data: { path: "/srv/data", readOnly: false } },
    groupResources: { cpuMhz: 2000, memoryMb: 4096, diskMb: 9000 },
    usedByGroups: { cpuMhz: 500, memoryMb: 256, diskMb: 300 },
    ...changes,
  };
}
