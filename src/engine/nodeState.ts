import type { NodeState } from "../model/node.ts";
import type { Node } from "./state.ts";

/** What people see of a node (Azure Batch 4.4); it follows from its life, contact, scheduling and executions. */
export function nodeStateOf(node: Node): NodeState {
  const { record } = node;
  switch (record.life) {
    case "creating":
      if (record.facts === null) return "creating";
      break;
    case "rebooting":
      return "rebooting";
    case "leaving":
      return "leavingpool";
    case "joined":
      break;
  }
  switch (record.contact) {
    case "unknown":
      return "unknown";
    case "lost":
      return "unusable";
    case "connected":
    case "away":
      break;
  }
  if (record.bootId === null) return "starting";
  if (node.executions.size > 0) return "running";
  return record.schedulingState === "disabled" ? "offline" : "idle";
}
