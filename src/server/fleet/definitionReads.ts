import type { DefinitionRecord } from "../../model/fleet/definition.ts";
import { isoTime } from "../../model/time.ts";
import type { DEFINITION_ENDPOINTS } from "../../protocol/api/endpoint/definitions.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { ServerContext } from "../routes/context.ts";
import { definitionView, userIdOf } from "../views/definition.ts";
import { contentAt, findDefinition, lookOf } from "./definitionLookup.ts";
import { byId, hasPart, rows } from "./rows.ts";
import { runPlan } from "./runPlan.ts";

type Handlers = HandlersOf<typeof DEFINITION_ENDPOINTS>;
type Reads = Pick<
  Handlers,
  | "GET /definitions"
  | "GET /definitions/{definitionId}"
  | "GET /definitions/{definitionId}/revisions"
  | "GET /definitions/{definitionId}/plan"
  | "GET /approvals"
>;

export function definitionReads(context: ServerContext): Reads {
  const { fleet } = context;
  return {
    "GET /definitions": async ({ query }) => {
      const fits = byId(fleet.state.definitions.values()).filter(filterOf(context, query));
      const look = lookOf(context);
      return rows(fits, query, (definition) => {
        const running = fleet.state.revisions.get(definition.number)?.content;
        return definitionView(look, definition, definition.revision, running ?? definition.working);
      });
    },
    "GET /definitions/{definitionId}": async ({ parameters, query }) => {
      const definition = findDefinition(context, parameters.definitionId);
      const revision = query.revision ?? definition.revision;
      const content = await contentAt(context, definition, revision);
      return definitionView(lookOf(context), definition, revision, content);
    },
    "GET /definitions/{definitionId}/revisions": async ({ parameters, query }) => {
      const { number } = findDefinition(context, parameters.definitionId);
      const all = [];
      let cursor: string | null = null;
      do {
        const page = { limit: 1_000, cursor, order: "descending" } as const;
        const found = await context.store.listRevisions(number, page);
        all.push(...found.items);
        cursor = found.cursor;
      } while (cursor !== null);
      return rows(
        all,
        query,
        ({ revision, owner, content, approver, approvedAt, requestReason }) => ({
          revision,
          ownerId: userIdOf(fleet.state, owner),
          scriptName: content.script.name,
          sha256: content.script.sha256,
          approverId: userIdOf(fleet.state, approver),
          approvalTime: isoTime(approvedAt),
          requestReason,
        }),
      );
    },
    "GET /definitions/{definitionId}/plan": async ({ parameters, query, caller }) => {
      const definition = findDefinition(context, parameters.definitionId);
      return await runPlan(context, definition, query, caller);
    },
    "GET /approvals": async ({ query, caller }) => {
      const me = caller?.actor.user;
      const items = byId(fleet.state.definitions.values()).flatMap((definition) => {
        const { approval, owner, id } = definition;
        if (approval.state !== "requested") return [];
        const ownerId = userIdOf(fleet.state, owner);
        if (query.owner !== undefined && ownerId !== query.owner) return [];
        const common = {
          id,
          ownerId,
          approverId: userIdOf(fleet.state, approval.approver),
          updateTime: isoTime(approval.at),
          reason: approval.reason,
        };
        const received = approval.approver === me ? [{ type: "Receive" as const, ...common }] : [];
        const sent =
          approval.requestedBy === me || owner === me ? [{ type: "Send" as const, ...common }] : [];
        return [...received, ...sent];
      });
      return { items };
    },
  };
}

interface Filter {
  readonly id?: string | undefined;
  readonly owner?: string | undefined;
  readonly byScheduler?: "enable" | "disable" | undefined;
  readonly byOnDemand?: "enable" | "disable" | undefined;
  readonly byTask?: "enable" | "disable" | undefined;
  readonly approval?: DefinitionRecord["approval"]["state"] | undefined;
  readonly approver?: string | undefined;
  readonly nodeId?: string | undefined;
}

/** Run modes and targets are those that run, or that would after the approval. */
function filterOf({ fleet, live }: ServerContext, filter: Filter) {
  const { users, revisions, nodeGroups } = fleet.state;
  const isSame = (user: number | null, id: string | undefined) =>
    id === undefined || (user !== null && users.find(id)?.number === user);
  const isOn = (wanted: "enable" | "disable" | undefined, value: boolean) =>
    wanted === undefined || (wanted === "enable") === value;
  const node = filter.nodeId === undefined ? null : live.findNode(filter.nodeId.toLowerCase());
  return (definition: DefinitionRecord): boolean => {
    const content = revisions.get(definition.number)?.content ?? definition.working;
    const { approval } = definition;
    const approver = approval.state === "none" ? definition.approver : approval.approver;
    const number = node?.record.number ?? 0;
    const isTarget =
      content.targets.nodes.includes(number) ||
      content.targets.nodeGroups.some((group) => nodeGroups.get(group)?.nodes.includes(number));
    return (
      hasPart(definition.id, filter.id) &&
      isSame(definition.owner, filter.owner) &&
      isOn(filter.byScheduler, content.byScheduler) &&
      isOn(filter.byOnDemand, content.byOnDemand) &&
      isOn(filter.byTask, content.byTask) &&
      (filter.approval === undefined || approval.state === filter.approval) &&
      isSame(approver, filter.approver) &&
      (filter.nodeId === undefined || isTarget)
    );
  };
}
