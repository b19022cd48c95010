import type { DefinitionContent, DefinitionRecord } from "../../model/fleet/definition.ts";
import type { ServerContext } from "../routes/context.ts";
import { refuse } from "../routes/refusal.ts";
import type { DefinitionLook } from "../views/definition.ts";

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
