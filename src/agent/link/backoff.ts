const FIRST_MS = 100;
const LONGEST_MS = 5_000;

export interface Backoff {
  /** The next delay: twice the last, up to 5 s, with up to half of it taken off at random. */
  nextMs(): number;
  reset(): void;
  /** Goes straight to the longest delay. */
  longest(): void;
}

/** Delays between attempts to reach the server. The jitter keeps a fleet from coming back in one instant. */
export function newBackoff(random: () => number = Math.random): Backoff {
  let delayMs = FIRST_MS;
  return {
    nextMs() {
      const next = delayMs * (1 - random() / 2);
      delayMs = Math.min(delayMs * 2, LONGEST_MS);
      return next;
    },
    reset() {
      delayMs = FIRST_MS;
    },
    longest() {
      delayMs = LONGEST_MS;
    },
  };
}
