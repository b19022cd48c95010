import type { EventEnvelope } from "../protocol/api/answer/event.ts";
import type { ApiQuery } from "../protocol/api/endpoint/table.ts";
import { type FollowOptions, reconnecting } from "./reconnect.ts";
import { EVENT_STREAM, sentEvents } from "./sentEvents.ts";
import type { Transport } from "./transport.ts";

export type EventQuery = Omit<
  NonNullable<ApiQuery<"GET /events">>,
  "limit" | "stream" | "order" | "before"
>;
/** Of a list, which can also be read from the newest on. */
export type EventListQuery = Omit<NonNullable<ApiQuery<"GET /events">>, "stream">;

/**
 * Events as they are stored, each once and in order, until the signal or the caller ends it. A broken connection is made
 * anew behind the last event that arrived. Throws ApiError when the server refuses.
 */
export async function* followEvents(
  transport: Transport,
  query: EventQuery,
  options: FollowOptions,
): AsyncGenerator<EventEnvelope, void> {
  let after = query.after;
  const connect = () => openStream(transport, { ...query, after }, options.signal);
  for await (const event of reconnecting(connect, () => false, options)) {
    after = event.sequence;
    yield event;
  }
}

async function openStream(
  transport: Transport,
  query: EventQuery,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<EventEnvelope>> {
  const response = await transport.open("GET /events", {
    query: { ...query, stream: true },
    headers: { accept: EVENT_STREAM },
    signal,
  });
  return eventsOf(response);
}

async function* eventsOf(response: Response): AsyncGenerator<EventEnvelope> {
  for await (const { data } of sentEvents(response)) yield JSON.parse(data) as EventEnvelope;
}
