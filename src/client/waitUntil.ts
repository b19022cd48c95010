/** Resolves after the time, or at once when the signal is aborted. */
export async function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, durationMs);
  const end = () => resolve();
  signal?.addEventListener("abort", end, { once: true });
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener("abort", end);
}

export interface WaitOptions {
  /** Absent: for ever. */
  readonly timeoutMs?: number | undefined;
  /** Longest time between two looks; they begin close together. */
  readonly intervalMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The time was over before the condition held; `last` is what was seen last. */
export class WaitTimeout<Value> extends Error {
  override readonly name = "WaitTimeout";
  readonly last: Value;

  constructor(timeoutMs: number, last: Value) {
    super(`Expected it within ${timeoutMs} ms, and it did not come about.`);
    this.last = last;
  }
}

const FIRST_INTERVAL_MS = 20;
const MOST_INTERVAL_MS = 1000;

/** Reads until the condition holds and answers what was read then. Throws WaitTimeout, or the reason of an abort. */
export async function waitUntil<Value>(
  read: () => Promise<Value>,
  holds: (value: Value) => boolean,
  options: WaitOptions = {},
): Promise<Value> {
  const { timeoutMs, signal, intervalMs: mostMs = MOST_INTERVAL_MS } = options;
  const startMs = performance.now();
  let intervalMs = Math.min(FIRST_INTERVAL_MS, mostMs);
  while (true) {
    const value = await read();
    if (holds(value)) return value;
    signal?.throwIfAborted();
    const leftMs = timeoutMs === undefined ? mostMs : timeoutMs - (performance.now() - startMs);
    if (timeoutMs !== undefined && leftMs <= 0) throw new WaitTimeout(timeoutMs, value);
    await pause(Math.min(intervalMs, leftMs), signal);
    intervalMs = Math.min(intervalMs * 1.5, mostMs);
  }
}
