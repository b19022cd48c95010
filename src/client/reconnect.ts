import { ApiError, ConnectionError } from "./apiError.ts";
import { pause } from "./waitUntil.ts";

const RETRY_FIRST_MS = 250;
const RETRY_MOST_MS = 10_000;
const FIRST_SERVER_ERROR = 500;

/** What a stream that lives longer than its connections takes. */
export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when the connection broke; it is tried again until it is back. Null: the server closed it. */
  readonly onLost?: ((cause: unknown) => void) | undefined;
  /** Called when the connection is back. */
  readonly onBack?: (() => void) | undefined;
}

/**
 * The items of one connection after the other, until the signal, the caller or `isOver` ends it. `connect` is called again
 * for each: it goes on behind what came last. Throws ApiError when the server refuses.
 */
export async function* reconnecting<Item>(
  connect: () => Promise<AsyncIterable<Item>>,
  isOver: () => boolean,
  { signal, onLost, onBack }: FollowOptions,
): AsyncGenerator<Item, void> {
  let isLost = false;
  let retryMs = RETRY_FIRST_MS;
  while (!isAborted(signal)) {
    let cause: unknown = null;
    try {
      const items = await connect();
      if (isLost) onBack?.();
      isLost = false;
      for await (const item of items) {
        retryMs = RETRY_FIRST_MS;
        yield item;
      }
    } catch (error) {
      if (isAborted(signal)) return;
      if (!isPassing(error)) throw error;
      cause = error;
    }
    if (isOver() || isAborted(signal)) return;
    if (!isLost) onLost?.(cause);
    isLost = true;
    await pause(retryMs, signal);
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
