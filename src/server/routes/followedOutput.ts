import type { ExecutionNumber } from "../../model/id.ts";
import { followResponse } from "./range.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** How far somebody has read what a task, or a member of a group's execution, writes. */
export interface Place {
  /** The one that writes the file, or wrote it last. */
  readonly execution: ExecutionNumber;
  /** Bytes from its beginning, with those that were dropped. */
  readonly offset: number;
}

/** Bytes of followed output, and the place behind them; without bytes it says only where the stream begins. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly end: Place;
}

const EVENT_STREAM = "text/event-stream";
/** Proxies close connections on which nothing is heard for a minute or so. */
const HEARTBEAT_MS = 15_000;
/** Bytes of one event: as base64 it stays a line that every reader of events can hold. */
const EVENT_BYTES = 48 * 1024;

/** Whether the caller wants events, each of which says where it ends, rather than the bytes alone. */
export function wantsEvents(request: Request): boolean {
  return request.headers.get("accept")?.includes(EVENT_STREAM) ?? false;
}

/** Where a broken stream is to go on, as `EXECUTION:OFFSET`; null when this is a new one. */
export function lastPlace(request: Request): Place | null {
  const header = request.headers.get("last-event-id");
  if (header === null || header === "" || !wantsEvents(request)) return null;
  const match = /^(\d{1,15}):(\d{1,15})$/.exec(header);
  if (match !== null) return { execution: Number(match[1]), offset: Number(match[2]) };
  throw wrongPlace("EXECUTION:OFFSET", header);
}

/** The place is one in the output of something else. */
export function unknownPlace({ execution, offset }: Place): Refusal {
  return wrongPlace("a place in this output", `${execution}:${offset}`);
}

function wrongPlace(expected: string, given: string): Refusal {
  return refuse(
    "InvalidQueryParameterValue",
    `Expected ${expected} as Last-Event-ID and got ${given}.`,
    "Send the id of the last event that arrived.",
    { field: "Last-Event-ID", given },
  );
}

/** The pieces as bytes, or as events if the caller wants those. */
export function piecesResponse(
  pieces: () => AsyncGenerator<Piece>,
  request: Request,
  contentType: string,
): Response {
  if (wantsEvents(request)) return followResponse(() => eventsOf(pieces()), request, EVENT_STREAM);
  return followResponse(() => bytesOf(pieces()), request, contentType);
}

async function* bytesOf(pieces: AsyncGenerator<Piece>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of pieces) {
    if (bytes.byteLength > 0) yield bytes;
  }
}

/** Bytes as base64; an event `end` tells the end of the output from that of a connection. */
async function* eventsOf(pieces: AsyncGenerator<Piece>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  try {
    // Tells the client at once that the stream is there.
    yield encoder.encode(": stream of output\n\n");
    let next = pieces.next();
    while (true) {
      const result = await within(next, HEARTBEAT_MS);
      if (result === null) {
        yield encoder.encode(": heartbeat\n\n");
        continue;
      }
      if (result.done === true) break;
      for (const frame of framesOf(result.value)) yield encoder.encode(frame);
      next = pieces.next();
    }
    yield encoder.encode("event: end\ndata: {}\n\n");
  } finally {
    // One that waits for a node ends after its wait; nobody is there to hear of an error.
    pieces.return(undefined).catch(() => undefined);
  }
}

/** Null when the time is over first. */
async function within<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), timeoutMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function* framesOf({ bytes, end }: Piece): Generator<string> {
  if (bytes.byteLength === 0) {
    yield `event: place\nid: ${end.execution}:${end.offset}\ndata: {}\n\n`;
  }
  const start = end.offset - bytes.byteLength;
  for (let from = 0; from < bytes.byteLength; from += EVENT_BYTES) {
    const part = bytes.subarray(from, from + EVENT_BYTES);
    const offset = start + from + part.byteLength;
    yield `id: ${end.execution}:${offset}\ndata: ${Buffer.from(part).toString("base64")}\n\n`;
  }
}
