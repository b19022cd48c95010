import type { ShimRecord } from "../core/shimRecord.ts";
import { newLineSender, newLineSplitter } from "../lines.ts";
import type { ShimHello, ShimLine, ShimRequest } from "./message.ts";

/** A connection to a living shim. */
export interface ShimConnection {
  readonly hello: ShimHello;
  /** What the shim remembered when the connection was made. */
  readonly records: readonly ShimRecord[];
  send(requests: readonly ShimRequest[]): void;
  close(): void;
}

export interface ShimEvents {
  onRecord(record: ShimRecord): void;
  /** The shim is gone; not called after `close`. */
  onGone(): void;
}

/** A shim that does not greet within this serves nobody any more. */
export const GREETING_TIMEOUT_MS = 10_000;

/** Connects and reads what the shim remembers. Null: nobody listens there, or greets in time. */
export async function connectShim(
  socketPath: string,
  events: ShimEvents,
  timeoutMs = GREETING_TIMEOUT_MS,
): Promise<ShimConnection | null> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let hello: ShimHello | null = null;
  let records: ShimRecord[] | null = [];
  let isClosed = false;
  let isGone = false;
  const take = newLineSplitter((text) => {
    const line = JSON.parse(text) as ShimLine;
    if (line.record === "hello") hello = line;
    else if (line.record === "ready") resolve(true);
    else if (records !== null) records.push(line);
    else events.onRecord(line);
  });
  const socket = await Bun.connect({
    unix: socketPath,
    socket: {
      data: (_, chunk) => take(chunk),
      drain: () => sender.drain(),
      close() {
        resolve(false);
        isGone = true;
        if (records === null && !isClosed) events.onGone();
      },
      error: () => undefined,
    },
  }).catch(() => null);
  if (socket === null) return null;
  const sender = newLineSender(socket);
  const timer = setTimeout(() => resolve(false), timeoutMs);
  const isReady = await promise;
  clearTimeout(timer);
  if (!isReady || hello === null) {
    socket.end();
    return null;
  }
  const remembered = records;
  records = null;
  if (isGone) queueMicrotask(events.onGone);
  return {
    hello,
    records: remembered,
    send(requests) {
      sender.send(requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
    },
    close() {
      isClosed = true;
      socket.end();
    },
  };
}
