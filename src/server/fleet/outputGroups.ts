import type { InstanceRecord } from "../../model/fleet/instance.ts";
import { maskedText } from "../../model/fleet/maskedText.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { InstanceNode, InstanceOutput } from "../../protocol/api/answer/instance.ts";
import type { ServerContext } from "../routes/context.ts";
import { instanceNodeView } from "../views/instance.ts";
import { present } from "../views/present.ts";
import { executionOf, nodesOf } from "./instanceTasks.ts";
import { OutputReader } from "./outputs.ts";

interface Said {
  readonly node: InstanceNode;
  readonly stdout: InstanceOutput;
}

/**
 * Nodes with the same status, exit code and stdout, the largest group first; `isSimilar`: also those whose stdout differs
 * in numbers, times and the node's own names alone.
 */
export async function outputGroups(
  context: ServerContext,
  instance: InstanceRecord,
  isSimilar: boolean,
) {
  const groups = new Map<string, Said[]>();
  const reader = new OutputReader(context);
  for (const task of await nodesOf(context, instance)) {
    const node = instanceNodeView(instance, task);
    const execution = await executionOf(context, task, node.execNo);
    const stdout = await reader.read(execution, "stdout");
    const { status, result, exitCode = null, reason = "" } = node;
    const same = exitCode === null ? reason : "";
    const isMasked = isSimilar && stdout.encoding === "utf8";
    const text = isMasked ? maskedText(stdout.content, namesOf(context, task)) : stdout.content;
    const key = JSON.stringify([
      status,
      result,
      exitCode,
      same,
      stdout.encoding,
      stdout.left,
      text,
    ]);
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
    const outputCount = new Set(group.map(({ stdout }) => stdout.content)).size;
    const said = { status, result, ...present({ exitCode, reason }), stdout: first.stdout };
    return [{ nodeIds, nodeCount: nodeIds.length, ...said, outputCount }];
  });
}

/** As it was called then and is now, by people and by its machine, with and without its domain. */
function namesOf({ live }: ServerContext, { spec }: TaskRecord): string[] {
  const { node = 0, nodeId = "" } = spec.target ?? {};
  const record = live.node(node)?.record;
  const names = [nodeId, record?.id ?? "", record?.facts?.hostname ?? ""];
  return [...new Set(names.flatMap((name) => [name, name.replace(/\..*$/s, "")]))];
}
