import type { RequestInput } from "../../engine/input.ts";
import { foldId } from "../../model/id.ts";
import type { NODE_ENDPOINTS } from "../../protocol/api/endpoint/nodes.ts";
import { fleetFilter, fleetNodeHandlers } from "../fleet/nodes.ts";
import { nodeView } from "../views/node.ts";
import { type HandlersOf, submit } from "./call.ts";
import type { LiveNode, ServerContext } from "./context.ts";
import { findNode, givenOf, pageAnswer, pageRequest } from "./lookup.ts";
import { listNodeFiles, readNodeFile } from "./nodeFiles.ts";

export function nodeHandlers(context: ServerContext): HandlersOf<typeof NODE_ENDPOINTS> {
  const accept = async (input: RequestInput) => {
    await submit(context, input);
    return {};
  };
  const view = (node: LiveNode) => nodeView(context.fleet.state, node);
  return {
    "GET /nodes": async ({ query }) => {
      const { poolId, state, idPrefix } = query;
      const pool = poolId === undefined ? undefined : await context.store.readPool(foldId(poolId));
      if (pool === null) return { items: [], total: 0 };
      const stored = givenOf({ pool: pool?.number, idPrefix });
      const fits = fleetFilter(context, query);
      const matching = context.live.nodeNumbers({ ...stored, ...givenOf({ state, fits }) });
      const isStored = state === undefined && fits === undefined;
      const filter = isStored ? stored : { numbers: matching };
      const page = await context.store.listNodes(filter, pageRequest(query));
      // A node that left since the page was read is left out.
      const live = page.items.flatMap(({ record }) => context.live.node(record.number) ?? []);
      return pageAnswer({ ...page, items: live }, view, matching.length);
    },
    "GET /nodes/{nodeId}": async ({ parameters }) => view(findNode(context, parameters.nodeId)),
    ...fleetNodeHandlers(context),
    "POST /nodes/{nodeId}/reboot": async ({ parameters, body }) => {
      const option = (await body()).nodeRebootOption ?? "requeue";
      return await accept({ kind: "rebootNode", node: parameters.nodeId, option });
    },
    "POST /nodes/{nodeId}/disablescheduling": async ({ parameters, body }) => {
      const option = (await body()).nodeDisableSchedulingOption ?? "requeue";
      return await accept({ kind: "disableScheduling", node: parameters.nodeId, option });
    },
    "POST /nodes/{nodeId}/enablescheduling": ({ parameters }) =>
      accept({ kind: "enableScheduling", node: parameters.nodeId }),
    "GET /nodes/{nodeId}/files": async ({ parameters, query }) => {
      const node = findNode(context, parameters.nodeId);
      return await listNodeFiles(context, { node: node.record, root: "" }, query);
    },
    "GET /nodes/{nodeId}/files/{path*}": async ({ parameters, request }) => {
      const node = findNode(context, parameters.nodeId);
      const tree = { node: node.record, root: "" };
      return await readNodeFile(context, tree, parameters.path, request);
    },
  };
}
