import { expect, test } from "bun:test";
import fc from "fast-check";
import { Clock, SLOW_RATE } from "./clock.ts";

const START = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

/** A machine whose clock deviates from true time by `offsetMs`. */
function machine(offsetMs = 0) {
  return {
    passedMs: 0,
    offsetMs,
    wall() {
      return Math.floor(START + this.passedMs + this.offsetMs);
    },
    monotonic() {
      return 17 + this.passedMs;
    },
  };
}

test("without a step of the machine's clock it is wall time, to the millisecond", () => {
  const source = machine();
  const clock = new Clock(source);
  for (let count = 0; count < 10_000; count += 1) {
    source.passedMs += 0.37;
    expect(clock.now()).toBe(source.wall());
  }
  expect(clock.leadMs()).toBe(0);
});

test("when the machine's clock is set forwards it follows at once", () => {
  const source = machine();
  const clock = new Clock(source);
  source.offsetMs = HOUR_MS;
  expect(clock.now()).toBe(START + HOUR_MS);
});

test("when the machine's clock is set back it goes on, a little slower until wall time has caught up", () => {
  const source = machine();
  const clock = new Clock(source);
  source.offsetMs = -HOUR_MS;
  source.passedMs = 10_000;
  const first = clock.now();
  expect(first).toBeGreaterThanOrEqual(START + 9_000);
  expect(clock.leadMs()).toBe(first - source.wall());
  source.passedMs += 1_000;
  expect(clock.now()).toBe(first + 900);
  source.passedMs += HOUR_MS / (1 - SLOW_RATE) + 1_000;
  expect(clock.now()).toBe(source.wall());
});

test("a life on a clock that was set back goes on from what is stored", () => {
  const source = machine(-HOUR_MS);
  const clock = new Clock(source);
  clock.advanceTo(START);
  expect(clock.now()).toBe(START);
  source.passedMs = 1_000;
  expect(clock.now()).toBe(START + 900);
});

test("what is stored lies in the past: nothing happens", () => {
  const source = machine();
  const clock = new Clock(source);
  clock.advanceTo(START - HOUR_MS);
  expect(clock.now()).toBe(START);
});

test("it never goes back, is never behind wall time, and never slower than its slow rate", () => {
  const steps = fc.array(
    fc.record({
      passedMs: fc.double({ min: 0, max: HOUR_MS, noNaN: true }),
      offsetMs: fc.option(fc.integer({ min: -30 * HOUR_MS, max: 30 * HOUR_MS })),
    }),
  );
  fc.assert(
    fc.property(steps, (made) => {
      const source = machine();
      const clock = new Clock(source);
      let before = clock.now();
      for (const { passedMs, offsetMs } of made) {
        source.passedMs += passedMs;
        if (offsetMs !== null) source.offsetMs = offsetMs;
        const now = clock.now();
        expect(now).toBeGreaterThanOrEqual(source.wall());
        // Both readings are rounded down.
        expect(now - before).toBeGreaterThan(passedMs * SLOW_RATE - 1.001);
        expect(now).toBeGreaterThanOrEqual(before);
        before = now;
      }
    }),
  );
});
