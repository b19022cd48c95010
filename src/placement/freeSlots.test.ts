import { expect, test } from "bun:test";
import fc from "fast-check";
import { FreeSlots } from "./freeSlots.ts";

const NOBODY: ReadonlySet<number> = new Set();

function fleet(free: Record<number, number>): FreeSlots {
  const slots = new FreeSlots();
  for (const [node, count] of Object.entries(free)) slots.set(Number(node), count);
  return slots;
}

test("spread takes the emptiest node, pack the fullest that fits", () => {
  const slots = fleet({ 1: 4, 2: 1, 3: 2 });
  expect(slots.pick(1, "spread", NOBODY)).toBe(1);
  expect(slots.pick(1, "pack", NOBODY)).toBe(2);
  expect(slots.pick(2, "pack", NOBODY)).toBe(3);
  expect(slots.pick(5, "pack", NOBODY)).toBeNull();
});

test("barred nodes are passed over, whatever they have free", () => {
  const slots = fleet({ 1: 4, 2: 4, 3: 1 });
  expect(slots.pick(1, "spread", new Set([1, 2]))).toBe(3);
  expect(slots.pick(2, "spread", new Set([1, 2]))).toBeNull();
});

test("it agrees with a plain map after any changes", () => {
  const change = fc.record({
    node: fc.integer({ min: 1, max: 8 }),
    free: fc.option(fc.integer({ min: 0, max: 6 })),
  });
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 60 }),
      fc.integer({ min: 1, max: 6 }),
      (changes, need) => {
        const slots = new FreeSlots();
        const plain = new Map<number, number>();
        for (const { node, free } of changes) {
          if (free === null) {
            slots.remove(node);
            plain.delete(node);
          } else {
            slots.set(node, free);
            plain.set(node, free);
          }
        }
        const fits = [...plain].filter(([, free]) => free >= need).map(([, free]) => free);
        const spread = slots.pick(need, "spread", NOBODY);
        const pack = slots.pick(need, "pack", NOBODY);
        expect(spread === null ? null : plain.get(spread)).toBe(
          fits.length === 0 ? null : Math.max(...fits),
        );
        expect(pack === null ? null : plain.get(pack)).toBe(
          fits.length === 0 ? null : Math.min(...fits),
        );
        expect(slots.total).toBe([...plain.values()].reduce((sum, free) => sum + free, 0));
        expect(slots.highest).toBe(Math.max(0, ...plain.values()));
        expect(slots.nodeCount).toBe(plain.size);
      },
    ),
  );
});
