import { notPermitted } from "../../fleet/reply.ts";
import { foldId } from "../../model/id.ts";
import type { NodeRecord } from "../../model/node.ts";
import type { QueryOf } from "../../protocol/api/endpoint/endpoint.ts";
import type { NODE_ENDPOINTS } from "../../protocol/api/endpoint/nodes.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { Caller, ServerContext } from "../routes/context.ts";
import { findNode, givenOf } from "../routes/lookup.ts";
import { Refusal } from "../routes/refusal.ts";
import { nodeView } from "../views/node.ts";
import { ownedBy } from "./found.ts";
import { hasPart } from "./rows.ts";
import { ask } from "./users.ts";

type NodesQuery = QueryOf<(typeof NODE_ENDPOINTS)["GET /nodes"]>;

/** The filters that people know a node by; undefined: none is given. */
export function fleetFilter(
  { fleet }: ServerContext,
  { id, agentVersion, ipAddress, os, hostname, owner, fleetStatus }: NodesQuery,
): ((record: NodeRecord) => boolean) | undefined {
  const given = [id, agentVersion, ipAddress, os, hostname, owner, fleetStatus];
  if (given.every((value) => value === undefined)) return undefined;
  const isOwners = ownedBy(fleet.state, owner);
  return ({ id: own, facts, owner: of, fleetStatus: status }) =>
    hasPart(own, id) &&
    hasPart(facts?.agentVersion ?? "", agentVersion) &&
    hasPart(facts?.ipAddress ?? "", ipAddress) &&
    hasPart(facts?.os ?? "", os) &&
    hasPart(facts?.hostname ?? "", hostname) &&
    isOwners(of) &&
    (fleetStatus === undefined || status === fleetStatus);
}

type FleetNodeHandlers = Pick<
  HandlersOf<typeof NODE_ENDPOINTS>,
  "PATCH /nodes/{nodeId}" | "DELETE /nodes/{nodeId}"
>;

export function fleetNodeHandlers(context: ServerContext): FleetNodeHandlers {
  return {
    "PATCH /nodes/{nodeId}": async ({ parameters, body, caller }) => {
      const patch = await body();
      const node = parameters.nodeId;
      await ask(context, caller, { request: "editNode", node, ...givenOf(patch) });
      return nodeView(context.fleet.state, findNode(context, patch.newId ?? node));
    },
    "DELETE /nodes/{nodeId}": async ({ parameters, query, caller }) => {
      const option = query.nodeDeallocationOption ?? "requeue";
      await ask(context, caller, { request: "deleteNode", node: parameters.nodeId, option });
      return {};
    },
  };
}

/**
 * Throws unless the caller may take these nodes out of their pool: a machine that joined by itself is gone then, and only
 * administrators delete nodes. Unknown ones are for the pool to refuse.
 */
export function refuseRemoval(
  { live }: ServerContext,
  caller: Caller | null,
  nodeIds: readonly string[],
): void {
  if (caller === null) return;
  const joined = nodeIds.some((id) => live.findNode(foldId(id))?.record.provided === false);
  const refusal = joined ? notPermitted("deleteNode", caller.actor) : null;
  if (refusal !== null) throw new Refusal(refusal.error);
}
