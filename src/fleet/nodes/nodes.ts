import type { DeallocationOption } from "../../model/pool.ts";
import type { Actor, FleetNodeRequest } from "../input.ts";
import { findNode, findUser } from "../lookup.ts";
import { asOwner, DONE, type FleetReply, isRefusal, notPermitted, refuse } from "../reply.ts";
import { changed } from "../stamps.ts";
import type { Fleet } from "../state.ts";
import type { FleetNode, World } from "../world.ts";

/** The life of a node after it registered itself (OPMATE 5). */
export function applyToNodes(
  fleet: Fleet,
  world: World,
  request: FleetNodeRequest,
  actor: Actor,
): FleetReply {
  const node = findNode(world, request.node);
  if (isRefusal(node)) return node;
  switch (request.request) {
    case "editNode":
      return editNode(fleet, world, node, request, actor);
    case "deleteNode":
      return deleteNode(fleet, world, node, request.option ?? "requeue", actor);
  }
}

/** Whoever edits a node that nobody owns becomes its owner, unless that same edit names another. */
function editNode(
  fleet: Fleet,
  world: World,
  node: FleetNode,
  { newId, owner, description, status }: FleetNodeRequest & { request: "editNode" },
  actor: Actor,
): FleetReply {
  const refused =
    node.owner === null
      ? notPermitted("claimNode", actor)
      : notPermitted("editNode", actor, asOwner(actor, node.owner));
  if (refused !== null) return refused;
  const newOwner = owner === undefined ? null : findUser(fleet, owner);
  if (newOwner !== null && isRefusal(newOwner)) return newOwner;
  const other = newId === undefined ? null : world.findNode(newId);
  if (other !== null && other.number !== node.number) {
    return refuse("NodeExists", `There is a node ${other.id} already.`, "Choose another id.", "id");
  }
  const error = world.editNode(node.number, {
    ...(newId === undefined ? {} : { id: newId }),
    ...(description === undefined ? {} : { description }),
    ...(status === undefined ? {} : { status }),
    owner: newOwner?.number ?? node.owner ?? actor.user,
    updatedBy: actor.user,
  });
  return error === null ? DONE : { ok: false, error };
}

/** It leaves its groups; tasks that name it go on naming what is not there any more, and say so. */
function deleteNode(
  fleet: Fleet,
  world: World,
  node: FleetNode,
  option: DeallocationOption,
  actor: Actor,
): FleetReply {
  const refused = notPermitted("deleteNode", actor);
  if (refused !== null) return refused;
  const error = world.removeNode(node.number, option);
  if (error !== null) return { ok: false, error };
  for (const group of fleet.nodeGroups.values()) {
    if (!group.nodes.includes(node.number)) continue;
    const nodes = group.nodes.filter((number) => number !== node.number);
    fleet.nodeGroups.put({ ...group, nodes, ...changed(fleet, actor) });
  }
  return DONE;
}
