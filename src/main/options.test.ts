import { expect, test } from "bun:test";
import { numberOf, options } from "./options.ts";

test.each([
  [
    ["--nodes", "-1"],
    /^Expected a value behind --nodes and got an option; write --nodes=-1 for -1\. See --help\.$/,
  ],
  [["--nodes"], /^Option '--nodes <value>' argument missing\. See --help\.$/],
  [["--colour", "x"], /^Unknown option '--colour'.* See --help\.$/],
])("words that do not fit are told in one line: %p", (words, line) => {
  expect(() => options(words, ["nodes"], "")).toThrow(line);
});

test("a number that begins with a dash is read, and told with its bounds", () => {
  const values = options(["--nodes=-1"], ["nodes"], "") ?? {};
  expect(() => numberOf(values, "nodes", 1, 64, 2)).toThrow(
    'Expected --nodes to be a whole number from 1 to 64, got "-1".',
  );
});
