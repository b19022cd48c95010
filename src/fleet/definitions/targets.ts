import type { DefinitionRecord, Targets } from "../../model/fleet/definition.ts";
import type { Actor, DefinitionRequest, TargetNames } from "../input.ts";
import { findNode, findNodeGroup } from "../lookup.ts";
import { DONE, type FleetReply, isRefusal, type Refusal } from "../reply.ts";
import type { Fleet } from "../state.ts";
import type { World } from "../world.ts";
import { editWorking } from "./editWorking.ts";
import { changedList, numbersOf } from "./lists.ts";

export function applyToTargets(
  fleet: Fleet,
  world: World,
  definition: DefinitionRecord,
  request: DefinitionRequest & { request: "addTargets" | "removeTargets" },
  actor: Actor,
): FleetReply {
  const named = numbersOfTargets(fleet, world, request.targets);
  if (isRefusal(named)) return named;
  const isIn = request.request === "addTargets";
  const { targets } = definition.working;
  const what = `a target of task ${definition.id}`;
  const nodes = changedList(targets.nodes, named.nodes, isIn, (number) => {
    return `Node ${world.node(number)?.id} is ${isIn ? "already" : "not"} ${what}.`;
  });
  if (isRefusal(nodes)) return nodes;
  const nodeGroups = changedList(targets.nodeGroups, named.nodeGroups, isIn, (number) => {
    return `Node group ${fleet.nodeGroups.get(number)?.id} is ${isIn ? "already" : "not"} ${what}.`;
  });
  if (isRefusal(nodeGroups)) return nodeGroups;
  editWorking(fleet, definition, { ...definition.working, targets: { nodes, nodeGroups } }, actor);
  return DONE;
}

function numbersOfTargets(fleet: Fleet, world: World, names: TargetNames): Targets | Refusal {
  const nodes = numbersOf(names.nodes, (id) => findNode(world, id));
  if (isRefusal(nodes)) return nodes;
  const nodeGroups = numbersOf(names.nodeGroups, (id) => findNodeGroup(fleet, id));
  return isRefusal(nodeGroups) ? nodeGroups : { nodes, nodeGroups };
}
