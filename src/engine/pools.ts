import { foldId } from "../model/id.ts";
import type { PoolSpec } from "../model/pool.ts";
import { FreeSlots } from "../placement/freeSlots.ts";
import { emitPoolEvent } from "./emit.ts";
import type { PoolPatch, Reply } from "./input.ts";
import { refuse } from "./nodes.ts";
import { savePool } from "./record.ts";
import { startResize } from "./resize.ts";
import { poolOf, wait, wakePool } from "./ring.ts";
import type { Engine, Pool } from "./state.ts";

export function findPool(engine: Engine, id: string): Pool | Reply {
  const number = engine.poolsById.get(foldId(id));
  const pool = number === undefined ? undefined : engine.pools.get(number);
  if (pool !== undefined) return pool;
  return refuse(
    "PoolNotFound",
    `There is no pool ${id}.`,
    "Create it, or list the pools for their ids.",
  );
}

export function addPool(engine: Engine, record: Pool["record"]): Pool {
  const pool: Pool = {
    record,
    nodes: new Set(),
    free: new FreeSlots(),
    levels: [],
    candidates: null,
  };
  engine.pools.set(record.number, pool);
  engine.poolsById.set(foldId(record.spec.id), record.number);
  return pool;
}

export function createPool(engine: Engine, spec: PoolSpec): Reply {
  if (engine.poolsById.has(foldId(spec.id))) {
    return refuse(
      "PoolExists",
      `There is a pool ${spec.id} already.`,
      "Choose another id, or use that pool.",
      "id",
    );
  }
  if (spec.provider === "none" && spec.targetDedicatedNodes > 0) {
    return refuse(
      "OperationNotValidOnPool",
      `Expected targetDedicatedNodes 0 for a pool whose nodes join by themselves, got ${spec.targetDedicatedNodes}.`,
      "Leave targetDedicatedNodes out, or choose a provider.",
    );
  }
  engine.counters.pool += 1;
  const pool = addPool(engine, {
    number: engine.counters.pool,
    spec: { ...spec, targetDedicatedNodes: 0 },
    state: "active",
    stateAt: engine.now,
    createdAt: engine.now,
    lastModifiedAt: engine.now,
    etag: 0,
    resize: null,
    allocationStateAt: engine.now,
    resizeErrors: [],
    deletedAt: null,
    nodesCreated: 0,
  });
  savePool(engine, pool);
  emitPoolEvent(engine, "PoolCreateEvent", pool, createBody(spec));
  if (spec.targetDedicatedNodes > 0) {
    startResize(engine, pool, spec.targetDedicatedNodes, "requeue", null);
  }
  for (const job of engine.jobs.values()) if (poolOf(engine, job) === pool) wait(engine, job);
  return { ok: true };
}

/** Azure Batch 1.1; strings without a meaning here are a single space, as in its examples. */
function createBody(spec: PoolSpec): Record<string, unknown> {
  return {
    displayName: spec.displayName ?? " ",
    vmSize: spec.vmSize,
    imageType: " ",
    networkConfiguration: { subnetId: " " },
    resizeTimeout: String(spec.resizeTimeoutMs),
    targetDedicatedNodes: spec.targetDedicatedNodes,
    targetLowPriorityNodes: 0,
    taskSlotsPerNode: spec.taskSlotsPerNode,
    vmFillType: spec.nodeFillType === "pack" ? "Pack" : "Spread",
    enableAutoScale: false,
    enableInterNodeCommunication: false,
    isAutoPool: false,
  };
}

export function updatePool(engine: Engine, pool: Pool, patch: PoolPatch): Reply {
  if (pool.record.state === "deleting") {
    return refuse(
      "PoolBeingDeleted",
      `Pool ${pool.record.spec.id} is being deleted.`,
      "Nothing can be changed any more.",
    );
  }
  pool.record.spec = { ...pool.record.spec, ...patch };
  savePool(engine, pool);
  wakePool(engine, pool.record.number);
  return { ok: true };
}
