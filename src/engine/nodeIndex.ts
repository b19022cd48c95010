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
  if (takesWork(node)) {
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
