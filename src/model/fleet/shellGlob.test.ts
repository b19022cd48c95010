import { expect, test } from "bun:test";
import { matchesShellGlob } from "./shellGlob.ts";

test.each([
  ["*", "a.log", true],
  ["*", "", true],
  ["*", ".hidden", false],
  ["?hidden", ".hidden", false],
  [".*", ".hidden", true],
  ["\\.*", ".hidden", true],
  ["*.log", "a.log", true],
  ["*.log", "a.log.gz", false],
  ["a*b*c", "a1b2b3c", true],
  ["a*b*c", "a1b2b3", false],
  ["a**c", "ac", true],
  ["?.log", "a.log", true],
  ["?.log", "ab.log", false],
  ["?", "한", true],
  ["?", "😀", true],
  ["[a-c]1", "b1", true],
  ["[a-c]1", "d1", false],
  ["[!a-c]1", "d1", true],
  ["[^a-c]1", "a1", false],
  ["[]x]", "]", true],
  ["[!]x]", "]", false],
  ["[a-]", "-", true],
  ["[abc", "[abc", true],
  ["\\*", "*", true],
  ["\\*", "a", false],
  ["a\\", "a\\", true],
  ["A", "a", false],
  ["", "", true],
  ["", "a", false],
])("%s and %s: %p", (pattern, name, isMatch) => {
  expect(matchesShellGlob(pattern, name)).toBe(isMatch);
});

test("a pattern of many stars takes no longer than pattern times name", () => {
  expect(matchesShellGlob("a*".repeat(100), `${"a".repeat(5_000)}b`)).toBe(true);
  expect(matchesShellGlob(`${"*a".repeat(100)}c`, `${"a".repeat(5_000)}b`)).toBe(false);
});
