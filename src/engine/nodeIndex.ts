import type { ExecutionRecord } from "../model/execution.ts";
import { addResources, subtractResources } from "../placement/resources.ts";
import type { Engine, Node } from "./state.ts";

/** Whether the scheduler may give the node work. */
export function takesWork(node: Node): boolean {
  const { record } = node;
  return (
    record.life === "joined" &&
    record.contact === "connected" &&
    record.schedulingState === "enabled" &&
    !record.orderIssued
  );
}

/** Brings the pool's index up to date with a node. */
export function indexNode(node: Node): void {
  const { pool } = node;
  const takes = takesWork(node);
  if (takes !== (pool.free.freeOf(node.record.number) !== null)) pool.candidates = null;
  if (takes) {
    const free = node.record.slots - node.usedSlots;
    if (free < 0) throw new Error(`node ${node.record.id} uses ${-free} slots more than it offers`);
    pool.free.set(node.record.number, free);
  } else {
    pool.free.remove(node.record.number);
  }
}

/** Takes slots for an execution. */
export function useSlots(node: Node, slots: number): void {
  node.usedSlots += slots;
  indexNode(node);
}

/** Gives them back and wakes the pool. */
export function freeSlots(engine: Engine, node: Node, slots: number): void {
  node.usedSlots -= slots;
  if (node.usedSlots < 0) throw new Error(`slots of node ${node.record.id} were freed twice`);
  indexNode(node);
  engine.dirtyPools.add(node.record.pool);
}

/** Takes what an execution of a group was promised: processor time, memory and ports. */
export function useForGroup(node: Node, { allocation }: ExecutionRecord): void {
  if (allocation === undefined) return;
  node.use.resources = addResources(node.use.resources, allocation.resources);
  for (const { value } of allocation.ports) node.use.ports.add(value);
}

/** Gives it back. */
export function freeForGroup(node: Node, { allocation }: ExecutionRecord): void {
  if (allocation === undefined) return;
  node.use.resources = subtractResources(node.use.resources, allocation.resources);
  for (const { value } of allocation.ports) node.use.ports.delete(value);
}
