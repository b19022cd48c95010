import type { DefinitionContent } from "../../model/fleet/definition.ts";
import { reservedMeaning } from "../../model/fleet/reservedWords.ts";
import type { FleetTarget } from "../../model/fleet/run.ts";
import type { NodeNumber } from "../../model/id.ts";
import type { Fleet } from "../state.ts";
import type { FleetNode, NodeLookup } from "../world.ts";

/** A node of the targets that a run leaves out, with the reason. */
export interface LeftNode {
  readonly nodeId: string;
  readonly reason: string;
}

/** What would run where, and what would not, and why (OPMATE 6.2, 9). */
export interface TargetPlan {
  /** In the order of their ids. */
  readonly targets: readonly FleetTarget[];
  readonly left: readonly LeftNode[];
  /** Reserved words that a node has no value for, or more than one: nothing runs anywhere as long as there are any. */
  readonly problems: readonly { readonly nodeId: string; readonly message: string }[];
}

/** All nodes that the content names, once each, whatever their state; null: one that is not there any more. */
export function nodesOf(
  fleet: Fleet,
  world: NodeLookup,
  { targets }: Pick<DefinitionContent, "targets">,
): Map<NodeNumber, FleetNode | null> {
  const nodes = new Map<NodeNumber, FleetNode | null>();
  const add = (number: NodeNumber): void => void nodes.set(number, world.node(number));
  for (const number of targets.nodes) add(number);
  for (const group of targets.nodeGroups) {
    for (const number of fleet.nodeGroups.get(group)?.nodes ?? []) add(number);
  }
  return nodes;
}

/** `only`: these nodes of the targets; null: all of them. */
export function planTargets(
  fleet: Fleet,
  world: NodeLookup,
  content: DefinitionContent,
  only: ReadonlySet<NodeNumber> | null,
): TargetPlan {
  const targets: FleetTarget[] = [];
  const left: LeftNode[] = [];
  const problems: { nodeId: string; message: string }[] = [];
  const groups = groupsByNode(fleet);
  for (const [number, node] of nodesOf(fleet, world, content)) {
    if (only !== null && !only.has(number)) continue;
    const reason = reasonToLeave(node);
    if (node === null || reason !== null) {
      left.push({ nodeId: node?.id ?? `(removed node ${number})`, reason: reason ?? "" });
      continue;
    }
    const attributes: Record<string, string> = {};
    for (const key of content.script.words) {
      const value = valueFor(key, groups.get(number) ?? []);
      if (value === null) continue;
      if ("message" in value) problems.push({ nodeId: node.id, message: value.message });
      else attributes[key] = value.value;
    }
    targets.push({ node: number, nodeId: node.id, attributes });
  }
  targets.sort(byNodeId);
  left.sort(byNodeId);
  return { targets, left, problems };
}

function byNodeId(left: { readonly nodeId: string }, right: { readonly nodeId: string }): number {
  if (left.nodeId === right.nodeId) return 0;
  return left.nodeId < right.nodeId ? -1 : 1;
}

function reasonToLeave(node: FleetNode | null): string | null {
  if (node === null) return "it was removed";
  if (node.status === "disable") return "it is disabled";
  return node.accepts ? null : `its pool ${node.poolId} does not accept fleet runs`;
}

interface GroupValues {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

function groupsByNode(fleet: Fleet): Map<NodeNumber, GroupValues[]> {
  const groups = new Map<NodeNumber, GroupValues[]>();
  for (const group of fleet.nodeGroups.values()) {
    for (const node of group.nodes) {
      const list = groups.get(node);
      if (list === undefined) groups.set(node, [group]);
      else list.push(group);
    }
  }
  return groups;
}

/**
 * The value that a node has for a key of the script; null: it is no attribute. Two groups that say the same are no
 * contradiction; two that differ are refused, as whichever was taken would be the wrong one half of the time.
 */
function valueFor(
  key: string,
  groups: readonly GroupValues[],
): { readonly value: string } | { readonly message: string } | null {
  const meaning = reservedMeaning(key);
  if (meaning.means === "mistake") return { message: meaning.message };
  if (meaning.means !== "attribute") return null;
  const found = groups.filter(({ attributes }) => Object.hasOwn(attributes, key));
  const [first, ...others] = found;
  const value = first?.attributes[key];
  if (first === undefined || value === undefined) {
    return { message: `The script names ${key}, which no node group of the node defines.` };
  }
  const other = others.find(({ attributes }) => attributes[key] !== value);
  if (other === undefined) return { value };
  return {
    message: `The script names ${key}, which node groups ${first.id} and ${other.id} define differently.`,
  };
}
