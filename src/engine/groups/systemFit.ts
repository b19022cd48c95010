import type { GroupSpec } from "../../model/group.ts";
import { poolOf } from "../ring.ts";
import type { Engine, Job, Node } from "../state.ts";
import { isFeasible } from "./candidates.ts";

/** Whether a system job's group belongs on the node as its facts are now. A drained node keeps it until the end. */
export function wantsSystemTask(engine: Engine, job: Job, group: GroupSpec, node: Node): boolean {
  if (poolOf(engine, job) !== node.pool) return false;
  if (node.record.life !== "joined" && node.record.life !== "rebooting") return false;
  return isFeasible(job, group, node);
}
