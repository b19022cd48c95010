import { ApiError, ConnectionError } from "../../client/apiError.ts";
import { pause } from "../../client/waitUntil.ts";

const FIRST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 2000;
const FIRST_SERVER_ERROR = 500;

export interface AgainOptions {
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Give up when no call has succeeded for this long. */
  readonly patienceMs: number;
  /** Called once, when the first call in a row has failed. */
  readonly onAway?: (error: Error) => void;
}

/** A server that restarts is away for a moment: the call is repeated until it answers. Only for calls that may be repeated. */
export async function again<Value>(
  call: () => Promise<Value>,
  options: AgainOptions,
): Promise<Value> {
  const { now, signal, patienceMs, onAway } = options;
  const startedAt = now();
  let pauseMs = FIRST_PAUSE_MS;
  while (true) {
    try {
      return await call();
    } catch (error) {
      const isOver = signal.aborted || now() - startedAt >= patienceMs;
      if (!isPassing(error) || isOver) throw error;
      if (pauseMs === FIRST_PAUSE_MS) onAway?.(error);
    }
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS);
  }
}

function isPassing(error: unknown): error is Error {
  return (
    error instanceof ConnectionError ||
    (error instanceof ApiError && error.status >= FIRST_SERVER_ERROR)
  );
}
