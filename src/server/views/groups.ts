import type { Fleet } from "../../fleet/state.ts";
import type { NodeGroupRecord } from "../../model/fleet/nodeGroup.ts";
import type { UserGroupRecord, UserNumber } from "../../model/fleet/person.ts";
import type { NodeGroup, NodeGroupItem } from "../../protocol/api/answer/nodeGroup.ts";
import type { UserGroup, UserGroupItem } from "../../protocol/api/answer/userGroup.ts";
import type { LiveNode, LiveView } from "../routes/context.ts";
import { present } from "./present.ts";
import { stampsView } from "./user.ts";

function ownerView({ users }: Fleet, owner: UserNumber) {
  return present({ owner: users.get(owner)?.id });
}

export function userGroupItem(fleet: Fleet, group: UserGroupRecord): UserGroupItem {
  return {
    id: group.id,
    ...ownerView(fleet, group.owner),
    description: group.description,
    userCount: group.users.length,
    ...stampsView(fleet, group),
  };
}

export function userGroupView(fleet: Fleet, group: UserGroupRecord): UserGroup {
  const users = group.users.flatMap((number) => fleet.users.get(number) ?? []);
  return {
    ...userGroupItem(fleet, group),
    users: users.map(({ id, name }) => ({ id, name })).sort(byId),
  };
}

/** Nodes that left without having been deleted stand in the record still; nobody sees them. */
function membersOf(live: LiveView, group: NodeGroupRecord): LiveNode[] {
  return group.nodes.flatMap((number) => live.node(number) ?? []);
}

export function nodeGroupItem(fleet: Fleet, live: LiveView, group: NodeGroupRecord): NodeGroupItem {
  return {
    id: group.id,
    ...ownerView(fleet, group.owner),
    description: group.description,
    nodeCount: membersOf(live, group).length,
    ...stampsView(fleet, group),
  };
}

export function nodeGroupView(fleet: Fleet, live: LiveView, group: NodeGroupRecord): NodeGroup {
  const nodes = membersOf(live, group).map(({ record }) => ({
    id: record.id,
    ...present({ hostname: record.facts?.hostname }),
    status: record.fleetStatus,
  }));
  const attributes = Object.entries(group.attributes).sort(([left], [right]) =>
    left < right ? -1 : 1,
  );
  return {
    ...nodeGroupItem(fleet, live, group),
    nodes: nodes.sort(byId),
    attributes: Object.fromEntries(attributes),
  };
}

function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  return left.id < right.id ? -1 : 1;
}
