import { expect, test } from "bun:test";
import { listOf, numberOf, options, pairsOf } from "./options.ts";

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

test("an option that may be given again keeps all its values, in order", () => {
  const words = ["--meta", "rack=r1", "--meta=zone=a=b"];
  const values = options(words, [], "", { lists: ["meta"] }) ?? {};
  expect(listOf(values, "meta")).toEqual(["rack=r1", "zone=a=b"]);
  expect(pairsOf(values, "meta")).toEqual({ rack: "r1", zone: "a=b" });
  expect(listOf({}, "meta")).toEqual([]);
  expect(() => pairsOf({ meta: "rack" }, "meta")).toThrow(
    'Expected --meta NAME=VALUE, got "rack".',
  );
});
