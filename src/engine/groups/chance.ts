import type { Engine } from "../state.ts";

const STEP = 0x6d2b79f5;

/**
 * Chance for placement that follows from the machine's own state, as it has none of its own: the same step gives the
 * same nodes again, and others next time. At least 0 and less than 1.
 */
export function chanceOf(engine: Engine, salt: number): () => number {
  return chanceFrom(engine.counters.execution * 31 + engine.now + salt);
}

/** The same for the same seed, any whole number: for plans, which are to say the same until something changes. */
export function chanceFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + STEP) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
