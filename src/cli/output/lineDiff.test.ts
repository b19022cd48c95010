import { expect, test } from "bun:test";
import fc from "fast-check";
import { diffLines, unifiedDiff } from "./lineDiff.ts";

const LINES = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });

/** Length of the longest common subsequence, by the textbook. */
function commonLength(left: readonly string[], right: readonly string[]): number {
  let last: number[] = new Array(right.length + 1).fill(0);
  for (const one of left) {
    const next = [0];
    for (const [index, other] of right.entries()) {
      const best = Math.max(last[index + 1] ?? 0, next[index] ?? 0);
      next.push(one === other ? (last[index] ?? 0) + 1 : best);
    }
    last = next;
  }
  return last.at(-1) ?? 0;
}

test("what was not removed and not added is both texts, with the fewest edits", () => {
  fc.assert(
    fc.property(LINES, LINES, (before, after) => {
      const edits = diffLines(before, after);
      const without = (kind: string) =>
        edits.filter((edit) => edit.kind !== kind).map(({ line }) => line);
      expect(without("added")).toEqual(before);
      expect(without("removed")).toEqual(after);
      const kept = edits.filter(({ kind }) => kind === "same").length;
      expect(kept).toBe(commonLength(before, after));
    }),
  );
});

test("texts that have too little in common are replaced altogether", () => {
  const before = Array.from({ length: 1_500 }, (_, index) => `old ${index}`);
  const after = Array.from({ length: 1_500 }, (_, index) => `new ${index}`);
  const kinds = diffLines(before, after).map(({ kind }) => kind);
  expect(kinds).toEqual([...before.map(() => "removed"), ...after.map(() => "added")] as never);
});

const TEN = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

// What GNU diff -u prints for these texts, without its first two lines.
test.each([
  ["same", "a\n", "a\n", []],
  ["added to nothing", "", "a\n", ["@@ -0,0 +1 @@", "+a"]],
  ["removed to nothing", "a\nb\n", "", ["@@ -1,2 +0,0 @@", "-a", "-b"]],
  ["a last line end", "a\n", "a", ["@@ -1 +1 @@", "-a", "+a\n\\ No newline at end of file"]],
  [
    "two places apart",
    TEN,
    TEN.replace("1\n", "one\n").replace("10", "ten"),
    [
      "@@ -1,4 +1,4 @@",
      "-1",
      "+one",
      " 2",
      " 3",
      " 4",
      "@@ -7,4 +7,4 @@",
      " 7",
      " 8",
      " 9",
      "-10",
      "+ten",
    ],
  ],
])("a comparison of %s", (_, before, after, lines) => {
  expect(unifiedDiff(before, after)).toEqual(lines);
});
