import { jobOfTask } from "../../model/id.ts";
import { assign } from "../assign.ts";
import { type Engine, mustHave, type Node } from "../state.ts";
import { stopWaitingForNode, takesScripts } from "./nodeTargets.ts";

/**
 * Sends waiting scripts to nodes that take them, at most `limit` so that a step stays short; returns how many. Nodes that
 * were not finished are looked at again in the next step.
 */
export function placeTargets(engine: Engine, limit: number): number {
  let placed = 0;
  for (const number of engine.runNodes) {
    if (placed >= limit) break;
    engine.runNodes.delete(number);
    const node = engine.nodes.get(number);
    if (node === undefined) continue;
    placed += placeOn(engine, node, limit - placed);
    if (placed >= limit && node.targets.waiting.size > 0) engine.runNodes.add(number);
  }
  return placed;
}

function placeOn(engine: Engine, node: Node, limit: number): number {
  if (!takesScripts(node)) return 0;
  const room = engine.settings.fleetLimitPerNode - node.targets.running;
  const numbers = [...node.targets.waiting].slice(0, Math.max(0, Math.min(room, limit)));
  for (const number of numbers) {
    const job = mustHave(engine.jobs, jobOfTask(number), "job");
    const task = mustHave(job.run?.waiting ?? new Map(), number, "waiting target");
    stopWaitingForNode(engine, job, task);
    assign(engine, job, task, node.record.number);
  }
  return numbers.length;
}
