import { expect, test } from "bun:test";
import fc from "fast-check";
import { readRows } from "./paging.ts";

/** A list of numbers served in pages of at most `most`. */
function pagesOf(count: number, most: number) {
  const asked: number[] = [];
  const readPage = ({ limit, cursor }: { limit: number; cursor?: string }) => {
    asked.push(limit);
    const start = Number(cursor ?? 0);
    const end = Math.min(count, start + Math.min(limit, most));
    const items = Array.from({ length: end - start }, (_, index) => start + index);
    return Promise.resolve(end < count ? { items, cursor: String(end) } : { items });
  };
  return { readPage, asked };
}

test("never does a window show other rows than a slice of the whole would", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        count: fc.nat(60),
        most: fc.integer({ min: 1, max: 20 }),
        limit: fc.nat(30),
        offset: fc.nat(70),
      }),
      async ({ count, most, limit, offset }) => {
        const { readPage } = pagesOf(count, most);
        const { rows, total } = await readRows({ limit, offset }, readPage);
        const all = Array.from({ length: count }, (_, index) => index);
        expect(rows).toEqual(all.slice(offset, limit === 0 ? undefined : offset + limit));
        expect(total).toEqual({ count, isExact: true });
      },
    ),
  );
});

test("no more rows are read than are wanted when the pages say how many there are", async () => {
  const { readPage, asked } = pagesOf(1_000_000, 1000);
  const window = { limit: 30, offset: 5 };
  const { total } = await readRows(window, async (page) => ({
    ...(await readPage(page)),
    total: 1_000_000,
  }));
  expect(total).toEqual({ count: 1_000_000, isExact: true });
  expect(asked).toEqual([35]);
});

test("counting ends where it would cost too much, and says so", async () => {
  const { readPage, asked } = pagesOf(1_000_000, 1000);
  const { total } = await readRows({ limit: 30, offset: 0 }, readPage);
  expect(total).toEqual({ count: 10_030, isExact: false });
  expect(asked).toHaveLength(11);
});
