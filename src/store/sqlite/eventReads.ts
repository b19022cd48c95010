import type { EventRecord } from "../../model/event.ts";
import type { EventSequence } from "../../model/id.ts";
import type { EventFilter, EventSpan, PageRequest } from "../store.ts";
import { EVENT_TYPE } from "./codes.ts";
import { Condition } from "./condition.ts";
import { type EventRow, eventOf } from "./eventRows.ts";
import { scan } from "./scan.ts";
import type { Statements } from "./statements.ts";

export async function readEvents(
  statements: Statements,
  after: EventSequence,
  filter: EventFilter,
  limit: number,
): Promise<EventRecord[]> {
  return await readSpan(statements, { after, before: null }, filter, "ascending", limit);
}

export async function readNewestEvents(
  statements: Statements,
  span: EventSpan,
  filter: EventFilter,
  limit: number,
): Promise<EventRecord[]> {
  return await readSpan(statements, span, filter, "descending", limit);
}

async function readSpan(
  statements: Statements,
  { after, before }: EventSpan,
  filter: EventFilter,
  order: PageRequest["order"],
  limit: number,
): Promise<EventRecord[]> {
  const condition = conditionOf(filter);
  const select = `SELECT * FROM events WHERE sequence BETWEEN ? AND ? AND ${condition.text}
    ORDER BY sequence ${order === "ascending" ? "ASC" : "DESC"} LIMIT ?`;
  const newest = edgeOf(statements, "max");
  const span = {
    first: Math.max(after + 1, edgeOf(statements, "min")),
    last: before === null ? newest : Math.min(before - 1, newest),
  };
  const rows = await scan<EventRow>(span, order, limit, (window, rest) =>
    statements.all(select, window.first, window.last, ...condition.parameters, rest),
  );
  return rows.map(eventOf);
}

function conditionOf(filter: EventFilter): Condition {
  const condition = new Condition();
  if (filter.types !== undefined) {
    const types = filter.types.map((type) => EVENT_TYPE.numberOf[type]);
    condition.and("type IN (SELECT value FROM json_each(?))", JSON.stringify(types));
  }
  // Ids are ASCII, so NOCASE folds them as foldId does.
  if (filter.jobId !== undefined) condition.and("job_id = ? COLLATE NOCASE", filter.jobId);
  if (filter.poolId !== undefined) condition.and("pool_id = ? COLLATE NOCASE", filter.poolId);
  return condition;
}

export function lastEventSequence(statements: Statements): EventSequence {
  return edgeOf(statements, "max");
}

/** The smallest or greatest sequence there is; 0 when there is none. */
function edgeOf(statements: Statements, edge: "min" | "max"): EventSequence {
  const select = `SELECT ${edge}(sequence) AS sequence FROM events`;
  return statements.first<{ sequence: number | null }>(select)?.sequence ?? 0;
}
