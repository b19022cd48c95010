import type { Reply } from "../input.ts";
import { indexNode, takesWork } from "../nodeIndex.ts";
import { findNode, isReply } from "../nodes.ts";
import { saveNode } from "../record.ts";
import { wakePool } from "../ring.ts";
import type { Engine, Node } from "../state.ts";
import { groupExecutionsOn } from "./contactLoss.ts";
import { settleDrain, watchDrain } from "./drain.ts";

export interface DrainRequest {
  /** From now; null: whatever is left is never stopped by time. */
  readonly deadlineMs: number | null;
  readonly ignoreSystemJobs: boolean;
}

/** Groups begin to move away; the node takes nothing new, now and after the drain (Nomad `node drain -enable`). */
export function drainNode(engine: Engine, id: string, request: DrainRequest): Reply {
  const node = findNode(engine, id);
  if (isReply(node)) return node;
  const { deadlineMs, ignoreSystemJobs } = request;
  const deadlineAt = deadlineMs === null ? null : engine.now + deadlineMs;
  node.record.drain = { startedAt: engine.now, deadlineAt, ignoreSystemJobs };
  node.record.schedulingState = "disabled";
  node.record.disableOption ??= "taskcompletion";
  saveNode(engine, node);
  indexNode(node);
  watchDrain(engine, node);
  unsettleJobsOn(engine, node);
  settleDrain(engine, node);
  return { ok: true };
}

/**
 * The drain is called off; what has left does not come back by itself. After its end there is only the eligibility left
 * to give back (Nomad `node drain -disable`).
 */
export function stopDrain(engine: Engine, id: string, isEligible: boolean): Reply {
  const node = findNode(engine, id);
  if (isReply(node)) return node;
  node.record.drain = null;
  if (isEligible) {
    node.record.schedulingState = "enabled";
    node.record.disableOption = null;
  }
  saveNode(engine, node);
  indexNode(node);
  if (takesWork(node)) engine.unsettledNodes.add(node.record.number);
  wakePool(engine, node.record.pool);
  return { ok: true };
}

function unsettleJobsOn(engine: Engine, node: Node): void {
  for (const live of groupExecutionsOn(engine, node)) {
    engine.unsettledJobs.add(live.job.record.number);
  }
}
