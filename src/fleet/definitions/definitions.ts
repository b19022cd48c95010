import type { DefinitionContent, DefinitionRecord } from "../../model/fleet/definition.ts";
import type { Actor, ContentPatch, DefinitionRequest } from "../input.ts";
import { findDefinition, findUser, idTaken } from "../lookup.ts";
import {
  asOwner,
  DONE,
  type FleetReply,
  isRefusal,
  notPermitted,
  type Refusal,
  refuse,
} from "../reply.ts";
import { changed, made } from "../stamps.ts";
import type { Fleet } from "../state.ts";
import type { World } from "../world.ts";
import { editWorking } from "./editWorking.ts";
import { chainMistake } from "./nextTask.ts";
import { applyToRunners } from "./runners.ts";
import { applyToSchedules } from "./schedules.ts";
import { applyToTargets } from "./targets.ts";

/** How long a run waits for its nodes unless its definition says otherwise. */
export const START_WITHIN_DEFAULT_MS = 300_000;

/** Task definitions: everything but their approval and their runs (OPMATE 6). */
export function applyToDefinitions(
  fleet: Fleet,
  world: World,
  request: DefinitionRequest,
  actor: Actor,
): FleetReply {
  return request.request === "createDefinition"
    ? create(fleet, request, actor)
    : applyToOne(fleet, world, request, actor);
}

function applyToOne(
  fleet: Fleet,
  world: World,
  request: Exclude<DefinitionRequest, { request: "createDefinition" }>,
  actor: Actor,
): FleetReply {
  const definition = findDefinition(fleet, request.definition);
  if (isRefusal(definition)) return definition;
  const refused = notPermitted("editDefinition", actor, asOwner(actor, definition.owner));
  if (refused !== null) return refused;
  switch (request.request) {
    case "editDefinition":
      return edit(fleet, definition, request, actor);
    case "deleteDefinition":
      return remove(fleet, definition);
    case "addTargets":
    case "removeTargets":
      return applyToTargets(fleet, world, definition, request, actor);
    case "addRunners":
    case "removeRunners":
      return applyToRunners(fleet, definition, request, actor);
    case "addSchedule":
    case "editSchedule":
    case "removeSchedule":
      return applyToSchedules(fleet, definition, request, actor);
  }
}

/** All three run modes are off until they are switched on. */
const NEW_CONTENT: Omit<DefinitionContent, "script" | "osUser"> = {
  byScheduler: false,
  byOnDemand: false,
  byTask: false,
  nextTask: null,
  targets: { nodes: [], nodeGroups: [] },
  runners: { users: [], userGroups: [], definitions: [] },
  schedules: [],
  rolling: null,
  startWithinMs: START_WITHIN_DEFAULT_MS,
  nodeTimeoutMs: null,
  runTimeoutMs: null,
  asksAgain: false,
};

function create(
  fleet: Fleet,
  { id, description, content }: DefinitionRequest & { request: "createDefinition" },
  actor: Actor,
): FleetReply {
  const refused = notPermitted("createDefinition", actor) ?? idTaken(fleet, "definition", id);
  if (refused !== null) return refused;
  const patch = contentOf(fleet, content);
  if (isRefusal(patch)) return patch;
  const { script, osUser } = content;
  fleet.counters.definition += 1;
  fleet.definitions.put({
    number: fleet.counters.definition,
    id,
    owner: actor.user,
    description,
    revision: 0,
    approver: null,
    working: { ...NEW_CONTENT, ...patch, script, osUser },
    approval: { state: "none" },
    lastDueAt: {},
    ...made(fleet, actor),
  });
  return DONE;
}

/** The patch with the next task by its number. */
function contentOf(
  fleet: Fleet,
  { nextTask, ...patch }: ContentPatch,
): Partial<DefinitionContent> | Refusal {
  if (nextTask === undefined) return patch;
  if (nextTask === null) return { ...patch, nextTask };
  const next = findDefinition(fleet, nextTask);
  return isRefusal(next) ? next : { ...patch, nextTask: next.number };
}

function edit(
  fleet: Fleet,
  definition: DefinitionRecord,
  request: DefinitionRequest & { request: "editDefinition" },
  actor: Actor,
): FleetReply {
  const { newId, description, content } = request;
  const refused =
    newId === undefined ? null : idTaken(fleet, "definition", newId, definition.number);
  if (refused !== null) return refused;
  const patch = contentOf(fleet, content);
  if (isRefusal(patch)) return patch;
  const people = peopleOf(fleet, request);
  if (isRefusal(people)) return people;
  const working = { ...definition.working, ...patch };
  const mistake = chainMistake(fleet, definition, working.nextTask);
  if (mistake !== null) return mistake;
  const named = {
    ...definition,
    ...people,
    id: newId ?? definition.id,
    description: description ?? definition.description,
    ...changed(fleet, actor),
  };
  if (Object.keys(content).length > 0) editWorking(fleet, named, working, actor);
  else fleet.definitions.put(named);
  return DONE;
}

function peopleOf(
  fleet: Fleet,
  { owner, approver }: DefinitionRequest & { request: "editDefinition" },
): Partial<Pick<DefinitionRecord, "owner" | "approver">> | Refusal {
  const newOwner = owner === undefined ? undefined : findUser(fleet, owner);
  if (newOwner !== undefined && isRefusal(newOwner)) return newOwner;
  const newApprover = approver === undefined ? undefined : findUser(fleet, approver);
  if (newApprover !== undefined && isRefusal(newApprover)) return newApprover;
  return {
    ...(newOwner === undefined ? {} : { owner: newOwner.number }),
    ...(newApprover === undefined ? {} : { approver: newApprover.number }),
  };
}

/** Its instances stay, under the id it had. */
function remove(fleet: Fleet, definition: DefinitionRecord): FleetReply {
  const callers = [...fleet.definitions.values()].filter(
    ({ number, working }) =>
      number !== definition.number &&
      [working, fleet.revisions.get(number)?.content].some(
        (content) =>
          content?.nextTask === definition.number ||
          content?.runners.definitions.includes(definition.number) === true,
      ),
  );
  const isRunning = [...fleet.instances.values()].some(
    ({ definition: of }) => of === definition.number,
  );
  if (callers.length > 0) {
    return refuse(
      "ObjectInUse",
      `Task ${definition.id} is the next task or a runner of ${callers.map(({ id }) => `task ${id}`).join(", ")}.`,
      "Take it out there first, and have that approved.",
    );
  }
  if (isRunning) {
    return refuse(
      "ObjectInUse",
      `Task ${definition.id} is running.`,
      "Wait for its task instances to end, or stop them.",
    );
  }
  fleet.definitions.delete(definition);
  fleet.revisions.delete(definition.number);
  return DONE;
}
