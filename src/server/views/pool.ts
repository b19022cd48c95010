import { formatDuration } from "../../model/duration.ts";
import type { PoolRecord } from "../../model/pool.ts";
import { isoTime } from "../../model/time.ts";
import type { Pool } from "../../protocol/api/answer/pool.ts";
import { present } from "./present.ts";
import { poolUrl } from "./url.ts";

function allocationState(pool: PoolRecord): Pool["allocationState"] {
  if (pool.resize === null) return "steady";
  return pool.resize.stopping ? "stopping" : "resizing";
}

export function poolView(pool: PoolRecord, currentDedicatedNodes: number): Pool {
  const { spec } = pool;
  const errors = pool.resizeErrors.map(({ code, message }) => ({ code, message }));
  const hasErrors = pool.resize === null && errors.length > 0;
  return {
    id: spec.id,
    url: poolUrl(spec.id),
    ...present({ displayName: spec.displayName }),
    provider: spec.provider,
    vmSize: spec.vmSize,
    eTag: String(pool.etag),
    creationTime: isoTime(pool.createdAt),
    lastModified: isoTime(pool.lastModifiedAt),
    state: pool.state,
    stateTransitionTime: isoTime(pool.stateAt),
    allocationState: allocationState(pool),
    allocationStateTransitionTime: isoTime(pool.allocationStateAt),
    resizeTimeout: formatDuration(spec.resizeTimeoutMs),
    ...(hasErrors ? { resizeErrors: errors } : {}),
    currentDedicatedNodes,
    targetDedicatedNodes: spec.targetDedicatedNodes,
    taskSlotsPerNode: spec.taskSlotsPerNode,
    taskSchedulingPolicy: { nodeFillType: spec.nodeFillType },
    accepts: [...spec.accepts],
    metadata: [...spec.metadata],
  };
}
