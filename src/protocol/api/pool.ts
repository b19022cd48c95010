import { z } from "@hono/zod-openapi";
import {
  POOL_NODES_MAX,
  REMOVE_NODES_MAX,
  RESIZE_TIMEOUT_DEFAULT_MS,
  RESIZE_TIMEOUT_MIN_MS,
  TASK_SLOTS_MAX,
} from "../../model/limits.ts";
import type { PoolSpec, ProviderName } from "../../model/pool.ts";
import { type Checked, check } from "./check.ts";
import {
  DISPLAY_NAME,
  duration,
  ID,
  integer,
  METADATA,
  milliseconds,
  oneOf,
  record,
  text,
  where,
} from "./field.ts";

const VM_SIZE_MAX_LENGTH = 256;

export const PROVIDER = oneOf(["local", "none"]);
export const WORK_KIND = oneOf(["fleet", "batch", "groups"]);
export const NODE_FILL_TYPE = oneOf(["spread", "pack"]);
export const DEALLOCATION_OPTION = oneOf([
  "requeue",
  "terminate",
  "taskcompletion",
  "retaineddata",
]);
export const TARGET_NODES = integer(0, POOL_NODES_MAX);
export const RESIZE_TIMEOUT = duration(RESIZE_TIMEOUT_MIN_MS, Number.MAX_SAFE_INTEGER, {
  code: "InvalidPropertyValue",
  expected: "a duration of at least PT5M",
});
const ACCEPTS = where(z.array(WORK_KIND), (kinds) => new Set(kinds).size === kinds.length, {
  code: "InvalidPropertyValue",
  expected: "each of fleet, batch and groups at most once",
});

/** A pool to create. */
export const POOL_ADD = record({
  id: ID,
  displayName: DISPLAY_NAME.optional(),
  provider: PROVIDER.optional(),
  vmSize: text(VM_SIZE_MAX_LENGTH).optional(),
  targetDedicatedNodes: TARGET_NODES.optional(),
  taskSlotsPerNode: integer(1, TASK_SLOTS_MAX).optional(),
  taskSchedulingPolicy: record({ nodeFillType: NODE_FILL_TYPE }).optional(),
  resizeTimeout: RESIZE_TIMEOUT.optional(),
  accepts: ACCEPTS.optional(),
  metadata: METADATA.optional(),
}).openapi("PoolAdd");
export type PoolAdd = z.output<typeof POOL_ADD>;

export const POOL_PATCH = record({
  displayName: DISPLAY_NAME.nullable().optional(),
  taskSchedulingPolicy: record({ nodeFillType: NODE_FILL_TYPE }).optional(),
  accepts: ACCEPTS.optional(),
  metadata: METADATA.optional(),
}).openapi("PoolPatch");
export type PoolPatchBody = z.output<typeof POOL_PATCH>;

export const POOL_RESIZE = record({
  targetDedicatedNodes: TARGET_NODES,
  nodeDeallocationOption: DEALLOCATION_OPTION.optional(),
  resizeTimeout: RESIZE_TIMEOUT.optional(),
}).openapi("PoolResize");

const NODE_ID_MAX_LENGTH = 64;
export const NODES_REMOVE = record({
  nodeList: where(
    z.array(text(NODE_ID_MAX_LENGTH)),
    (nodes) => nodes.length > 0 && nodes.length <= REMOVE_NODES_MAX,
    { code: "InvalidPropertyValue", expected: `1 to ${REMOVE_NODES_MAX} node ids` },
  ),
  nodeDeallocationOption: DEALLOCATION_OPTION.optional(),
  resizeTimeout: RESIZE_TIMEOUT.optional(),
}).openapi("NodesRemove");

/** What the server fills in where a pool does not say. */
export interface PoolDefaults {
  readonly provider: ProviderName;
}

/** Reads the body of POST pools. */
export function checkPool(body: unknown, defaults: PoolDefaults): Checked<PoolSpec> {
  const parsed = check(POOL_ADD, body);
  return parsed.ok ? { ok: true, value: toPoolSpec(parsed.value, defaults) } : parsed;
}

/** The spec of a checked pool with every default filled in. */
export function toPoolSpec(pool: PoolAdd, defaults: PoolDefaults): PoolSpec {
  const provider = pool.provider ?? defaults.provider;
  const { resizeTimeout } = pool;
  return {
    id: pool.id,
    displayName: pool.displayName ?? null,
    provider,
    vmSize: pool.vmSize ?? provider,
    taskSlotsPerNode: pool.taskSlotsPerNode ?? 1,
    nodeFillType: pool.taskSchedulingPolicy?.nodeFillType ?? "spread",
    resizeTimeoutMs:
      resizeTimeout === undefined ? RESIZE_TIMEOUT_DEFAULT_MS : milliseconds(resizeTimeout),
    targetDedicatedNodes: pool.targetDedicatedNodes ?? 0,
    accepts: pool.accepts ?? ["fleet", "batch", "groups"],
    metadata: pool.metadata ?? [],
  };
}

/** What a PATCH changes; see PoolPatch of the engine. */
export interface PoolChanges {
  readonly displayName?: string | null;
  readonly metadata?: PoolSpec["metadata"];
  readonly accepts?: PoolSpec["accepts"];
  readonly nodeFillType?: PoolSpec["nodeFillType"];
}

export function toPoolPatch(patch: PoolPatchBody): PoolChanges {
  const { displayName, metadata, accepts, taskSchedulingPolicy } = patch;
  return {
    ...(displayName === undefined ? {} : { displayName }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(accepts === undefined ? {} : { accepts }),
    ...(taskSchedulingPolicy === undefined
      ? {}
      : { nodeFillType: taskSchedulingPolicy.nodeFillType }),
  };
}
