import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from "../../model/limits.ts";
import type { EventPage } from "../../protocol/api/answer/event.ts";
import type { EVENT_ENDPOINTS } from "../../protocol/api/endpoint/events.ts";
import type { EventFilter, EventSpan } from "../../store/store.ts";
import { eventView } from "../views/event.ts";
import type { HandlersOf } from "./call.ts";
import { CommitSignal } from "./commitSignal.ts";
import type { ServerContext } from "./context.ts";
import { givenOf } from "./lookup.ts";
import { followResponse } from "./range.ts";
import { refuse } from "./refusal.ts";

/** Proxies close connections on which nothing is heard for a minute or so. */
const HEARTBEAT_MS = 15_000;

export function eventHandlers(context: ServerContext): HandlersOf<typeof EVENT_ENDPOINTS> {
  return {
    "GET /events": async ({ query, request }) => {
      const { type, jobId, poolId } = query;
      const filter = givenOf({ types: type, jobId, poolId });
      const wantsStream = request.headers.get("accept")?.includes("text/event-stream") ?? false;
      const isNewestFirst = query.order === "desc";
      if (query.before !== undefined && !isNewestFirst) throw beforeAlone(query.before);
      if (query.stream ?? wantsStream) {
        if (isNewestFirst) throw fallingStream();
        context.keepOpen(request);
        const after = lastEventId(request) ?? query.after ?? 0;
        const chunks = () => follow(context, filter, after);
        return followResponse(chunks, request, "text/event-stream");
      }
      const limit = query.limit ?? PAGE_SIZE_DEFAULT;
      if (isNewestFirst) {
        const span = { after: query.after ?? 0, before: query.before ?? null };
        return await newest(context, filter, span, limit);
      }
      const { events, after } = await readOn(context, filter, query.after ?? 0, limit);
      return { items: events.map(eventView), after };
    },
  };
}

function beforeAlone(before: number) {
  const expected = "order=desc with before";
  return refuse(
    "InvalidQueryParameterValue",
    `Expected ${expected} and got before alone: rising events are read from after on.`,
    "Add order=desc, or give after instead.",
    { field: "before", expected, given: String(before) },
  );
}

function fallingStream() {
  const expected = "asc as the order of a stream";
  return refuse(
    "InvalidQueryParameterValue",
    `Expected ${expected} and got desc.`,
    "Leave order out: a stream goes on with what happens.",
    { field: "order", expected, given: "desc" },
  );
}

/** The newest events of a span, and from where older and later ones can be read. */
async function newest(
  context: ServerContext,
  filter: EventFilter,
  span: EventSpan,
  limit: number,
): Promise<EventPage> {
  const after = await context.store.lastEventSequence();
  // What is stored from here on is left to whoever goes on behind `after`.
  const before = span.before ?? after + 1;
  const events = await context.store.readNewestEvents({ ...span, before }, filter, limit);
  const oldest = events.at(-1)?.sequence;
  const isFull = events.length === limit && oldest !== undefined;
  return { items: events.map(eventView), after, ...(isFull ? { before: oldest } : {}) };
}

/** Where a broken stream is to go on; null when this is a new one. */
function lastEventId(request: Request): number | null {
  const header = request.headers.get("last-event-id");
  if (header === null || header === "") return null;
  if (/^\d{1,15}$/.test(header)) return Number(header);
  throw refuse(
    "InvalidQueryParameterValue",
    `Expected a sequence number as Last-Event-ID and got ${header}.`,
    "Send the id of the last event that arrived.",
    { field: "Last-Event-ID", given: header },
  );
}

/** The next events, and the sequence number up to which none is left that fits the filter. */
async function readOn(context: ServerContext, filter: EventFilter, after: number, limit: number) {
  // Read first: an event that is stored between the two reads is not skipped.
  const last = await context.store.lastEventSequence();
  const events = await context.store.readEvents(after, filter, limit);
  const lastRead = events.at(-1)?.sequence ?? after;
  return { events, after: events.length < limit ? Math.max(lastRead, last) : lastRead };
}

async function* follow(
  context: ServerContext,
  filter: EventFilter,
  start: number,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const commits = new CommitSignal(context.events);
  let position = start;
  try {
    // Tells the client at once that the stream is there.
    yield encoder.encode(": stream of events\n\n");
    while (true) {
      const seen = commits.count;
      const { events, after } = await readOn(context, filter, position, PAGE_SIZE_MAX);
      position = after;
      if (events.length > 0) {
        yield encoder.encode(events.map((event) => frameOf(eventView(event))).join(""));
      } else if (!(await commits.after(seen, HEARTBEAT_MS))) {
        yield encoder.encode(": heartbeat\n\n");
      }
    }
  } finally {
    commits.close();
  }
}

function frameOf(event: ReturnType<typeof eventView>): string {
  return `id: ${event.sequence}\nevent: ${event.operationName}\ndata: ${JSON.stringify(event)}\n\n`;
}
