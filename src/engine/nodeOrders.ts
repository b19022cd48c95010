import type { StopReason } from "../model/execution.ts";
import type { NodeLife } from "../model/node.ts";
import type { DeallocationOption } from "../model/pool.ts";
import { moveEndless, settleDrain } from "./groups/drain.ts";
import { indexNode } from "./nodeIndex.ts";
import { effect, saveNode } from "./record.ts";
import { wakePool } from "./ring.ts";
import type { Engine, Node } from "./state.ts";
import { stopExecution } from "./taskEnd.ts";

/** Reboot and removal: both empty the node by their option first, then the order goes out (Azure Batch 4.1, 4.4). */

export function setLife(engine: Engine, node: Node, life: NodeLife): void {
  node.record.life = life;
  node.record.lifeAt = engine.now;
  saveNode(engine, node);
  indexNode(node);
}

/** Begins to empty the node; `life` says for what. */
export function takeNode(
  engine: Engine,
  node: Node,
  life: "rebooting" | "leaving",
  option: DeallocationOption,
): void {
  node.record.option = option;
  if (life === "leaving") engine.unsettledNodes.add(node.record.number);
  // A node that was told to reboot has not been told to go.
  node.record.orderIssued = false;
  node.record.rebootBy = null;
  setLife(engine, node, life);
  stopOnNode(engine, node, option);
  moveEndless(engine, node);
  nodeMovesOn(engine, node);
}

/** How little an option waits for. */
const STRENGTH: Readonly<Record<DeallocationOption, number>> = {
  retaineddata: 0,
  taskcompletion: 1,
  requeue: 2,
  terminate: 2,
};

/**
 * Puts a stronger option in the place of the one that the node still waits by, as if it had been given first. False: the
 * order went out, or the option is no stronger.
 */
export function hardenOrder(engine: Engine, node: Node, option: DeallocationOption): boolean {
  const { record } = node;
  if (record.option === null || record.orderIssued) return false;
  if (STRENGTH[option] <= STRENGTH[record.option]) return false;
  record.option = option;
  saveNode(engine, node);
  stopOnNode(engine, node, option);
  nodeMovesOn(engine, node);
  return true;
}

/** What an option means for the tasks that run on the node. */
export function stopOnNode(engine: Engine, node: Node, option: DeallocationOption): void {
  const reason = stopReasonOf(option);
  if (reason === null) return;
  for (const number of [...node.executions]) {
    const live = engine.executions.get(number);
    if (live !== undefined) stopExecution(engine, live, reason);
  }
}

function stopReasonOf(option: DeallocationOption): StopReason | null {
  switch (option) {
    case "requeue":
      return "requeued";
    case "terminate":
      return "nodeTaken";
    case "taskcompletion":
    case "retaineddata":
      return null;
  }
}

/** Gives the order once nothing holds the node any more. */
export function nodeMovesOn(engine: Engine, node: Node): void {
  const { record } = node;
  settleDrain(engine, node);
  if (record.life !== "rebooting" && record.life !== "leaving") return;
  if (record.orderIssued || node.executions.size > 0) return;
  if (record.option === "retaineddata" && node.progress.retainedUntil > engine.now) {
    engine.timers.add(node.progress.retainedUntil, { timer: "retainedData", node: record.number });
    return;
  }
  record.orderIssued = true;
  if (record.life === "rebooting") {
    record.rebootBy = engine.now + engine.settings.rebootTimeoutMs;
    watchReboot(engine, node);
  }
  saveNode(engine, node);
  issueOrder(engine, node);
}

/** Looks at the node again when its reboot has to be over. */
export function watchReboot(engine: Engine, { record }: Node): void {
  if (record.life !== "rebooting" || !record.orderIssued || record.rebootBy === null) return;
  engine.timers.add(record.rebootBy, { timer: "reboot", node: record.number });
}

/** (Again) asks for what the node is to do, whoever does it. */
export function issueOrder(engine: Engine, node: Node): void {
  const { record } = node;
  if (!record.orderIssued) return;
  if (record.life === "rebooting") {
    effect(engine, { effect: "rebootNode", node: record.number, provided: record.provided });
  } else {
    effect(engine, {
      effect: "removeNode",
      node: record.number,
      guid: record.guid,
      nodeId: record.id,
      provided: record.provided,
    });
  }
}

/** The removal is called off (stop resize, resize timeout): the node works again. */
export function keepNode(engine: Engine, node: Node): void {
  node.record.option = null;
  setLife(engine, node, "joined");
  engine.unsettledNodes.add(node.record.number);
  wakePool(engine, node.record.pool);
}
