import type { DefinitionRecord, Runners } from "../../model/fleet/definition.ts";
import type { Actor, DefinitionRequest, RunnerNames } from "../input.ts";
import { findDefinition, findUser, findUserGroup } from "../lookup.ts";
import { DONE, type FleetReply, isRefusal, type Refusal } from "../reply.ts";
import type { Fleet } from "../state.ts";
import { editWorking } from "./editWorking.ts";
import { changedList, numbersOf } from "./lists.ts";

const KINDS = ["users", "userGroups", "definitions"] as const;
const NAMES = { users: "User", userGroups: "User group", definitions: "Task" } as const;

/** Who may start the task beside its owner, who never needs to be listed. */
export function applyToRunners(
  fleet: Fleet,
  definition: DefinitionRecord,
  request: DefinitionRequest & { request: "addRunners" | "removeRunners" },
  actor: Actor,
): FleetReply {
  const named = numbersOfRunners(fleet, request.runners);
  if (isRefusal(named)) return named;
  const isIn = request.request === "addRunners";
  let { runners } = definition.working;
  for (const kind of KINDS) {
    const list = changedList(runners[kind], named[kind], isIn, (number) => {
      const id = fleet[kind].get(number)?.id;
      return `${NAMES[kind]} ${id} is ${isIn ? "already" : "not"} a runner of task ${definition.id}.`;
    });
    if (isRefusal(list)) return list;
    runners = { ...runners, [kind]: list };
  }
  editWorking(fleet, definition, { ...definition.working, runners }, actor);
  return DONE;
}

function numbersOfRunners(fleet: Fleet, names: RunnerNames): Runners | Refusal {
  const users = numbersOf(names.users, (id) => findUser(fleet, id));
  if (isRefusal(users)) return users;
  const userGroups = numbersOf(names.userGroups, (id) => findUserGroup(fleet, id));
  if (isRefusal(userGroups)) return userGroups;
  const definitions = numbersOf(names.definitions, (id) => findDefinition(fleet, id));
  return isRefusal(definitions) ? definitions : { users, userGroups, definitions };
}
