import { expect, test } from "bun:test";
import { World } from "./world.ts";

/** Far above what it takes anywhere: nothing here fails for being slow. */
const TIMEOUT_MS = 300_000;
const SEEDS = Array.from({ length: 12 }, (_, index) => 10_001 + index);

test(
  "nothing that must hold is broken by a dozen seeds",
  () => {
    for (const seed of SEEDS) {
      const { violation } = new World(seed).run();
      expect({ seed, violation: violation?.message ?? null }).toEqual({ seed, violation: null });
    }
  },
  TIMEOUT_MS,
);

test("the same seed gives the same run, to the last step", () => {
  const [seed = 1] = SEEDS;
  const lines: string[] = [];
  const first = new World(seed, { onTrace: (line) => lines.push(line) }).run();
  const second = new World(seed).run();
  expect(second).toEqual(first);
  expect(lines.length).toBeGreaterThan(10);
});

test("another seed gives another run", () => {
  expect(new World(10_001).run().traceHash).not.toBe(new World(10_002).run().traceHash);
});
