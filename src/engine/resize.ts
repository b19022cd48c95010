import { POOL_NODES_MAX } from "../model/limits.ts";
import type { DeallocationOption, ResizeError } from "../model/pool.ts";
import { isoTime } from "../model/time.ts";
import { emitPoolEvent } from "./emit.ts";
import type { Reply } from "./input.ts";
import { keepNode, setLife, takeNode } from "./nodeOrders.ts";
import { findNode, isReply, refuse, requestNode } from "./nodes.ts";
import { effect, savePool } from "./record.ts";
import { type Engine, mustHave, type Node, type Pool } from "./state.ts";

/** How pools grow and shrink (Azure Batch 4.1). A resize ends when every node is where it should be, or by its timeout. */

/** Nodes that are to stay, the ones still being made included. */
function stayingNodes(engine: Engine, pool: Pool): Node[] {
  return [...pool.nodes]
    .map((number) => mustHave(engine.nodes, number, "node"))
    .filter((node) => node.record.life !== "leaving");
}

/** Nodes that count as `currentDedicatedNodes`. */
export function currentNodes(engine: Engine, pool: Pool): number {
  return [...pool.nodes].filter((number) => engine.nodes.get(number)?.record.life !== "creating")
    .length;
}

export function startResize(
  engine: Engine,
  pool: Pool,
  target: number,
  option: DeallocationOption,
  timeoutMs: number | null,
): void {
  const staying = stayingNodes(engine, pool);
  const grows = target >= staying.length;
  beginResize(engine, pool, target, grows ? "invalid" : option, timeoutMs);
  for (let count = staying.length; count < target; count += 1) requestNode(engine, pool);
  if (!grows) {
    for (const node of leastMissed(staying).slice(0, staying.length - target)) {
      leave(engine, node, option);
    }
  }
  checkResize(engine, pool);
}

function beginResize(
  engine: Engine,
  pool: Pool,
  target: number,
  option: DeallocationOption | "invalid",
  timeoutMs: number | null,
): void {
  const { record } = pool;
  record.spec = { ...record.spec, targetDedicatedNodes: target };
  record.resizeErrors = [];
  record.resize = {
    startedAt: engine.now,
    timeoutMs: timeoutMs ?? record.spec.resizeTimeoutMs,
    option,
    stopping: false,
  };
  record.allocationStateAt = engine.now;
  savePool(engine, pool);
  engine.timers.add(engine.now + record.resize.timeoutMs, {
    timer: "resize",
    pool: record.number,
    startedAt: engine.now,
  });
  emitPoolEvent(engine, "PoolResizeStartEvent", pool, resizeBody(engine, pool, option));
}

function resizeBody(engine: Engine, pool: Pool, option: string): Record<string, unknown> {
  return {
    nodeDeallocationOption: option,
    currentDedicatedNodes: currentNodes(engine, pool),
    targetDedicatedNodes: pool.record.spec.targetDedicatedNodes,
    currentLowPriorityNodes: 0,
    targetLowPriorityNodes: 0,
    enableAutoScale: false,
    isAutoPool: false,
  };
}

/** Nodes not made yet go first, then idle ones, then the least busy. */
function leastMissed(nodes: Node[]): Node[] {
  const rank = (node: Node): number => (node.record.life === "creating" ? -1 : node.usedSlots);
  return [...nodes].sort(
    (left, right) => rank(left) - rank(right) || right.record.number - left.record.number,
  );
}

function leave(engine: Engine, node: Node, option: DeallocationOption): void {
  takeNode(engine, node, "leaving", option);
}

/** Called whenever a node arrived or went. */
export function checkResize(engine: Engine, pool: Pool): void {
  const { record } = pool;
  if (record.resize === null) return;
  const nodes = [...pool.nodes].map((number) => mustHave(engine.nodes, number, "node"));
  const isMoving = nodes.some(
    ({ record: { life, provided } }) => life === "leaving" || (life === "creating" && provided),
  );
  if (!isMoving) endResize(engine, pool);
}

function endResize(engine: Engine, pool: Pool): void {
  const { record } = pool;
  const { resize } = record;
  if (resize === null) return;
  record.resize = null;
  record.allocationStateAt = engine.now;
  const error = record.resizeErrors[0];
  savePool(engine, pool);
  emitPoolEvent(engine, "PoolResizeCompleteEvent", pool, {
    ...resizeBody(engine, pool, resize.option),
    startTime: isoTime(resize.startedAt),
    endTime: isoTime(engine.now),
    resultCode: error?.code ?? "Success",
    resultMessage: error?.message ?? "The operation succeeded",
  });
  if (record.state === "deleting" && pool.nodes.size === 0) finishDeletion(engine, pool);
}

function finishDeletion(engine: Engine, pool: Pool): void {
  const { record } = pool;
  emitPoolEvent(engine, "PoolDeleteCompleteEvent", pool, {
    startTime: isoTime(record.deletedAt ?? engine.now),
    endTime: isoTime(engine.now),
  });
  engine.pools.delete(record.number);
  engine.poolsById.delete(record.spec.id.toLowerCase());
  for (const job of engine.jobs.values()) {
    if (job.waitingIn === record.number) job.waitingIn = null;
  }
  engine.outcome.changes.pools.set(record.number, null);
}

