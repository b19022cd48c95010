import type { DefinitionRecord } from "../model/fleet/definition.ts";
import type { NodeGroupRecord } from "../model/fleet/nodeGroup.ts";
import type { UserGroupRecord, UserRecord } from "../model/fleet/person.ts";
import type { RequestErrorCode } from "../model/requestError.ts";
import type { Registry } from "./registry.ts";
import { type Refusal, refuse } from "./reply.ts";
import type { Fleet } from "./state.ts";
import type { FleetNode, NodeLookup } from "./world.ts";

/** How a kind of object is spoken of, and the codes of what can be wrong with an id of it. */
interface Kind {
  readonly name: string;
  readonly command: string;
  readonly notFound: RequestErrorCode;
  readonly exists: RequestErrorCode;
}

const USER: Kind = {
  name: "user",
  command: "user",
  notFound: "UserNotFound",
  exists: "UserExists",
};
const USER_GROUP: Kind = {
  name: "user group",
  command: "usergroup",
  notFound: "UserGroupNotFound",
  exists: "UserGroupExists",
};
const NODE_GROUP: Kind = {
  name: "node group",
  command: "nodegroup",
  notFound: "NodeGroupNotFound",
  exists: "NodeGroupExists",
};
const DEFINITION: Kind = {
  name: "task",
  command: "task",
  notFound: "DefinitionNotFound",
  exists: "DefinitionExists",
};

type Item = { readonly number: number; readonly id: string };

function find<Found extends Item>(
  registry: Registry<Found>,
  kind: Kind,
  id: string,
): Found | Refusal {
  const found = registry.find(id);
  if (found !== undefined) return found;
  return refuse(
    kind.notFound,
    `There is no ${kind.name} ${id}.`,
    `List them for their ids: stint ${kind.command} list.`,
  );
}

/** Null: the id is free, or the object's own. */
function taken<Found extends Item>(
  registry: Registry<Found>,
  kind: Kind,
  id: string,
  own: number | null,
): Refusal | null {
  const found = registry.find(id);
  if (found === undefined || found.number === own) return null;
  return refuse(
    kind.exists,
    `There is a ${kind.name} ${found.id} already.`,
    "Choose another id.",
    "id",
  );
}

export function findUser({ users }: Fleet, id: string): UserRecord | Refusal {
  return find(users, USER, id);
}

export function findUserGroup({ userGroups }: Fleet, id: string): UserGroupRecord | Refusal {
  return find(userGroups, USER_GROUP, id);
}

export function findNodeGroup({ nodeGroups }: Fleet, id: string): NodeGroupRecord | Refusal {
  return find(nodeGroups, NODE_GROUP, id);
}

export function findDefinition({ definitions }: Fleet, id: string): DefinitionRecord | Refusal {
  return find(definitions, DEFINITION, id);
}

export function findNode(world: NodeLookup, id: string): FleetNode | Refusal {
  return (
    world.findNode(id) ??
    refuse("NodeNotFound", `There is no node ${id}.`, "List them for their ids: stint node list.")
  );
}

/** An id that is to be given; `own`: the number of the object that is renamed, null for a new one. */
export function idTaken(
  fleet: Fleet,
  kind: "user" | "userGroup" | "nodeGroup" | "definition",
  id: string,
  own: number | null = null,
): Refusal | null {
  switch (kind) {
    case "user":
      return taken(fleet.users, USER, id, own);
    case "userGroup":
      return taken(fleet.userGroups, USER_GROUP, id, own);
    case "nodeGroup":
      return taken(fleet.nodeGroups, NODE_GROUP, id, own);
    case "definition":
      return taken(fleet.definitions, DEFINITION, id, own);
  }
}
