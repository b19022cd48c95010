import { expect, test } from "bun:test";
import fc from "fast-check";
import { newDueHeap, peekDue, popDue, pruneDue, pushDue } from "./heap.ts";

test("what comes due earliest is taken first, whatever was pushed and taken before", () => {
  const choice = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant("pop" as const));
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 200 }), (choices) => {
      const heap = newDueHeap<number>();
      const model: number[] = [];
      for (const [index, chosen] of choices.entries()) {
        if (chosen === "pop") {
          expect(popDue(heap)?.at).toBe(model.shift());
        } else {
          pushDue(heap, chosen, index);
          model.push(chosen);
          model.sort((a, b) => a - b);
        }
        expect(peekDue(heap)?.at).toBe(model[0]);
      }
    }),
  );
});

test("stale entries do not pile up", () => {
  const heap = newDueHeap<number>();
  for (let index = 0; index < 10_000; index++) {
    pushDue(heap, index % 97, index);
    pruneDue(heap, 1, ({ target }) => target === index);
  }
  expect(heap.entries.length).toBeLessThan(100);
  expect(popDue(heap)?.at).toBeDefined();
});
