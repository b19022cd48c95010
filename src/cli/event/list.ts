import { PAGE_SIZE_MAX } from "../../model/limits.ts";
import type { EventEnvelope } from "../../protocol/api/answer/event.ts";
import { printJson } from "../output/json.ts";
import { printList } from "../output/list.ts";
import type { Session } from "../session.ts";
import { COLUMNS } from "./columns.ts";
import { type EventFilterOptions, eventFilter } from "./filter.ts";

export interface EventListOptions extends EventFilterOptions {
  readonly limit: number;
}

/** Nobody counts the events that match, so the footer has one number, and says where the list goes on. */
export async function run(session: Session, options: EventListOptions): Promise<number> {
  const client = await session.client();
  const filter = eventFilter(options);
  const wanted = options.limit === 0 ? Number.POSITIVE_INFINITY : options.limit;
  const rows: EventEnvelope[] = [];
  let after = options.after ?? 0;
  let isMore = true;
  while (isMore && rows.length < wanted) {
    const limit = Math.min(wanted - rows.length, PAGE_SIZE_MAX);
    const page = await client.events.list({ ...filter, after, limit });
    rows.push(...page.items);
    after = page.after;
    isMore = page.items.length === limit;
  }
  if (session.form === "json") return await printJson(session, { items: rows, after });
  const exitCode = await printList(session, COLUMNS, { rows, total: null });
  if (session.form === "box" && isMore) await session.note(`There may be more: -af ${after}`);
  return exitCode;
}
