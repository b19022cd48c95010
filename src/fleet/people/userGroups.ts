import type { UserGroupRecord } from "../../model/fleet/person.ts";
import type { Actor, UserGroupRequest } from "../input.ts";
import { findUser, findUserGroup, idTaken } from "../lookup.ts";
import { asOwner, DONE, type FleetReply, isRefusal, notPermitted, refuse } from "../reply.ts";
import { changed, made } from "../stamps.ts";
import type { Fleet } from "../state.ts";

export function applyToUserGroups(
  fleet: Fleet,
  request: UserGroupRequest,
  actor: Actor,
): FleetReply {
  return request.request === "createUserGroup"
    ? create(fleet, request, actor)
    : applyToOne(fleet, request, actor);
}

function applyToOne(
  fleet: Fleet,
  request: Exclude<UserGroupRequest, { request: "createUserGroup" }>,
  actor: Actor,
): FleetReply {
  const group = findUserGroup(fleet, request.userGroup);
  if (isRefusal(group)) return group;
  const refused = notPermitted("editUserGroup", actor, asOwner(actor, group.owner));
  if (refused !== null) return refused;
  switch (request.request) {
    case "editUserGroup":
      return edit(fleet, group, request, actor);
    case "deleteUserGroup":
      return remove(fleet, group);
    case "addGroupUser":
    case "removeGroupUser":
      return setMember(fleet, group, request.user, request.request === "addGroupUser", actor);
  }
}

function create(
  fleet: Fleet,
  { id, description }: UserGroupRequest & { request: "createUserGroup" },
  actor: Actor,
): FleetReply {
  const refused = notPermitted("createUserGroup", actor) ?? idTaken(fleet, "userGroup", id);
  if (refused !== null) return refused;
  fleet.counters.userGroup += 1;
  fleet.userGroups.put({
    number: fleet.counters.userGroup,
    id,
    owner: actor.user,
    description,
    users: [],
    ...made(fleet, actor),
  });
  return DONE;
}

function edit(
  fleet: Fleet,
  group: UserGroupRecord,
  { newId, owner, description }: UserGroupRequest & { request: "editUserGroup" },
  actor: Actor,
): FleetReply {
  const refused = newId === undefined ? null : idTaken(fleet, "userGroup", newId, group.number);
  if (refused !== null) return refused;
  const newOwner = owner === undefined ? null : findUser(fleet, owner);
  if (newOwner !== null && isRefusal(newOwner)) return newOwner;
  fleet.userGroups.put({
    ...group,
    id: newId ?? group.id,
    owner: newOwner?.number ?? group.owner,
    description: description ?? group.description,
    ...changed(fleet, actor),
  });
  return DONE;
}

function remove(fleet: Fleet, group: UserGroupRecord): FleetReply {
  const users = [...fleet.definitions.values()].filter(
    ({ working, number }) =>
      working.runners.userGroups.includes(group.number) ||
      fleet.revisions.get(number)?.content.runners.userGroups.includes(group.number) === true,
  );
  if (users.length > 0) {
    return refuse(
      "ObjectInUse",
      `User group ${group.id} may run ${users.map(({ id }) => `task ${id}`).join(", ")}.`,
      "Take it out of their runners first, and have that approved.",
    );
  }
  fleet.userGroups.delete(group);
  return DONE;
}

function setMember(
  fleet: Fleet,
  group: UserGroupRecord,
  id: string,
  isIn: boolean,
  actor: Actor,
): FleetReply {
  const user = findUser(fleet, id);
  if (isRefusal(user)) return user;
  if (group.users.includes(user.number) === isIn) {
    return refuse(
      isIn ? "AlreadyMember" : "NotMember",
      `User ${user.id} is ${isIn ? "already" : "not"} in user group ${group.id}.`,
      "Nothing needs to be done.",
    );
  }
  const users = isIn
    ? [...group.users, user.number]
    : group.users.filter((number) => number !== user.number);
  fleet.userGroups.put({ ...group, users, ...changed(fleet, actor) });
  return DONE;
}
