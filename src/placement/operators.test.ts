import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { isOperator, matchOperator, OPERATORS } from "./operators.ts";

type Side = string | null;
type Row = readonly [left: Side, right: Side, holds: boolean];

const EQUAL: readonly Row[] = [
  ["foo", "foo", true],
  ["foo", "bar", false],
  ["foo", "FOO", false],
  ["1.0", "1", false],
  ["", "", true],
  [null, "foo", false],
  ["foo", null, false],
  [null, null, false],
];
const DIFFERENT: readonly Row[] = [
  ["foo", "bar", true],
  ["foo", "foo", false],
  [null, "foo", true],
  ["foo", null, true],
  [null, null, false],
];
const CONTAINS_ALL: readonly Row[] = [
  ["foo,bar,baz", "foo,  bar  ", true],
  [" foo , bar", "bar", true],
  ["foo,bar", "foo,qux", false],
  ["foobar", "foo", false],
  ["foo", null, false],
  [null, "foo", false],
];

const TABLE: Readonly<Record<(typeof OPERATORS)[number], readonly Row[]>> = {
  "=": EQUAL,
  "==": EQUAL,
  is: EQUAL,
  "!=": DIFFERENT,
  not: DIFFERENT,
  "<": [
    ["9", "10", true],
    ["10", "10", false],
    ["-3", "+2", true],
    ["2", "10.5", true],
    ["1e1", "10.5", true],
    ["9x", "10", false],
    ["bar", "foo", true],
    ["9007199254740992", "9007199254740993", true],
    ["99999999999999999999", "100000000000000000000", false],
    ["1e999", "2", true],
    ["\uffff", "\u{1f600}", true],
    ["5", "inf", true],
    ["nan", "1", false],
    [null, "1", false],
    ["1", null, false],
    [null, null, false],
  ],
  "<=": [
    ["10", "10", true],
    ["10", "10.0", true],
    ["a", "a", true],
    ["b", "a", false],
    [null, "1", false],
  ],
  ">": [
    ["10", "9", true],
    ["10", "9.5", true],
    ["foobar", "foo", true],
    ["foo", "foo", false],
    ["1", null, false],
  ],
  ">=": [
    ["10", "10", true],
    ["9", "10", false],
    ["foo", "foo", true],
    [null, "1", false],
  ],
  regexp: [
    ["foobar", "^foo", true],
    ["zipzap", "foo", false],
    ["xfoox", "foo", true],
    ["foo", "(foo", false],
    ["foo", "", true],
    [null, "", false],
    ["foo", null, false],
  ],
  version: [
    ["1.2.3", ">= 1.0, < 1.4", true],
    ["1.4", ">= 1.0, < 1.4", false],
    ["1.2.3", "~> 1.0", true],
    ["2.0", "~> 1.0", false],
    ["1.3.0-beta1", ">= 0.6.1", false],
    ["no version", ">= 1", false],
    ["1.2", "nonsense", false],
    [null, ">= 1", false],
    ["1.2", null, false],
  ],
  semver: [
    ["1.7.0-beta", ">= 1.6.0", true],
    ["1.7.0-beta", ">= 1.7.0", false],
    ["1.7.0", ">= 1.7.0-dev", true],
    ["1.2.3", "~> 1.0", false],
    [null, ">= 1", false],
    ["1.2", null, false],
  ],
  set_contains: CONTAINS_ALL,
  set_contains_all: CONTAINS_ALL,
  set_contains_any: [
    ["a,b", "a", true],
    ["a,b", "c, b", true],
    ["b", "a", false],
    [null, "a", false],
    ["a", null, false],
  ],
  is_set: [
    ["foo", null, true],
    ["", "", true],
    [null, "", false],
  ],
  is_not_set: [
    [null, null, true],
    [null, "", true],
    ["", "", false],
  ],
  distinct_hosts: [[null, null, true]],
  distinct_property: [[null, null, true]],
};

for (const operator of OPERATORS) {
  for (const [left, right, holds] of TABLE[operator]) {
    const sides = `${JSON.stringify(left)} ${operator} ${JSON.stringify(right)}`;
    test(`${sides} ${holds ? "holds" : "does not hold"}`, () => {
      expect(matchOperator(operator, left, right)).toBe(holds);
    });
  }
}

test("an unknown operator never holds", () => {
  expect(matchOperator("resembles", "a", "a")).toBe(false);
  expect(matchOperator("constructor", "a", "a")).toBe(false);
});

test("of the four comparisons of two texts those hold that agree with each other", () => {
  const side = fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String));
  fc.assert(
    fc.property(side, side, (left, right) => {
      fc.pre(left !== "NaN" && right !== "NaN");
      const less = matchOperator("<", left, right);
      expect(matchOperator(">=", left, right)).toBe(!less);
      expect(matchOperator(">", right, left)).toBe(less);
      expect(matchOperator("<=", right, left)).toBe(!less);
    }),
  );
});

test("docs/placement.md explains every operator, and no other", () => {
  const page = readFileSync(join(import.meta.dir, "../../docs/placement.md"), "utf8");
  const [, section = ""] = page.split("## Operators");
  const [table = ""] = section.split("\n## ");
  const cells = [...table.matchAll(/^\|([^|]+)\|/gm)].map((match) => match[1] ?? "");
  const named = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]));
  expect(named.toSorted()).toEqual([...OPERATORS].sort());
  expect(named.every((name) => name !== undefined && isOperator(name))).toBe(true);
});
