import type { InstanceRecord } from "../../model/fleet/instance.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { InstanceNode, InstanceOutput } from "../../protocol/api/answer/instance.ts";
import type { ServerContext } from "../routes/context.ts";
import { instanceNodeView } from "../views/instance.ts";
import { present } from "../views/present.ts";
import { executionOf, outputOf } from "./instanceTasks.ts";

interface Said {
  readonly node: InstanceNode;
  readonly stdout: InstanceOutput;
}

/** Nodes with the same status, exit code and stdout, the largest group first. */
export async function outputGroups(
  context: ServerContext,
  instance: InstanceRecord,
  tasks: readonly TaskRecord[],
) {
  const groups = new Map<string, Said[]>();
  for (const task of tasks) {
    const node = instanceNodeView(instance, task);
    const execution = await executionOf(context, task, node.execNo);
    const stdout = await outputOf(context, execution?.result?.stdout);
    const { status, result, exitCode = null, reason = "" } = node;
    const same = exitCode === null ? reason : "";
    const key = JSON.stringify([status, result, exitCode, same, stdout.encoding, stdout.content]);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push({ node, stdout });
  }
  const sorted = [...groups.values()].sort((left, right) => right.length - left.length);
  return sorted.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { status, result, exitCode, reason } = first.node;
    const nodeIds = group.map(({ node }) => node.nodeId);
    const said = { status, result, ...present({ exitCode, reason }), stdout: first.stdout };
    return [{ nodeIds, nodeCount: nodeIds.length, ...said }];
  });
}
