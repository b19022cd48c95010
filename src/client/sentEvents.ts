import { ConnectionError } from "./apiError.ts";

export const EVENT_STREAM = "text/event-stream";

/** A server-sent event. */
export interface SentEvent {
  /** Undefined: it has none, and is no place to go on from. */
  readonly id: string | undefined;
  /** Its type; empty for one that has none. */
  readonly event: string;
  readonly data: string;
}

/** The server-sent events of a response; comments are dropped. Throws ConnectionError when the connection breaks. */
export async function* sentEvents(response: Response): AsyncGenerator<SentEvent> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let rest = "";
  const chunks = response.body[Symbol.asyncIterator]();
  try {
    while (true) {
      const { done, value } = await chunks.next().catch((cause: unknown) => {
        throw new ConnectionError(response.url, { cause });
      });
      if (done === true) return;
      const parts = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = parts.pop() ?? "";
      for (const part of parts) {
        const event = eventOf(part);
        if (event.data !== "") yield event;
      }
    }
  } finally {
    await chunks.return?.();
  }
}

function eventOf(frame: string): SentEvent {
  const lines = frame.split(/\r?\n/);
  const valuesOf = (field: string) =>
    lines
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ""));
  return {
    id: valuesOf("id").at(-1),
    event: valuesOf("event").at(-1) ?? "",
    data: valuesOf("data").join("\n"),
  };
}
