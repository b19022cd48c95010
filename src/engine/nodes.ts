import { foldId } from "../model/id.ts";
import { emptyProgress, type NodeFacts, type NodeRecord } from "../model/node.ts";
import type { DeallocationOption } from "../model/pool.ts";
import { requestError } from "../model/requestError.ts";
import { compactTime } from "../model/time.ts";
import { loseAllWork, setContact, watch } from "./contact.ts";
import { nodeIsGone } from "./groups/system.ts";
import type { DisableSchedulingOption, NodeInput, Reply } from "./input.ts";
import { indexNode, takesWork } from "./nodeIndex.ts";
import { hardenOrder, stopOnNode, takeNode } from "./nodeOrders.ts";
import { nodeStateOf } from "./nodeState.ts";
import { forgetRebootFailure } from "./reboot.ts";
import { effect, saveNode, saveNodeProgress, savePool } from "./record.ts";
import { notRun } from "./release.ts";
import { dropRemovalsOf } from "./removal.ts";
import { wakePool } from "./ring.ts";
import { newNodeTargets } from "./runs/nodeTargets.ts";
import { nodeTakesNoScripts } from "./runs/targetEnd.ts";
import { type Engine, mustHave, type Node, noGroupUse, type Pool } from "./state.ts";

export function findNode(engine: Engine, id: string): Node | Reply {
  const number = engine.nodesById.get(foldId(id));
  const node = number === undefined ? undefined : engine.nodes.get(number);
  if (node !== undefined) return node;
  return {
    ok: false,
    error: requestError("NodeNotFound", `There is no node ${id}.`, "List the nodes for their ids."),
  };
}

export function isReply(value: object): value is Reply {
  return "ok" in value;
}

export function refuse(
  code: Parameters<typeof requestError>[0],
  message: string,
  fix: string,
  field?: string,
): Reply & { ok: false } {
  return { ok: false, error: requestError(code, message, fix, field) };
}

/** Makes a node's record, known from now on. */
export function addNode(engine: Engine, record: NodeRecord): Node {
  const pool = mustHave(engine.pools, record.pool, "pool");
  const node: Node = {
    record,
    pool,
    progress: emptyProgress(),
    executions: new Set(),
    usedSlots: 0,
    use: noGroupUse(engine, record.provided),
    targets: newNodeTargets(),
    candidate: null,
    jobs: new Map(),
    heardAt: engine.now,
    watched: false,
  };
  engine.nodes.set(record.number, node);
  engine.nodesById.set(foldId(record.id), record.number);
  engine.nodesByGuid.set(record.guid, record.number);
  pool.nodes.add(record.number);
  saveNode(engine, node);
  saveNodeProgress(engine, node);
  return node;
}

function baseRecord(engine: Engine, pool: Pool, guid: string, id: string): NodeRecord {
  engine.counters.node += 1;
  return {
    number: engine.counters.node,
    guid,
    id,
    pool: pool.record.number,
    provided: false,
    life: "creating",
    lifeAt: engine.now,
    contact: "away",
    contactAt: engine.now,
    schedulingState: "enabled",
    disableOption: null,
    fleetStatus: "disable",
    slots: pool.record.spec.taskSlotsPerNode,
    bootId: null,
    bootAt: null,
    createdAt: engine.now,
    facts: null,
    option: null,
    orderIssued: false,
    rebootBy: null,
    errors: [],
  };
}

/** `tvm-N_INDEX-TIME`, as Azure Batch names its nodes. N tells the pools apart. */
function providedId(engine: Engine, pool: Pool): string {
  const mixed = Math.imul(pool.record.number, 2_654_435_761) >>> 0;
  return `tvm-${mixed}_${pool.record.nodesCreated}-${compactTime(engine.now)}`;
}

/** Asks the provider for one more node of the pool; it is known by its guid before it exists. */
export function requestNode(engine: Engine, pool: Pool): void {
  pool.record.nodesCreated += 1;
  savePool(engine, pool);
  const id = providedId(engine, pool);
  const guid = `${id}-${engine.counters.node + 1}`;
  // A node that the server makes itself needs nobody to enable it.
  const record: NodeRecord = {
    ...baseRecord(engine, pool, guid, id),
    provided: true,
    fleetStatus: "enable",
  };
  const node = addNode(engine, record);
  provideNode(engine, node);
}

/** (Again) tells the provider: it looks the node up by its guid first. */
export function provideNode(engine: Engine, node: Node): void {
  const pool = mustHave(engine.pools, node.record.pool, "pool");
  effect(engine, {
    effect: "provideNode",
    node: node.record.number,
    guid: node.record.guid,
    nodeId: node.record.id,
    pool: pool.record.number,
    poolId: pool.record.spec.id,
    slots: node.record.slots,
  });
}

function freeId(engine: Engine, wished: string): string {
  if (!engine.nodesById.has(foldId(wished))) return wished;
  for (let suffix = 2; ; suffix += 1) {
    const id = `${wished.slice(0, 58)}-${suffix}`;
    if (!engine.nodesById.has(foldId(id))) return id;
  }
}

/** A machine joined with a token. A second join of the same guid finds its record again. */
export function nodeJoined(engine: Engine, input: NodeInput & { kind: "nodeJoined" }): Reply {
  const known = engine.nodesByGuid.get(input.guid);
  if (known !== undefined) {
    begin(engine, mustHave(engine.nodes, known, "node"), input.facts);
    return { ok: true, node: known };
  }
  const poolNumber = engine.poolsById.get(foldId(input.pool));
  const pool = poolNumber === undefined ? undefined : engine.pools.get(poolNumber);
  if (pool === undefined) {
    return refuse(
      "PoolNotFound",
      `There is no pool ${input.pool} for the node to join.`,
      "Create the pool, or make a join token for another one.",
    );
  }
  if (pool.record.state === "deleting") {
    return refuse("PoolBeingDeleted", `Pool ${input.pool} is being deleted.`, "Join another pool.");
  }
  const record = {
    ...baseRecord(engine, pool, input.guid, freeId(engine, input.name)),
    facts: input.facts,
  };
  if (input.slots > 0) record.slots = input.slots;
  const node = addNode(engine, record);
  watch(engine, node);
  return { ok: true, node: record.number };
}

