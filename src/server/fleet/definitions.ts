import type { FleetRequest } from "../../fleet/input.ts";
import type { DEFINITION_ENDPOINTS } from "../../protocol/api/endpoint/definitions.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { Caller, ServerContext } from "../routes/context.ts";
import { givenOf } from "../routes/lookup.ts";
import { definitionView } from "../views/definition.ts";
import { contentOf, schedulePatch } from "./definitionBodies.ts";
import { findDefinition, lookOf } from "./definitionLookup.ts";
import { definitionReads } from "./definitionReads.ts";
import { scriptOf } from "./scripts.ts";
import { scriptToCheck } from "./scriptText.ts";
import { ask } from "./users.ts";

type Handlers = HandlersOf<typeof DEFINITION_ENDPOINTS>;
type Requested = FleetRequest & { readonly definition: string };

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
  const targets = async (
    request: "addTargets" | "removeTargets",
    { parameters, body, caller }: ListCall<TargetBody>,
  ) => {
    const { nodeIds = [], nodeGroupIds = [] } = await body();
    const definition = parameters.definitionId;
    const named = { nodes: nodeIds, nodeGroups: nodeGroupIds };
    return await change(context, caller, { request, definition, targets: named });
  };
  const runners = async (
    request: "addRunners" | "removeRunners",
    { parameters, body, caller }: ListCall<RunnerBody>,
  ) => {
    const { userIds = [], userGroupIds = [], definitionIds = [] } = await body();
    const definition = parameters.definitionId;
    const named = { users: userIds, userGroups: userGroupIds, definitions: definitionIds };
    return await change(context, caller, { request, definition, runners: named });
  };
  return {
    "POST /definitions/{definitionId}/targets/add": (call) => targets("addTargets", call),
    "POST /definitions/{definitionId}/targets/remove": (call) => targets("removeTargets", call),
    "POST /definitions/{definitionId}/runners/add": (call) => runners("addRunners", call),
    "POST /definitions/{definitionId}/runners/remove": (call) => runners("removeRunners", call),
  } satisfies Partial<Handlers>;
}

interface ListCall<Body> {
  readonly parameters: { readonly definitionId: string };
  readonly caller: Caller | null;
  body(): Promise<Body>;
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
      return await change(context, caller, {
        request: "editSchedule",
        definition,
        schedule,
        patch,
      });
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
      const checked = givenOf({
        script: await scriptToCheck(context, findDefinition(context, definition)),
      });
      return await change(context, caller, {
        request: "requestApproval",
        definition,
        ...asked,
        ...checked,
      });
    },
    "POST /definitions/{definitionId}/approval/accept": async ({ parameters, caller }) => {
      const definition = parameters.definitionId;
      const checked = givenOf({
        script: await scriptToCheck(context, findDefinition(context, definition)),
      });
      return await change(context, caller, { request: "acceptApproval", definition, ...checked });
    },
    "POST /definitions/{definitionId}/approval/reject": async ({ parameters, body, caller }) => {
      const { reason = "" } = await body();
      const definition = parameters.definitionId;
      return await change(context, caller, { request: "rejectApproval", definition, reason });
    },
  };
}