/** Ends a resize early: what is not made is not waited for, what has not gone stays. */
function cutShort(engine: Engine, pool: Pool, errors: ResizeError[]): void {
  pool.record.resizeErrors = errors;
  for (const number of [...pool.nodes]) {
    const node = mustHave(engine.nodes, number, "node");
    if (node.record.life === "creating") {
      node.record.option = "requeue";
      setLife(engine, node, "leaving");
      node.record.orderIssued = true;
      effect(engine, {
        effect: "removeNode",
        node: number,
        guid: node.record.guid,
        nodeId: node.record.id,
        provided: node.record.provided,
      });
    } else if (node.record.life === "leaving" && !node.record.orderIssued) {
      keepNode(engine, node);
    }
  }
  savePool(engine, pool);
  checkResize(engine, pool);
}

export function resizeTimedOut(engine: Engine, pool: Pool, startedAt: number): void {
  const { resize, state } = pool.record;
  if (resize === null || resize.startedAt !== startedAt || state === "deleting") return;
  const isGrowth = resize.option === "invalid";
  cutShort(engine, pool, [
    {
      code: isGrowth ? "AllocationTimedout" : "RemoveNodesFailed",
      message: isGrowth
        ? "Not all nodes could be obtained within the resize timeout."
        : "Not all nodes could be emptied within the resize timeout; those still busy stay in the pool.",
    },
  ]);
}

function steadyOrReply(pool: Pool): Reply | null {
  const { record } = pool;
  if (record.state === "deleting") {
    return refuse(
      "PoolBeingDeleted",
      `Pool ${record.spec.id} is being deleted.`,
      "Nothing can be changed any more.",
    );
  }
  if (record.resize !== null) {
    return refuse(
      "PoolBeingResized",
      `Pool ${record.spec.id} is being resized.`,
      "Wait until its allocation state is steady, or stop the resize.",
    );
  }
  return null;
}

export function resizePool(
  engine: Engine,
  pool: Pool,
  target: number,
  option: DeallocationOption,
  timeoutMs: number | null,
): Reply {
  const refused = steadyOrReply(pool);
  if (refused !== null) return refused;
  const staying = stayingNodes(engine, pool).length;
  if (pool.record.spec.provider === "none" && target > staying) {
    return refuse(
      "OperationNotValidOnPool",
      `The nodes of pool ${pool.record.spec.id} join by themselves; it cannot grow by a resize.`,
      "Start agents with a join token of this pool.",
    );
  }
  if (target > POOL_NODES_MAX) {
    return refuse(
      "OutOfRangeInput",
      `Expected at most ${POOL_NODES_MAX} nodes, got ${target}.`,
      "Use several pools.",
    );
  }
  startResize(engine, pool, target, option, timeoutMs);
  return { ok: true };
}

export function stopResize(engine: Engine, pool: Pool): Reply {
  const { record } = pool;
  if (record.state === "deleting") {
    return refuse(
      "PoolBeingDeleted",
      `Pool ${record.spec.id} is being deleted.`,
      "Nothing can be changed any more.",
    );
  }
  if (record.resize === null) {
    return refuse(
      "PoolNotBeingResized",
      `Pool ${record.spec.id} is steady.`,
      "Nothing needs to be done.",
    );
  }
  record.resize = { ...record.resize, stopping: true };
  cutShort(engine, pool, [
    { code: "ResizeStopped", message: "The resize was stopped by request." },
  ]);
  return { ok: true };
}

export function removeNodes(
  engine: Engine,
  pool: Pool,
  ids: readonly string[],
  option: DeallocationOption,
  timeoutMs: number | null,
): Reply {
  const refused = steadyOrReply(pool);
  if (refused !== null) return refused;
  const nodes: Node[] = [];
  for (const id of ids) {
    const node = findNode(engine, id);
    if (isReply(node)) return node;
    if (node.record.pool !== pool.record.number) {
      return refuse(
        "NodeNotFound",
        `Node ${id} is not in pool ${pool.record.spec.id}.`,
        "List the pool's nodes.",
      );
    }
    if (!nodes.includes(node)) nodes.push(node);
  }
  const target = Math.max(0, stayingNodes(engine, pool).length - nodes.length);
  beginResize(engine, pool, target, option, timeoutMs);
  for (const node of nodes) leave(engine, node, option);
  checkResize(engine, pool);
  return { ok: true };
}

/** Pool delete = stop resize, shrink to 0 with `requeue`, remove (Azure Batch 4.1). */
export function deletePool(engine: Engine, pool: Pool): Reply {
  const { record } = pool;
  if (record.state === "deleting") {
    return refuse(
      "PoolBeingDeleted",
      `Pool ${record.spec.id} is being deleted already.`,
      "Wait until it is gone.",
    );
  }
  emitPoolEvent(engine, "PoolDeleteStartEvent", pool, {});
  if (record.resize !== null) stopResize(engine, pool);
  // Nodes that are on their way out already belong to the resize that follows.
  endResize(engine, pool);
  record.state = "deleting";
  record.stateAt = engine.now;
  record.deletedAt = engine.now;
  beginResize(engine, pool, 0, "requeue", null);
  for (const number of [...pool.nodes]) {
    const node = mustHave(engine.nodes, number, "node");
    if (node.record.life !== "leaving") leave(engine, node, "requeue");
  }
  checkResize(engine, pool);
  return { ok: true };
}