/** The machine that the provider was asked for is there, and its agent begins. */
function begin(engine: Engine, node: Node, facts: NodeFacts): void {
  const { record } = node;
  if (record.facts !== null) return;
  record.facts = facts;
  record.lifeAt = engine.now;
  saveNode(engine, node);
}

/** The link is down. Nothing is given up yet, but nothing new is placed there. */
export function nodeDisconnected(engine: Engine, number: number): void {
  const node = engine.nodes.get(number);
  if (node?.record.contact === "connected") setContact(engine, node, "away");
}

export function nodeFailed(engine: Engine, number: number, message: string): void {
  const node = engine.nodes.get(number);
  if (node === undefined) return;
  const pool = mustHave(engine.pools, node.record.pool, "pool");
  pool.record.resizeErrors = [{ code: "AllocationFailed", message }];
  dropNode(engine, node);
  engine.touchedPools.add(pool.record.number);
}

/** The node is gone for good: its files too, and what ran there is recovered elsewhere. It owes no release. */
export function dropNode(engine: Engine, node: Node): void {
  const { record } = node;
  setContact(engine, node, "lost");
  loseAllWork(engine, node, `Node ${record.id} was removed`, "none");
  nodeTakesNoScripts(engine, node, "removed");
  dropRemovalsOf(engine, node);
  const pool = mustHave(engine.pools, record.pool, "pool");
  pool.free.remove(record.number);
  pool.nodes.delete(record.number);
  engine.nodes.delete(record.number);
  engine.nodesByGuid.delete(record.guid);
  if (engine.nodesById.get(foldId(record.id)) === record.number) {
    engine.nodesById.delete(foldId(record.id));
  }
  for (const number of [...node.jobs.keys()]) {
    const job = engine.jobs.get(number);
    if (job === undefined) continue;
    notRun(engine, job, node, "was removed");
    job.nodes.delete(record.number);
    job.barred.delete(record.number);
    engine.touchedJobs.add(number);
  }
  nodeIsGone(engine, node);
  engine.outcome.changes.nodes.set(record.number, null);
  engine.outcome.changes.nodeProgress.delete(record.number);
}

/** The provider has removed the node, or a joined one has left. */
export function nodeRemoved(engine: Engine, number: number): void {
  const node = engine.nodes.get(number);
  if (node === undefined) return;
  const pool = mustHave(engine.pools, node.record.pool, "pool");
  dropNode(engine, node);
  engine.touchedPools.add(pool.record.number);
}

export function rebootNode(engine: Engine, id: string, option: DeallocationOption): Reply {
  const node = findNode(engine, id);
  if (isReply(node)) return node;
  const { record } = node;
  if (record.life === "rebooting") {
    if (hardenOrder(engine, node, option)) return { ok: true };
    return refuse(
      "NodeBeingRebooted",
      `Node ${id} is being rebooted already${record.orderIssued ? "" : ` with option ${record.option}`}.`,
      record.orderIssued
        ? "Wait until it is back."
        : "Wait, or give an option that waits for less.",
    );
  }
  const state = nodeStateOf(node);
  const isReady = state === "idle" || state === "running";
  if (!isReady || record.contact !== "connected") {
    return refuse(
      "OperationNotValidOnNode",
      `Node ${id} can be rebooted only when it is idle or running; it is ${isReady ? record.contact : state}.`,
      state === "offline"
        ? "Enable its scheduling first."
        : "Wait until the node is idle or running.",
    );
  }
  if (!record.provided && record.facts?.canReboot !== true) {
    return refuse(
      "RebootNotSupported",
      `Node ${id} has no reboot command.`,
      "Set rebootCommand in the agent's configuration and start the agent again.",
    );
  }
  forgetRebootFailure(node);
  takeNode(engine, node, "rebooting", option);
  return { ok: true };
}

export function disableScheduling(
  engine: Engine,
  id: string,
  option: DisableSchedulingOption,
): Reply {
  const node = findNode(engine, id);
  if (isReply(node)) return node;
  if (node.record.schedulingState === "disabled") return alreadyInState(id, "disabled");
  node.record.schedulingState = "disabled";
  node.record.disableOption = option;
  saveNode(engine, node);
  indexNode(node);
  stopOnNode(engine, node, option);
  return { ok: true };
}

export function enableScheduling(engine: Engine, id: string): Reply {
  const node = findNode(engine, id);
  if (isReply(node)) return node;
  if (node.record.schedulingState === "enabled") return alreadyInState(id, "enabled");
  if ((node.record.drain ?? null) !== null) {
    return refuse(
      "OperationNotValidOnNode",
      `Node ${id} is being drained.`,
      "Call the drain off, which makes the node eligible too, or wait for its end.",
    );
  }
  node.record.schedulingState = "enabled";
  node.record.disableOption = null;
  saveNode(engine, node);
  indexNode(node);
  if (takesWork(node)) engine.unsettledNodes.add(node.record.number);
  wakePool(engine, node.record.pool);
  return { ok: true };
}

function alreadyInState(id: string, state: string): Reply {
  return refuse(
    "NodeAlreadyInTargetSchedulingState",
    `Scheduling on node ${id} is ${state} already.`,
    "Nothing needs to be done.",
  );
}
