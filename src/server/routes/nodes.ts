import type { RequestInput } from "../../engine/input.ts";
import { foldId } from "../../model/id.ts";
import type { NODE_ENDPOINTS } from "../../protocol/api/endpoint/nodes.ts";
import { nodeView } from "../views/node.ts";
import { type HandlersOf, submit } from "./call.ts";
import type { ServerContext } from "./context.ts";
import { findNode, givenOf, pageAnswer, pageRequest } from "./lookup.ts";
import { listNodeFiles, readNodeFile } from "./nodeFiles.ts";

export function nodeHandlers(context: ServerContext): HandlersOf<typeof NODE_ENDPOINTS> {
  const accept = async (input: RequestInput) => {
    await submit(context, input);
    return {};
  };
  return {
    "GET /nodes": async ({ query }) => {
      const { poolId, state, idPrefix } = query;
      const pool = poolId === undefined ? undefined : await context.store.readPool(foldId(poolId));
      if (pool === null) return { items: [], total: 0 };
      const stored = givenOf({ pool: pool?.number, idPrefix });
      const matching = context.live.nodeNumbers({ ...stored, ...givenOf({ state }) });
      const filter = state === undefined ? stored : { numbers: matching };
      const page = await context.store.listNodes(filter, pageRequest(query));
      // A node that left since the page was read is left out.
      const live = page.items.flatMap(({ record }) => context.live.node(record.number) ?? []);
      return pageAnswer({ ...page, items: live }, nodeView, matching.length);
    },
    "GET /nodes/{nodeId}": async ({ parameters }) => nodeView(findNode(context, parameters.nodeId)),
    "DELETE /nodes/{nodeId}": async ({ parameters, query }) => {
      const node = findNode(context, parameters.nodeId);
      const option = query.nodeDeallocationOption ?? "requeue";
      const nodes = [node.record.id];
      const pool = node.poolId;
      return await accept({ kind: "removeNodes", pool, nodes, option, timeoutMs: null });
    },
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
