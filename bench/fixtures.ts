import type { JobSpec } from "../src/model/job.ts";
import type { PoolSpec } from "../src/model/pool.ts";

/** A pool whose nodes join by themselves. */
export function poolSpec(id: string, slots: number): PoolSpec {
  return {
    id,
    displayName: null,
    provider: "none",
    vmSize: "none",
    taskSlotsPerNode: slots,
    nodeFillType: "spread",
    resizeTimeoutMs: 900_000,
    targetDedicatedNodes: 0,
    accepts: ["batch"],
    metadata: [],
  };
}

export function jobSpec(id: string, poolId: string): JobSpec {
  return {
    id,
    type: "batch",
    displayName: null,
    priority: 0,
    maxParallelTasks: -1,
    onAllTasksComplete: "noaction",
    maxWallClockMs: null,
    maxTaskRetryCount: 0,
    poolId,
    preparation: null,
    release: null,
    commonEnvironmentSettings: [],
    metadata: [],
  };
}

export const NODE_FACTS = {
  agentVersion: "bench",
  hostname: "bench",
  os: "linux",
  ipAddress: "127.0.0.1",
  cores: 2,
  memoryBytes: 1,
  canReboot: false,
};
