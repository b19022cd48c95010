import { findNodeGroup } from "../../fleet/lookup.ts";
import type { NODE_GROUP_ENDPOINTS } from "../../protocol/api/endpoint/nodeGroups.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { ServerContext } from "../routes/context.ts";
import { givenOf } from "../routes/lookup.ts";
import { nodeGroupItem, nodeGroupView } from "../views/groups.ts";
import { found, ownedBy } from "./found.ts";
import { byId, hasPart, rows } from "./rows.ts";
import { ask } from "./users.ts";

export function nodeGroupHandlers(context: ServerContext): HandlersOf<typeof NODE_GROUP_ENDPOINTS> {
  const { fleet, live } = context;
  const view = (id: string) =>
    nodeGroupView(fleet.state, live, found(findNodeGroup(fleet.state, id)));
  return {
    "POST /node-groups": async ({ body, caller }) => {
      const { id, description = "" } = await body();
      await ask(context, caller, { request: "createNodeGroup", id, description });
      return view(id);
    },
    "GET /node-groups": async ({ query }) => {
      const isOwners = ownedBy(fleet.state, query.owner);
      const fits = byId(fleet.state.nodeGroups.values()).filter(
        (group) => hasPart(group.id, query.id) && isOwners(group.owner),
      );
      return rows(fits, query, (group) => nodeGroupItem(fleet.state, live, group));
    },
    "GET /node-groups/{nodeGroupId}": async ({ parameters }) => view(parameters.nodeGroupId),
    "PATCH /node-groups/{nodeGroupId}": async ({ parameters, body, caller }) => {
      const patch = await body();
      const nodeGroup = parameters.nodeGroupId;
      await ask(context, caller, { request: "editNodeGroup", nodeGroup, ...givenOf(patch) });
      return view(patch.newId ?? nodeGroup);
    },
    "DELETE /node-groups/{nodeGroupId}": async ({ parameters, caller }) => {
      const nodeGroup = parameters.nodeGroupId;
      await ask(context, caller, { request: "deleteNodeGroup", nodeGroup });
      return undefined;
    },
    "POST /node-groups/{nodeGroupId}/copy": async ({ parameters, body, caller }) => {
      const { newId } = await body();
      const nodeGroup = parameters.nodeGroupId;
      await ask(context, caller, { request: "copyNodeGroup", nodeGroup, newId });
      return view(newId);
    },
    ...members(context, view),
    ...attributes(context, view),
  };
}

type Handlers = HandlersOf<typeof NODE_GROUP_ENDPOINTS>;
type View = (id: string) => ReturnType<typeof nodeGroupView>;

function members(
  context: ServerContext,
  view: View,
): Pick<
  Handlers,
  "POST /node-groups/{nodeGroupId}/nodes" | "DELETE /node-groups/{nodeGroupId}/nodes/{nodeId}"
> {
  return {
    "POST /node-groups/{nodeGroupId}/nodes": async ({ parameters, body, caller }) => {
      const nodeGroup = parameters.nodeGroupId;
      const node = (await body()).id;
      await ask(context, caller, { request: "addGroupNode", nodeGroup, node });
      return view(nodeGroup);
    },
    "DELETE /node-groups/{nodeGroupId}/nodes/{nodeId}": async ({ parameters, caller }) => {
      const { nodeGroupId: nodeGroup, nodeId: node } = parameters;
      await ask(context, caller, { request: "removeGroupNode", nodeGroup, node });
      return undefined;
    },
  };
}

function attributes(
  context: ServerContext,
  view: View,
): Pick<
  Handlers,
  | "PUT /node-groups/{nodeGroupId}/attributes/{key}"
  | "DELETE /node-groups/{nodeGroupId}/attributes/{key}"
> {
  return {
    "PUT /node-groups/{nodeGroupId}/attributes/{key}": async ({ parameters, body, caller }) => {
      const { nodeGroupId: nodeGroup, key } = parameters;
      const { value } = await body();
      await ask(context, caller, { request: "setAttribute", nodeGroup, key, value });
      return view(nodeGroup);
    },
    "DELETE /node-groups/{nodeGroupId}/attributes/{key}": async ({ parameters, caller }) => {
      const { nodeGroupId: nodeGroup, key } = parameters;
      await ask(context, caller, { request: "removeAttribute", nodeGroup, key });
      return undefined;
    },
  };
}
