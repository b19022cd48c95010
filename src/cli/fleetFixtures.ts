import type { Definition } from "../protocol/api/answer/definition.ts";
import type { InstanceNode } from "../protocol/api/answer/instance.ts";
import { TIME } from "./fixtures.ts";

/** Answers of the API on fleet runs, for tests. */

export function aDefinition(changes: Partial<Definition> = {}): Definition {
  return {
    id: "diskusage",
    revision: 1,
    runningRevision: 1,
    ownerId: "bumbee",
    description: "disks of all",
    script: { name: "disk.sh", sha256: "a".repeat(64), sizeBytes: 12 },
    osUser: "root",
    byScheduler: "enable",
    byOnDemand: "enable",
    byTask: "disable",
    nextTaskId: "cleanup",
    startWithin: "PT5M",
    asksAgain: false,
    approval: {
      status: "approved",
      approverId: "oprim",
      requestReason: "first",
      updateTime: TIME,
    },
    schedules: [
      {
        id: "yearly01",
        cycle: "yearly",
        value: "01/01 01:20",
        text: "yearly01(yearly, */01/01 01:20)",
        timeZone: "Asia/Seoul",
        status: "enable",
        nextTimes: [],
      },
      {
        id: "often",
        cycle: "cron",
        value: "*/5 * * * *",
        text: "often(cron, */5 * * * *)",
        timeZone: "UTC",
        status: "disable",
        nextTimes: [],
      },
    ],
    runners: [
      { id: "oprim", kind: "user" },
      { id: "ops", kind: "user-group" },
    ],
    targets: [
      { id: "linux01", kind: "node" },
      { id: "linux_tomcat", kind: "node-group" },
    ],
    creationTime: TIME,
    createdBy: "bumbee",
    updateTime: TIME,
    updatedBy: "bumbee",
    ...changes,
  };
}

export function anInstanceNode(nodeId: string, changes: Partial<InstanceNode> = {}): InstanceNode {
  return {
    nodeId,
    execNo: 1,
    status: "complete",
    startTime: TIME,
    endTime: TIME,
    createdBy: "bumbee(user)",
    result: "success",
    exitCode: 0,
    ...changes,
  };
}

/** Sent, and not ended yet. */
export function aRunningNode(nodeId: string): InstanceNode {
  return {
    nodeId,
    execNo: 1,
    status: "request",
    startTime: TIME,
    createdBy: "bumbee(user)",
    result: "N/A",
  };
}

/** Whose script was never run. */
export function aFailedNode(nodeId: string, reason: string): InstanceNode {
  return {
    nodeId,
    execNo: 1,
    status: "fail",
    createdBy: "bumbee(user)",
    result: "fail",
    reason,
  };
}

/** Whose script was not sent yet. */
export function aReadyNode(nodeId: string): InstanceNode {
  return { nodeId, execNo: 1, status: "ready", createdBy: "bumbee(user)", result: "N/A" };
}
