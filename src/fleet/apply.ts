import type { InstanceRecord } from "../model/fleet/instance.ts";
import { applyToApproval } from "./definitions/approval.ts";
import { applyToDefinitions } from "./definitions/definitions.ts";
import { applyToRestricted } from "./definitions/restricted.ts";
import type { Actor, FleetRequest } from "./input.ts";
import { applyToInstances } from "./instances/requests.ts";
import { applyToNodeGroups } from "./nodes/nodeGroups.ts";
import { applyToNodes } from "./nodes/nodes.ts";
import { applyToUserGroups } from "./people/userGroups.ts";
import { applyToUsers } from "./people/users.ts";
import { type FleetReply, refuse } from "./reply.ts";
import type { Fleet } from "./state.ts";
import type { World } from "./world.ts";

/** The instance that a request names, which has to be read before it is applied; null: none. */
export function instanceNamed(request: FleetRequest): number | null {
  return "instance" in request ? request.instance : null;
}

/** Applies one request: all of it, or nothing and the reason. `actor` null: nobody is logged in. */
export function applyFleet(
  fleet: Fleet,
  world: World,
  request: FleetRequest,
  actor: Actor | null,
  loaded: InstanceRecord | null,
): FleetReply {
  switch (request.request) {
    case "createUser":
    case "makeFirstUser":
    case "editUser":
    case "setPassword":
    case "deleteUser":
    case "noteLogin":
      return applyToUsers(fleet, request, actor);
    default:
      return actor === null
        ? refuse("AuthenticationFailed", "Nobody is logged in.", "Log in first: stint user login.")
        : applyAs(fleet, world, request, actor, loaded);
  }
}

function applyAs(
  fleet: Fleet,
  world: World,
  request: Exclude<
    FleetRequest,
    {
      request:
        | "createUser"
        | "makeFirstUser"
        | "editUser"
        | "setPassword"
        | "deleteUser"
        | "noteLogin";
    }
  >,
  actor: Actor,
  loaded: InstanceRecord | null,
): FleetReply {
  switch (request.request) {
    case "createUserGroup":
    case "editUserGroup":
    case "deleteUserGroup":
    case "addGroupUser":
    case "removeGroupUser":
      return applyToUserGroups(fleet, request, actor);
    case "editNode":
    case "deleteNode":
      return applyToNodes(fleet, world, request, actor);
    case "createNodeGroup":
    case "editNodeGroup":
    case "deleteNodeGroup":
    case "copyNodeGroup":
    case "addGroupNode":
    case "removeGroupNode":
    case "setAttribute":
    case "removeAttribute":
      return applyToNodeGroups(fleet, world, request, actor);
    case "createDefinition":
    case "editDefinition":
    case "deleteDefinition":
    case "addTargets":
    case "removeTargets":
    case "addRunners":
    case "removeRunners":
    case "addSchedule":
    case "editSchedule":
    case "removeSchedule":
      return applyToDefinitions(fleet, world, request, actor);
    case "requestApproval":
    case "acceptApproval":
    case "rejectApproval":
      return applyToApproval(fleet, request, actor);
    case "setRestrictedCommand":
    case "removeRestrictedCommand":
      return applyToRestricted(fleet, request, actor);
    case "runDefinition":
    case "rerunNodes":
    case "resumeInstance":
    case "stopInstance":
      return applyToInstances(fleet, world, request, actor, loaded);
  }
}
