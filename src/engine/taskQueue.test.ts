import { expect, test } from "bun:test";
import fc from "fast-check";
import { NumberRanges, TaskQueue } from "./taskQueue.ts";

test("ranges agree with a sorted set after any additions and removals", () => {
  const change = fc.record({ value: fc.integer({ min: 1, max: 40 }), isAdded: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
      const ranges = new NumberRanges();
      const plain = new Set<number>();
      for (const { value, isAdded } of changes) {
        if (isAdded && !plain.has(value)) {
          ranges.add(value);
          plain.add(value);
        } else if (!isAdded) {
          expect(ranges.delete(value)).toBe(plain.delete(value));
        }
        expect(ranges.size).toBe(plain.size);
      }
      const listed = [...ranges.ranges()].flatMap(({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
      );
      expect(listed).toEqual([...plain].sort((left, right) => left - right));
      expect(ranges.first()).toBe(listed[0] ?? null);
      for (let value = 0; value <= 41; value += 1) expect(ranges.has(value)).toBe(plain.has(value));
    }),
  );
});

test("a long queue is drained from its front and refilled there", () => {
  const ranges = new NumberRanges();
  for (let value = 0; value < 20_000; value += 2) ranges.add(value);
  for (let value = 0; value < 10_000; value += 2) expect(ranges.delete(value)).toBe(true);
  ranges.add(9_998);
  expect(ranges.first()).toBe(9_998);
  expect(ranges.size).toBe(5_001);
});

test("within what fits, the oldest task comes first", () => {
  const queue = new TaskQueue();
  queue.addRange(10, 20, 4);
  queue.add(30, 1);
  expect(queue.next(8)).toEqual({ task: 10, slots: 4 });
  expect(queue.next(3)).toEqual({ task: 30, slots: 1 });
  expect(queue.next(0)).toBeNull();
  expect(queue.smallestClass()).toBe(1);
  expect(queue.delete(30)).toBe(true);
  expect(queue.next(3)).toBeNull();
  expect(queue.size).toBe(11);
});

test("a task can not be queued twice", () => {
  const queue = new TaskQueue();
  queue.addRange(1, 5, 1);
  expect(() => queue.add(3, 1)).toThrow("queued already");
});
