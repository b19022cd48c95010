import type { UserRecord } from "../../model/fleet/person.ts";
import type { Actor, UserRequest } from "../input.ts";
import { findUser, idTaken } from "../lookup.ts";
import { DONE, type FleetReply, isRefusal, notPermitted, type Refusal, refuse } from "../reply.ts";
import { changed, made } from "../stamps.ts";
import type { Fleet } from "../state.ts";
import { ownedBy } from "./owned.ts";

/** Accounts (OPMATE 3). `actor` null: nobody is logged in, which only making an account allows. */
export function applyToUsers(fleet: Fleet, request: UserRequest, actor: Actor | null): FleetReply {
  if (request.request === "createUser") return createUser(fleet, request, actor);
  if (request.request === "makeFirstUser") return makeFirstUser(fleet, request.id);
  const user = findUser(fleet, request.user);
  if (isRefusal(user)) return user;
  if (request.request === "noteLogin") {
    fleet.users.put({ ...user, lastLoginAt: fleet.now });
    return DONE;
  }
  if (actor === null)
    return refuse("AuthenticationFailed", "Nobody is logged in.", "Log in first.");
  return applyToOne(fleet, user, request, actor);
}

function applyToOne(
  fleet: Fleet,
  user: UserRecord,
  request: Exclude<UserRequest, { request: "createUser" | "makeFirstUser" | "noteLogin" }>,
  actor: Actor,
): FleetReply {
  switch (request.request) {
    case "editUser":
      return editUser(fleet, user, request, actor);
    case "setPassword":
      return setPassword(fleet, user, request.passwordHash, actor);
    case "deleteUser":
      return deleteUser(fleet, user, actor);
  }
}

function makeFirstUser(fleet: Fleet, id: string): FleetReply {
  if (fleet.users.size > 0 || fleet.counters.user > 0) {
    return refuse("UserExists", "There are users already.", "Log in as one of them.");
  }
  fleet.counters.user += 1;
  fleet.users.put({
    number: fleet.counters.user,
    ...{ id, name: id, phone: "", email: "", description: "" },
    ...{ role: 0, status: "enable", passwordHash: null, lastLoginAt: null },
    ...made(fleet, null),
  });
  return DONE;
}

/** A self-made account is a guest's, and disabled until an administrator enables it. */
function createUser(
  fleet: Fleet,
  { id, profile, passwordHash }: UserRequest & { request: "createUser" },
  actor: Actor | null,
): FleetReply {
  const refused = idTaken(fleet, "user", id);
  if (refused !== null) return refused;
  fleet.counters.user += 1;
  fleet.users.put({
    number: fleet.counters.user,
    id,
    ...profile,
    role: 3,
    status: "disable",
    passwordHash,
    lastLoginAt: null,
    ...made(fleet, actor),
  });
  return DONE;
}

function editUser(
  fleet: Fleet,
  user: UserRecord,
  { newId, profile, role, status }: UserRequest & { request: "editUser" },
  actor: Actor,
): FleetReply {
  const isAdministration = role !== undefined || status !== undefined;
  const refused =
    (isAdministration ? notPermitted("administerUser", actor) : null) ??
    notPermitted("editProfile", actor, selfOf(actor, user)) ??
    (newId === undefined ? null : idTaken(fleet, "user", newId, user.number)) ??
    (staysAdministrator(user, role, status) ? null : lastAdministrator(fleet, user));
  if (refused !== null) return refused;
  fleet.users.put({
    ...user,
    ...profile,
    id: newId ?? user.id,
    role: role ?? user.role,
    status: status ?? user.status,
    ...changed(fleet, actor),
  });
  return DONE;
}

function setPassword(
  fleet: Fleet,
  user: UserRecord,
  passwordHash: string,
  actor: Actor,
): FleetReply {
  const refused = notPermitted("editProfile", actor, selfOf(actor, user));
  if (refused !== null) return refused;
  fleet.users.put({ ...user, passwordHash, ...changed(fleet, actor) });
  return DONE;
}

/** What a user owns needs another owner first; what a record tells of the past keeps the id as it was. */
function deleteUser(fleet: Fleet, user: UserRecord, actor: Actor): FleetReply {
  const refused = notPermitted("administerUser", actor) ?? lastAdministrator(fleet, user);
  if (refused !== null) return refused;
  const owned = ownedBy(fleet, user.number);
  if (owned.length > 0) {
    return refuse(
      "ObjectInUse",
      `User ${user.id} owns ${owned.join(", ")}.`,
      "Give each another owner first, or disable the account instead.",
    );
  }
  for (const group of fleet.userGroups.values()) {
    if (!group.users.includes(user.number)) continue;
    const users = group.users.filter((number) => number !== user.number);
    fleet.userGroups.put({ ...group, users, ...changed(fleet, actor) });
  }
  fleet.users.delete(user);
  return DONE;
}

function selfOf(actor: Actor, user: UserRecord): ["self"] | [] {
  return actor.user === user.number ? ["self"] : [];
}

function isAdministrator({ role, status }: UserRecord): boolean {
  return role === 0 && status === "enable";
}

function staysAdministrator(
  user: UserRecord,
  role: UserRecord["role"] = user.role,
  status: UserRecord["status"] = user.status,
): boolean {
  return isAdministrator({ ...user, role, status });
}

/** Nobody could give the right back. */
function lastAdministrator(fleet: Fleet, user: UserRecord): Refusal | null {
  if (!isAdministrator(user)) return null;
  for (const other of fleet.users.values()) {
    if (other.number !== user.number && isAdministrator(other)) return null;
  }
  return refuse(
    "LastAdministrator",
    `User ${user.id} is the last enabled administrator.`,
    "Make another user an administrator first.",
  );
}
