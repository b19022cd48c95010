import { type FollowOptions, reconnecting } from "./reconnect.ts";
import { EVENT_STREAM, sentEvents } from "./sentEvents.ts";

/** Asks for the output with these headers. */
export type OpenOutput = (
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Response>;

/**
 * A response whose body lives longer than its connections: it goes on, each byte once and in order, where a broken one
 * stopped, and ends with the output. The first connection is not tried again: throws ApiError or ConnectionError.
 */
export async function followOutput(open: OpenOutput, options: FollowOptions): Promise<Response> {
  const gone = new AbortController();
  const signal =
    options.signal === undefined ? gone.signal : AbortSignal.any([gone.signal, options.signal]);
  const first = await open({ accept: EVENT_STREAM }, signal);
  // A server that knows no places sends the bytes alone.
  if (first.headers.get("content-type")?.startsWith(EVENT_STREAM) !== true) return first;
  const chunks = bytesOf(first, open, { ...options, signal });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (options.signal?.aborted === true) controller.error(options.signal.reason);
        else if (done === true) controller.close();
        else controller.enqueue(value);
      },
      // A connection on which nothing comes would not notice that nobody reads any more.
      cancel: (reason) => gone.abort(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { "content-type": "application/octet-stream" } });
}

async function* bytesOf(
  first: Response,
  open: OpenOutput,
  options: FollowOptions & { readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array, void> {
  let response: Response | null = first;
  let place: string | undefined;
  let isOver = false;
  const connect = async () => {
    const headers = place === undefined ? {} : { "last-event-id": place };
    const opened = response ?? (await open({ accept: EVENT_STREAM, ...headers }, options.signal));
    response = null;
    return sentEvents(opened);
  };
  for await (const { id, event, data } of reconnecting(connect, () => isOver, options)) {
    isOver ||= event === "end";
    if (id === undefined) continue;
    place = id;
    // An event of another type says only where the stream is.
    if (event === "") yield Uint8Array.fromBase64(data);
  }
}
