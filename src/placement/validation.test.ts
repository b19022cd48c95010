import { expect, test } from "bun:test";
import type { ConstraintSpec } from "../model/placementSpec.ts";
import type { Finding } from "./finding.ts";
import { isOperator, OPERATORS } from "./operators.ts";
import { checkTarget, resolveTarget } from "./target.ts";
import { aNode } from "./testGroup.ts";
import { validateAffinity, validateConstraint, validateSpread } from "./validation.ts";

function codes(findings: readonly Finding[]): Finding["code"][] {
  return findings.map(({ code }) => code);
}

function constraint(attribute: string, operator: string, value: string): ConstraintSpec {
  return { attribute, operator, value };
}

const KERNEL = "$" + "{attr.kernel.name}";

const CONSTRAINTS: readonly (readonly [ConstraintSpec, readonly Finding["code"][]])[] = [
  [constraint(KERNEL, "=", "linux"), []],
  [constraint("literal", "=", "literal"), []],
  [constraint("", "", ""), ["operator_required", "attribute_required"]],
  [constraint("", "like", ""), ["operator_unknown", "attribute_required"]],
  [constraint(KERNEL, "=", ""), ["value_required"]],
  [constraint(KERNEL, "not", ""), ["value_required"]],
  [constraint(KERNEL, ">=", ""), ["value_required"]],
  [constraint("", "set_contains_any", ""), ["value_required", "attribute_required"]],
  [constraint(KERNEL, "regexp", "(a"), ["regexp_invalid"]],
  [constraint(KERNEL, "regexp", "$"), []],
  [constraint(KERNEL, "version", "~> foo"), ["version_invalid"]],
  [constraint(KERNEL, "semver", "~> 1.0"), ["semver_invalid"]],
  [constraint(KERNEL, "is_set", ""), []],
  [constraint(KERNEL, "is_set", "x"), ["value_not_allowed"]],
  [constraint("", "distinct_hosts", ""), []],
  [constraint("", "distinct_hosts", "false"), []],
  [constraint("", "distinct_property", ""), ["attribute_required"]],
  [constraint(KERNEL, "distinct_property", "3"), []],
  [constraint(KERNEL, "distinct_property", "0"), ["distinct_property_count_invalid"]],
  [constraint(KERNEL, "distinct_property", "x"), ["distinct_property_count_invalid"]],
  [constraint("$attr.a", "=", "x"), ["missing_opening_brace"]],
  [constraint("$" + "{attr.a", "=", "x"), ["missing_closing_brace"]],
  [constraint("$" + "{env.HOME}", "=", "x"), ["attribute_unsupported"]],
  [constraint(KERNEL, "=", "$" + "{node.colour}"), ["attribute_unsupported"]],
];

for (const [spec, expected] of CONSTRAINTS) {
  const words = `${spec.attribute} ${spec.operator} ${spec.value}`.trim();
  test(`constraint "${words}": ${expected.join(", ") || "nothing wrong"}`, () => {
    expect(codes(validateConstraint(spec))).toEqual([...expected]);
  });
}

test("every operator has a valid form", () => {
  const validValue = (operator: string): string => {
    if (operator.startsWith("is_") || operator.startsWith("distinct_")) return "";
    return operator === "version" || operator === "semver" ? ">= 1.2" : "a";
  };
  for (const operator of OPERATORS) {
    expect(isOperator(operator)).toBe(true);
    expect(validateConstraint(constraint(KERNEL, operator, validValue(operator)))).toEqual([]);
  }
});

test("constraints that compare nodes are not for one member", () => {
  const findings = validateConstraint(constraint("", "distinct_hosts", ""), "member");
  expect(codes(findings)).toEqual(["operator_not_allowed"]);
});

test("an affinity needs a weight, and can not be distinct", () => {
  const affinity = { ...constraint(KERNEL, "=", "linux"), weight: -100 };
  expect(validateAffinity(affinity)).toEqual([]);
  for (const weight of [0, 101, -101, 0.5]) {
    expect(codes(validateAffinity({ ...affinity, weight }))).toEqual(["weight_invalid"]);
  }
  const distinct = { ...affinity, operator: "distinct_property", value: "" };
  expect(codes(validateAffinity(distinct))).toEqual(["operator_not_allowed"]);
});

test("a spread's targets differ and share out a hundred percent at most", () => {
  const spread = { attribute: KERNEL, weight: 50, targets: [] };
  expect(validateSpread(spread)).toEqual([]);
  expect(codes(validateSpread({ ...spread, attribute: "" }))).toEqual(["attribute_required"]);
  expect(codes(validateSpread({ ...spread, weight: 101 }))).toEqual(["weight_invalid"]);
  const targets = [
    { value: "a", percent: 70 },
    { value: "a", percent: 40 },
    { value: "b", percent: -1 },
  ];
  expect(codes(validateSpread({ ...spread, targets }))).toEqual([
    "target_duplicate",
    "percent_invalid",
    "percent_sum_invalid",
  ]);
});

test("targets resolve to what the node has, and other texts to themselves", () => {
  const { traits } = aNode(1, { nodeClass: "large", meta: { rack: "r1", "a}b": "x" } });
  const rows: readonly (readonly [string, string | null])[] = [
    ["node.unique.id", "guid-1"],
    ["node.unique.name", "node-1"],
    ["node.datacenter", "dc1"],
    ["node.class", "large"],
    ["node.pool", "default"],
    ["attr.kernel.name", "linux"],
    ["attr.constructor", null],
    ["meta.rack", "r1"],
    ["meta.row", null],
    ["device.vendor", null],
    ["node.colour", null],
  ];
  for (const [name, value] of rows) {
    expect(resolveTarget(`\${${name}}`, traits)).toBe(value);
  }
  expect(resolveTarget("linux", traits)).toBe("linux");
  expect(checkTarget("$")).toMatchObject({ code: "missing_opening_brace" });
});
