import { findUserGroup } from "../../fleet/lookup.ts";
import type { USER_GROUP_ENDPOINTS } from "../../protocol/api/endpoint/userGroups.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { ServerContext } from "../routes/context.ts";
import { givenOf } from "../routes/lookup.ts";
import { userGroupItem, userGroupView } from "../views/groups.ts";
import { found, ownedBy } from "./found.ts";
import { byId, hasPart, rows } from "./rows.ts";
import { ask } from "./users.ts";

export function userGroupHandlers(context: ServerContext): HandlersOf<typeof USER_GROUP_ENDPOINTS> {
  const { fleet } = context;
  const view = (id: string) => userGroupView(fleet.state, found(findUserGroup(fleet.state, id)));
  return {
    "POST /user-groups": async ({ body, caller }) => {
      const { id, description = "" } = await body();
      await ask(context, caller, { request: "createUserGroup", id, description });
      return view(id);
    },
    "GET /user-groups": async ({ query }) => {
      const isOwners = ownedBy(fleet.state, query.owner);
      const fits = byId(fleet.state.userGroups.values()).filter(
        (group) => hasPart(group.id, query.id) && isOwners(group.owner),
      );
      return rows(fits, query, (group) => userGroupItem(fleet.state, group));
    },
    "GET /user-groups/{userGroupId}": async ({ parameters }) => view(parameters.userGroupId),
    "PATCH /user-groups/{userGroupId}": async ({ parameters, body, caller }) => {
      const patch = await body();
      const userGroup = parameters.userGroupId;
      await ask(context, caller, { request: "editUserGroup", userGroup, ...givenOf(patch) });
      return view(patch.newId ?? userGroup);
    },
    "DELETE /user-groups/{userGroupId}": async ({ parameters, caller }) => {
      const userGroup = parameters.userGroupId;
      await ask(context, caller, { request: "deleteUserGroup", userGroup });
      return undefined;
    },
    "POST /user-groups/{userGroupId}/users": async ({ parameters, body, caller }) => {
      const userGroup = parameters.userGroupId;
      const user = (await body()).id;
      await ask(context, caller, { request: "addGroupUser", userGroup, user });
      return view(userGroup);
    },
    "DELETE /user-groups/{userGroupId}/users/{userId}": async ({ parameters, caller }) => {
      const { userGroupId: userGroup, userId: user } = parameters;
      await ask(context, caller, { request: "removeGroupUser", userGroup, user });
      return undefined;
    },
  };
}
