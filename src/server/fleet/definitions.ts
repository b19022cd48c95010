import type { FleetRequest } from "../../fleet/input.ts";
import type { DefinitionContent, DefinitionRecord } from "../../model/fleet/definition.ts";
import type { DEFINITION_ENDPOINTS } from "../../protocol/api/endpoint/definitions.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { Caller, ServerContext } from "../routes/context.ts";
import { givenOf } from "../routes/lookup.ts";
import { refuse } from "../routes/refusal.ts";
import { type DefinitionLook, definitionView } from "../views/definition.ts";
import { contentOf, schedulePatch } from "./definitionBodies.ts";
import { definitionReads } from "./definitionReads.ts";
import { scriptOf } from "./scripts.ts";
import { ask } from "./users.ts";

type Handlers = HandlersOf<typeof DEFINITION_ENDPOINTS>;
type Requested = FleetRequest & { readonly definition: string };

export function lookOf({ fleet, live, clock }: ServerContext): DefinitionLook {
  return {
    fleet: fleet.state,
    now: clock(),
    nodeIdOf: (node) => live.node(node)?.record.id ?? null,
  };
}

export function findDefinition({ fleet }: ServerContext, id: string): DefinitionRecord {
  const definition = fleet.state.definitions.find(id);
  if (definition !== undefined) return definition;
  throw refuse(
    "DefinitionNotFound",
    `There is no task ${id}.`,
    "See the tasks with GET /api/v1/definitions.",
  );
}

/** The content of a revision; 0: the working copy. Throws when there is no such revision. */
export async function contentAt(
  { store }: ServerContext,
  definition: DefinitionRecord,
  revision: number,
): Promise<DefinitionContent> {
  if (revision === 0) return definition.working;
  let cursor: string | null = null;
  do {
    const page = { limit: 100, cursor, order: "descending" } as const;
    const found = await store.listRevisions(definition.number, page);
    const record = found.items.find((item) => item.revision === revision);
    if (record !== undefined) return record.content;
    cursor = found.cursor;
  } while (cursor !== null);
  throw refuse(
    "DefinitionNotFound",
    `Task ${definition.id} has no revision ${revision}.`,
    `See them with GET /api/v1/definitions/${definition.id}/revisions.`,
  );
}

export function definitionHandlers(context: ServerContext): Handlers {
  return { ...definitionReads(context), ...edits(context), ...approvals(context) };
}

type Edits = Omit<Handlers, keyof ReturnType<typeof definitionReads> | keyof Approvals>;
type Approvals = Pick<
  Handlers,
  | "POST /definitions/{definitionId}/approval/request"
  | "POST /definitions/{definitionId}/approval/accept"
  | "POST /definitions/{definitionId}/approval/reject"
>;

/** The working copy after a change of it. */
function workingView(context: ServerContext, id: string) {
  const definition = findDefinition(context, id);
  return definitionView(lookOf(context), definition, 0, definition.working);
}

async function change(context: ServerContext, caller: Caller | null, request: Requested) {
  await ask(context, caller, request);
  return workingView(context, request.definition);
}

function edits(context: ServerContext): Edits {
  return {
    "POST /definitions": async ({ body, caller }) => {
      const { id, description = "", script: given, osUser = null, ...rest } = await body();
      const script = await scriptOf(context, given);
      const content = { ...contentOf(rest), script, osUser };
      await ask(context, caller, { request: "createDefinition", id, description, content });
      return workingView(context, id);
    },
    "PATCH /definitions/{definitionId}": async ({ parameters, body, caller }) => {
      const { newId, ownerId, approverId, description, script: given, ...rest } = await body();
      const script = given === undefined ? undefined : await scriptOf(context, given);
      const definition = parameters.definitionId;
      await ask(context, caller, {
        request: "editDefinition",
        definition,
        ...givenOf({ newId, owner: ownerId, approver: approverId, description }),
        content: contentOf(rest, script),
      });
      return workingView(context, newId ?? definition);
    },
    "DELETE /definitions/{definitionId}": async ({ parameters, caller }) => {
      const definition = parameters.definitionId;
      await ask(context, caller, { request: "deleteDefinition", definition });
      return undefined;
    },
    ...lists(context),
    ...schedules(context),
  };
}

