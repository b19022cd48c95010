import type { Client } from "../../client/client.ts";
import { PAGE_SIZE_MAX } from "../../model/limits.ts";
import type { EventEnvelope } from "../../protocol/api/answer/event.ts";
import { UsageError } from "../failure.ts";
import { printJson } from "../output/json.ts";
import { printList } from "../output/list.ts";
import type { Session } from "../session.ts";
import { COLUMNS } from "./columns.ts";
import { type EventFilterOptions, eventFilter } from "./filter.ts";

export interface EventListOptions extends EventFilterOptions {
  readonly before: number | undefined;
  readonly limit: number;
}

interface Found {
  /** Rising, so that the newest stands above the prompt. */
  readonly rows: readonly EventEnvelope[];
  /** From where later events can be read. */
  readonly after: number;
  /** Says where the list goes on; null when nothing is left. */
  readonly more: string | null;
}

/**
 * As `journalctl -n`: the last events there are, or those before one of them; from `after` on the first ones. Nobody counts
 * the events that match, so the footer has one number, and says where the list goes on.
 */
export async function run(session: Session, options: EventListOptions): Promise<number> {
  if (options.after !== undefined && options.before !== undefined) {
    throw new UsageError("Expected one of -af,--after and -bf,--before and got both.");
  }
  const client = await session.client();
  const isAll = options.limit === 0 && options.before === undefined;
  const isRising = options.after !== undefined || isAll;
  const { rows, after, more } = isRising
    ? await readRising(client, options)
    : await readNewest(client, options);
  if (session.form === "json") return await printJson(session, { items: rows, after });
  const exitCode = await printList(session, COLUMNS, { rows, total: null });
  if (session.form === "box" && more !== null) await session.note(more);
  return exitCode;
}

function wantedOf({ limit }: EventListOptions): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}

async function readRising(client: Client, options: EventListOptions): Promise<Found> {
  const wanted = wantedOf(options);
  const filter = eventFilter(options);
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
  return { rows, after, more: isMore ? `There may be more: -af ${after}` : null };
}

async function readNewest(client: Client, options: EventListOptions): Promise<Found> {
  const wanted = wantedOf(options);
  const filter = { ...eventFilter(options), order: "desc" as const };
  const rows: EventEnvelope[] = [];
  let { before } = options;
  let after: number | undefined;
  do {
    const limit = Math.min(wanted - rows.length, PAGE_SIZE_MAX);
    const place = before === undefined ? {} : { before };
    const page = await client.events.list({ ...filter, ...place, limit });
    rows.push(...page.items);
    after ??= page.after;
    before = page.before;
  } while (before !== undefined && rows.length < wanted);
  const more = before === undefined ? null : `There may be older ones: -bf ${before}`;
  return { rows: rows.reverse(), after, more };
}
