import { expect, test } from "bun:test";
import { diffLines } from "./lineDiff.ts";
import { sideBySide } from "./sideBySide.ts";

test("what differs is marked between the two sides, wide and long lines fit their column", () => {
  const before = ["same", "old", "한국어한국어", "gone", "end"];
  const after = ["same", "new\u001b[2J", "한국어한국어", "end", "a line that is too long"];
  expect(sideBySide(["left", "right"], diffLines(before, after), 25)).toEqual([
    "left          right",
    "-----------   -----------",
    "same          same",
    "old         | new\\x1b[2J",
    "한국어한...   한국어한...",
    "gone        <",
    "end           end",
    "            > a line t...",
  ]);
});

test("more lines in the place of one stand below each other", () => {
  const edits = diffLines(["a"], ["b", "c"]);
  expect(sideBySide(["", ""], edits, 9).slice(2)).toEqual(["a   | b", "    > c"]);
});