function lists(context: ServerContext) {
  const targetsOf = ({ nodeIds = [], nodeGroupIds = [] }: TargetBody) => ({
    nodes: nodeIds,
    nodeGroups: nodeGroupIds,
  });
  const runnersOf = ({ userIds = [], userGroupIds = [], definitionIds = [] }: RunnerBody) => ({
    users: userIds,
    userGroups: userGroupIds,
    definitions: definitionIds,
  });
  const targets =
    (request: "addTargets" | "removeTargets"): Handlers[`POST /definitions/{definitionId}/targets/add`] =>
    async ({ parameters, body, caller }) => {
      const definition = parameters.definitionId;
      return await change(context, caller, { request, definition, targets: targetsOf(await body()) });
    };
  const runners =
    (request: "addRunners" | "removeRunners"): Handlers[`POST /definitions/{definitionId}/runners/add`] =>
    async ({ parameters, body, caller }) => {
      const definition = parameters.definitionId;
      return await change(context, caller, { request, definition, runners: runnersOf(await body()) });
    };
  return {
    "POST /definitions/{definitionId}/targets/add": targets("addTargets"),
    "POST /definitions/{definitionId}/targets/remove": targets("removeTargets"),
    "POST /definitions/{definitionId}/runners/add": runners("addRunners"),
    "POST /definitions/{definitionId}/runners/remove": runners("removeRunners"),
  } satisfies Partial<Handlers>;
}

interface TargetBody {
  readonly nodeIds?: string[] | undefined;
  readonly nodeGroupIds?: string[] | undefined;
}

interface RunnerBody {
  readonly userIds?: string[] | undefined;
  readonly userGroupIds?: string[] | undefined;
  readonly definitionIds?: string[] | undefined;
}

function schedules(context: ServerContext) {
  return {
    "POST /definitions/{definitionId}/schedules": async ({ parameters, body, caller }) => {
      const { id, ...given } = await body();
      const { when, timeZone, status = "enable" } = schedulePatch(given);
      if (when === undefined) throw new Error("a schedule without a time passed its check");
      const zone = timeZone ?? context.fleet.state.settings.timeZone;
      const schedule = { id, when, timeZone: zone, status };
      const definition = parameters.definitionId;
      return await change(context, caller, { request: "addSchedule", definition, schedule });
    },
    "PATCH /definitions/{definitionId}/schedules/{scheduleId}": async ({
      parameters,
      body,
      caller,
    }) => {
      const patch = schedulePatch(await body());
      const { definitionId: definition, scheduleId: schedule } = parameters;
      return await change(context, caller, { request: "editSchedule", definition, schedule, patch });
    },
    "DELETE /definitions/{definitionId}/schedules/{scheduleId}": async ({ parameters, caller }) => {
      const { definitionId: definition, scheduleId: schedule } = parameters;
      await ask(context, caller, { request: "removeSchedule", definition, schedule });
      return undefined;
    },
  } satisfies Partial<Handlers>;
}

function approvals(context: ServerContext): Approvals {
  return {
    "POST /definitions/{definitionId}/approval/request": async ({ parameters, body, caller }) => {
      const { approverId, reason = "" } = await body();
      const asked = { ...givenOf({ approver: approverId }), reason };
      const definition = parameters.definitionId;
      return await change(context, caller, { request: "requestApproval", definition, ...asked });
    },
    "POST /definitions/{definitionId}/approval/accept": ({ parameters, caller }) =>
      change(context, caller, { request: "acceptApproval", definition: parameters.definitionId }),
    "POST /definitions/{definitionId}/approval/reject": async ({ parameters, body, caller }) => {
      const { reason = "" } = await body();
      const definition = parameters.definitionId;
      return await change(context, caller, { request: "rejectApproval", definition, reason });
    },
  };
}
