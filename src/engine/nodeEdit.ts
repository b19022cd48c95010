import { foldId, type NodeNumber } from "../model/id.ts";
import type { NodeRecord } from "../model/node.ts";
import { saveNode } from "./record.ts";
import { nodeTakesNoScripts } from "./runs/targetEnd.ts";
import { type Engine, mustHave } from "./state.ts";

/** What a person changes of a node; absent members stay as they are. */
export interface NodeEdit {
  /** Free, or the node's own: the caller has looked. */
  readonly id?: string;
  readonly fleetStatus?: NodeRecord["fleetStatus"];
  readonly owner?: number | null;
  readonly description?: string;
  readonly updatedBy: number;
}

/**
 * Records of the past keep the id that the node had. Scripts that wait for a node that is disabled end at once (OPMATE 5).
 */
export function editNode(engine: Engine, number: NodeNumber, { id, ...edit }: NodeEdit): void {
  const node = mustHave(engine.nodes, number, "node");
  const { record } = node;
  if (id !== undefined && id !== record.id) {
    engine.nodesById.delete(foldId(record.id));
    record.id = id;
    engine.nodesById.set(foldId(id), number);
  }
  Object.assign(record, edit, { updatedAt: engine.now });
  saveNode(engine, node);
  if (record.fleetStatus === "disable") nodeTakesNoScripts(engine, node, "disabled");
  else engine.runNodes.add(number);
}
