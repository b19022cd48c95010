import type { EventEnvelope } from "../protocol/api/answer/event.ts";
import type { ApiQuery } from "../protocol/api/endpoint/table.ts";
import { ApiError, ConnectionError } from "./apiError.ts";
import type { Transport } from "./transport.ts";
import { pause } from "./waitUntil.ts";

const RETRY_FIRST_MS = 250;
const RETRY_MOST_MS = 10_000;
const FIRST_SERVER_ERROR = 500;

export type EventQuery = Omit<NonNullable<ApiQuery<"GET /events">>, "limit" | "stream">;

export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called when the connection broke and is made anew. */
  readonly onReconnect?: (cause: unknown) => void;
}

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
  let retryMs = RETRY_FIRST_MS;
  while (!isAborted(options.signal)) {
    try {
      for await (const event of openStream(transport, { ...query, after }, options.signal)) {
        after = event.sequence;
        retryMs = RETRY_FIRST_MS;
        yield event;
      }
    } catch (error) {
      if (isAborted(options.signal)) return;
      if (!isPassing(error)) throw error;
      options.onReconnect?.(error);
    }
    await pause(retryMs, options.signal);
    retryMs = Math.min(retryMs * 2, RETRY_MOST_MS);
  }
}

// A function, because the compiler would take a signal that was once not aborted for one that never is.
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    (error instanceof ApiError && error.status >= FIRST_SERVER_ERROR)
  );
}

async function* openStream(
  transport: Transport,
  query: EventQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventEnvelope> {
  const response = await transport.open("GET /events", {
    query: { ...query, stream: true },
    headers: { accept: "text/event-stream" },
    signal,
  });
  if (response.body === null) return;
  try {
    for await (const data of frames(response.body)) {
      yield JSON.parse(data) as EventEnvelope;
    }
  } catch (cause) {
    throw new ConnectionError(response.url, { cause });
  }
}

/** The data of each server-sent event; comments and other fields are dropped. */
export async function* frames(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n\r?\n/);
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const data = dataOf(part);
      if (data !== "") yield data;
    }
  }
}

function dataOf(frame: string): string {
  return frame
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).replace(/^ /, ""))
    .join("\n");
}
