import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  amountText,
  batchSize,
  batchSizes,
  failureLimit,
  type NodeAmount,
  parseAmount,
  type RollingPolicy,
} from "./rolling.ts";

const NONE = { perBatch: null, inTotal: null };

function policy(batch: string, canary?: string): RollingPolicy {
  const amount = (text: string): NodeAmount => {
    const parsed = parseAmount(text);
    if (parsed === null) throw new Error(text);
    return parsed;
  };
  return {
    batch: amount(batch),
    canary: canary === undefined ? null : amount(canary),
    pauseMs: 0,
    stopAfterFailures: NONE,
  };
}

test("amounts are numbers or shares, and nothing else", () => {
  for (const text of ["1", "25", "1%", "100%"]) {
    const amount = parseAmount(text);
    expect(amount === null ? null : amountText(amount)).toBe(text);
  }
  for (const text of ["", "0", "0%", "101%", "-1", "1.5", "5 %", "%", "05", "12345678"]) {
    expect(parseAmount(text)).toBeNull();
  }
});

test("a share of a batch is rounded down, one of failures up, and neither is nothing", () => {
  expect(batchSize({ unit: "percent", size: 10 }, 15)).toBe(1);
  expect(batchSize({ unit: "percent", size: 1 }, 3)).toBe(1);
  expect(batchSize({ unit: "nodes", size: 50 }, 3)).toBe(3);
  expect(failureLimit({ unit: "percent", size: 10 }, 15)).toBe(2);
  expect(failureLimit({ unit: "percent", size: 10 }, 20)).toBe(2);
  expect(failureLimit({ unit: "percent", size: 1 }, 3)).toBe(1);
  expect(failureLimit({ unit: "nodes", size: 3 }, 2)).toBe(3);
});

test("batches come after the canary and take every target once", () => {
  expect(batchSizes(policy("2"), 5)).toEqual([2, 2, 1]);
  expect(batchSizes(policy("40%", "1"), 10)).toEqual([1, 4, 4, 1]);
  expect(batchSizes(policy("3", "100%"), 4)).toEqual([4]);
  expect(batchSizes(policy("3"), 0)).toEqual([]);
  const amount = fc.record({
    unit: fc.constantFrom("nodes", "percent"),
    size: fc.integer({ min: 1, max: 100 }),
  });
  const count = fc.integer({ min: 0, max: 300 });
  fc.assert(
    fc.property(amount, fc.option(amount), count, (batch, canary, targetCount) => {
      const rolling = { batch, canary, pauseMs: 0, stopAfterFailures: NONE };
      const sizes = batchSizes(rolling, targetCount);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(targetCount);
      const others = canary === null ? sizes : sizes.slice(1);
      for (const size of others) expect(size).toBeLessThanOrEqual(batchSize(batch, targetCount));
      for (const size of sizes) expect(size).toBeGreaterThan(0);
    }),
  );
});
