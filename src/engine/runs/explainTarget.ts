import type { TaskRecord } from "../../model/task.ts";
import { isoTime } from "../../model/time.ts";
import type { WaitReason } from "../explanation.ts";
import type { Engine, Job } from "../state.ts";
import { startBeforeOf, takesScripts } from "./nodeTargets.ts";

const HELD: WaitReason = {
  code: "WaitsForBatch",
  message:
    "No batch of the rolling run has taken its node yet; stint taskinstance view says how far the run is.",
  nodes: [],
  nodeCount: 0,
};

/** Why a script has not been sent to its node yet; other kinds of work do not keep it (DESIGN 1). */
export function explainTarget(engine: Engine, job: Job, task: TaskRecord): WaitReason[] {
  if (task.progress.held) return [HELD];
  const node = engine.nodes.get(task.spec.target?.node ?? 0);
  const nodeId = node?.record.id ?? task.spec.target?.nodeId ?? "";
  const reason = (code: WaitReason["code"], why: string): WaitReason[] => [
    {
      code,
      message: `${why} The script fails there if it has not begun by ${isoTime(startBeforeOf(job, task))}.`,
      nodes: [nodeId],
      nodeCount: 1,
    },
  ];
  if (node === undefined) return reason("NodeNotReady", `Node ${nodeId} is not there any more.`);
  const { contact, life } = node.record;
  if (contact !== "connected") {
    return reason("NodeUnreachable", `Node ${nodeId} can not be reached (${contact}).`);
  }
  if (!takesScripts(node)) return reason("NodeNotReady", `Node ${nodeId} is ${life}.`);
  const { fleetLimitPerNode } = engine.settings;
  if (node.targets.running >= fleetLimitPerNode) {
    return reason(
      "FleetLimit",
      `Node ${nodeId} runs ${fleetLimitPerNode} scripts, which is as many as a node runs at once.`,
    );
  }
  return reason("WaitsForTurn", `It is about to be sent to node ${nodeId}.`);
}
