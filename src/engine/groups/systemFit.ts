import type { GroupSpec } from "../../model/group.ts";
import type { TaskRecord } from "../../model/task.ts";
import { poolOf } from "../ring.ts";
import type { Engine, Job, Node } from "../state.ts";
import { isFeasible, isFeasibleButForDrivers } from "./candidates.ts";

/**
 * Whether a system job's group belongs on the node as its facts are now. A drained node keeps it until the end; what runs
 * is not stopped because its driver is not well: the driver's own trouble may pass it by.
 */
export function wantsSystemTask(
  engine: Engine,
  job: Job,
  group: GroupSpec,
  node: Node,
  task: TaskRecord | undefined,
): boolean {
  if (poolOf(engine, job) !== node.pool) return false;
  if (node.record.life !== "joined" && node.record.life !== "rebooting") return false;
  if (isFeasible(job, group, node)) return true;
  return task?.progress.state === "running" && isFeasibleButForDrivers(job, group, node);
}
