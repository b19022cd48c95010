import type { NodeGroupRecord } from "../../model/fleet/nodeGroup.ts";
import { attributeKeyMistake } from "../../model/fleet/reservedWords.ts";
import type { Actor, NodeGroupRequest } from "../input.ts";
import { findNode, findNodeGroup, findUser, idTaken } from "../lookup.ts";
import { DONE, type FleetReply, isRefusal, notPermitted, refuse } from "../reply.ts";
import { changed, made } from "../stamps.ts";
import type { Fleet } from "../state.ts";
import type { World } from "../world.ts";

/** Bytes of a value; what is longer belongs into a file. */
const VALUE_MAX_LENGTH = 4096;
/** What a terminal or a shell would act upon. */
const CONTROL_CHARACTER = /\p{Cc}/u;

export function applyToNodeGroups(
  fleet: Fleet,
  world: World,
  request: NodeGroupRequest,
  actor: Actor,
): FleetReply {
  const refused = notPermitted("editNodeGroup", actor);
  if (refused !== null) return refused;
  return request.request === "createNodeGroup"
    ? create(fleet, request, actor)
    : applyToOne(fleet, world, request, actor);
}

function applyToOne(
  fleet: Fleet,
  world: World,
  request: Exclude<NodeGroupRequest, { request: "createNodeGroup" }>,
  actor: Actor,
): FleetReply {
  const group = findNodeGroup(fleet, request.nodeGroup);
  if (isRefusal(group)) return group;
  switch (request.request) {
    case "editNodeGroup":
      return edit(fleet, group, request, actor);
    case "deleteNodeGroup":
      return remove(fleet, group);
    case "copyNodeGroup":
      return copy(fleet, group, request.newId, actor);
    case "addGroupNode":
    case "removeGroupNode":
      return setMember(fleet, world, group, request, actor);
    case "setAttribute":
      return setAttribute(fleet, group, request, actor);
    case "removeAttribute":
      return removeAttribute(fleet, group, request.key, actor);
  }
}

function create(
  fleet: Fleet,
  { id, description }: NodeGroupRequest & { request: "createNodeGroup" },
  actor: Actor,
): FleetReply {
  const refused = idTaken(fleet, "nodeGroup", id);
  if (refused !== null) return refused;
  fleet.counters.nodeGroup += 1;
  fleet.nodeGroups.put({
    number: fleet.counters.nodeGroup,
    id,
    owner: actor.user,
    description,
    nodes: [],
    attributes: {},
    ...made(fleet, actor),
  });
  return DONE;
}

function edit(
  fleet: Fleet,
  group: NodeGroupRecord,
  { newId, owner, description }: NodeGroupRequest & { request: "editNodeGroup" },
  actor: Actor,
): FleetReply {
  const refused = newId === undefined ? null : idTaken(fleet, "nodeGroup", newId, group.number);
  if (refused !== null) return refused;
  const newOwner = owner === undefined ? null : findUser(fleet, owner);
  if (newOwner !== null && isRefusal(newOwner)) return newOwner;
  fleet.nodeGroups.put({
    ...group,
    id: newId ?? group.id,
    owner: newOwner?.number ?? group.owner,
    description: description ?? group.description,
    ...changed(fleet, actor),
  });
  return DONE;
}

/** A group that tasks run on would leave them with fewer nodes without anybody having reviewed that. */
function remove(fleet: Fleet, group: NodeGroupRecord): FleetReply {
  const users = [...fleet.definitions.values()].filter(
    ({ working, number }) =>
      working.targets.nodeGroups.includes(group.number) ||
      fleet.revisions.get(number)?.content.targets.nodeGroups.includes(group.number) === true,
  );
  if (users.length > 0) {
    return refuse(
      "ObjectInUse",
      `Node group ${group.id} is a target of ${users.map(({ id }) => `task ${id}`).join(", ")}.`,
      "Take it out of their targets first, and have that approved.",
    );
  }
  fleet.nodeGroups.delete(group);
  return DONE;
}

/** Members and attributes too; who copies it owns the copy. */
function copy(fleet: Fleet, group: NodeGroupRecord, newId: string, actor: Actor): FleetReply {
  const refused = idTaken(fleet, "nodeGroup", newId);
  if (refused !== null) return refused;
  fleet.counters.nodeGroup += 1;
  const number = fleet.counters.nodeGroup;
  fleet.nodeGroups.put({ ...group, number, id: newId, owner: actor.user, ...made(fleet, actor) });
  return DONE;
}

function setMember(
  fleet: Fleet,
  world: World,
  group: NodeGroupRecord,
  request: NodeGroupRequest & { request: "addGroupNode" | "removeGroupNode" },
  actor: Actor,
): FleetReply {
  const node = findNode(world, request.node);
  if (isRefusal(node)) return node;
  const isIn = request.request === "addGroupNode";
  if (group.nodes.includes(node.number) === isIn) {
    return refuse(
      isIn ? "AlreadyMember" : "NotMember",
      `Node ${node.id} is ${isIn ? "already" : "not"} in node group ${group.id}.`,
      "Nothing needs to be done.",
    );
  }
  const nodes = isIn
    ? [...group.nodes, node.number]
    : group.nodes.filter((number) => number !== node.number);
  fleet.nodeGroups.put({ ...group, nodes, ...changed(fleet, actor) });
  return DONE;
}

function setAttribute(
  fleet: Fleet,
  group: NodeGroupRecord,
  { key, value }: NodeGroupRequest & { request: "setAttribute" },
  actor: Actor,
): FleetReply {
  const mistake = attributeKeyMistake(key) ?? valueMistake(value);
  if (mistake !== null) {
    return refuse("InvalidPropertyValue", mistake, "Give it another key or value.", "attribute");
  }
  const attributes = { ...group.attributes, [key]: value };
  fleet.nodeGroups.put({ ...group, attributes, ...changed(fleet, actor) });
  return DONE;
}

function valueMistake(value: string): string | null {
  if (CONTROL_CHARACTER.test(value)) {
    return "Expected a value without control characters such as line ends, tabs or escapes.";
  }
  if (value.length > VALUE_MAX_LENGTH) {
    return `Expected a value of at most ${VALUE_MAX_LENGTH} characters, given ${value.length}.`;
  }
  return null;
}

function removeAttribute(
  fleet: Fleet,
  group: NodeGroupRecord,
  key: string,
  actor: Actor,
): FleetReply {
  if (!Object.hasOwn(group.attributes, key)) {
    return refuse(
      "AttributeNotFound",
      `Node group ${group.id} has no attribute ${key}.`,
      `List them: stint nodegroup listattr -id ${group.id}.`,
    );
  }
  const { [key]: _, ...attributes } = group.attributes;
  fleet.nodeGroups.put({ ...group, attributes, ...changed(fleet, actor) });
  return DONE;
}
