import type { AffinitySpec, ConstraintSpec, SpreadSpec } from "../model/placementSpec.ts";
import type { Finding } from "./finding.ts";
import { isOperator, OPERATORS, type Operator } from "./operators.ts";
import { compilePattern } from "./pattern.ts";
import { checkTarget, isTarget } from "./target.ts";
import { parseVersionConstraints } from "./version.ts";

/** Where a constraint was written: those that compare nodes with each other are not for single members. */
export type ConstraintLevel = "job" | "group" | "member";

const DISTINCT: readonly string[] = ["distinct_hosts", "distinct_property"];

/** All that is wrong with a constraint; empty: nothing. */
export function validateConstraint(
  constraint: ConstraintSpec,
  level: ConstraintLevel = "group",
): readonly Finding[] {
  const { operator } = constraint;
  const findings = validateSides(constraint, operator !== "distinct_hosts");
  if (level === "member" && DISTINCT.includes(operator)) {
    const message = `${operator} is for a job or a group, not for one member`;
    findings.push({ code: "operator_not_allowed", message });
  }
  return findings;
}

/** All that is wrong with an affinity. */
export function validateAffinity(affinity: AffinitySpec): readonly Finding[] {
  const findings = validateSides(affinity, true);
  if (DISTINCT.includes(affinity.operator)) {
    const message = `${affinity.operator} is for constraints, not for affinities`;
    findings.push({ code: "operator_not_allowed", message });
  }
  if (
    !Number.isInteger(affinity.weight) ||
    affinity.weight === 0 ||
    Math.abs(affinity.weight) > 100
  ) {
    const message = `expected a weight from -100 to 100 and not 0, got ${affinity.weight}`;
    findings.push({ code: "weight_invalid", message });
  }
  return findings;
}

/** All that is wrong with a spread. */
export function validateSpread(spread: SpreadSpec): readonly Finding[] {
  const findings = sideFindings(spread.attribute);
  if (spread.attribute === "") findings.push(attributeRequired("a spread"));
  if (!Number.isInteger(spread.weight) || spread.weight <= 0 || spread.weight > 100) {
    const message = `expected a weight from 1 to 100, got ${spread.weight}`;
    findings.push({ code: "weight_invalid", message });
  }
  const values = new Set<string>();
  for (const { value, percent } of spread.targets) {
    if (values.has(value)) {
      findings.push({ code: "target_duplicate", message: `target "${value}" is there twice` });
    }
    values.add(value);
    if (!Number.isInteger(percent) || percent < 0 || percent > 100) {
      const message = `expected a percent from 0 to 100 for target "${value}", got ${percent}`;
      findings.push({ code: "percent_invalid", message });
    }
  }
  const sum = spread.targets.reduce((total, { percent }) => total + percent, 0);
  if (sum > 100) {
    const message = `the percents of the targets add up to ${sum}; 100 is the most`;
    findings.push({ code: "percent_sum_invalid", message });
  }
  return findings;
}

function validateSides(constraint: ConstraintSpec, needsAttribute: boolean): Finding[] {
  const { operator, attribute, value } = constraint;
  const findings: Finding[] = [];
  if (operator === "") {
    findings.push({ code: "operator_required", message: "a constraint needs an operator" });
  } else if (!isOperator(operator)) {
    const message = `"${operator}" is no operator; expected one of ${OPERATORS.join(", ")}`;
    findings.push({ code: "operator_unknown", message });
  } else {
    findings.push(...valueFindings(operator, value));
  }
  if (needsAttribute && attribute === "") findings.push(attributeRequired(`operator ${operator}`));
  // A regular expression may well begin with a dollar sign.
  const isLiteral = operator === "regexp" && !isTarget(value);
  return [...findings, ...sideFindings(attribute), ...(isLiteral ? [] : sideFindings(value))];
}

function attributeRequired(what: string): Finding {
  const message = `${what} needs an attribute, as \${attr.kernel.name}`;
  return { code: "attribute_required", message };
}

function sideFindings(text: string): Finding[] {
  const finding = checkTarget(text);
  return finding === null ? [] : [finding];
}

function valueFindings(operator: Operator, value: string): Finding[] {
  const required: Finding = { code: "value_required", message: `${operator} needs a value` };
  switch (operator) {
    case "distinct_hosts":
      return [];
    case "is_set":
    case "is_not_set":
      if (value === "") return [];
      return [{ code: "value_not_allowed", message: `${operator} has no value, got "${value}"` }];
    case "distinct_property":
      return countFindings(value);
    case "regexp":
    case "version":
    case "semver":
      if (isTarget(value)) return [];
      return compiles(operator, value) ? [] : [notReadable(operator, value)];
    case "=":
    case "==":
    case "is":
    case "!=":
    case "not":
    case "<":
    case "<=":
    case ">":
    case ">=":
    case "set_contains":
    case "set_contains_all":
    case "set_contains_any":
      return value === "" ? [required] : [];
  }
}

function countFindings(value: string): Finding[] {
  if (value === "" || (/^\d{1,15}$/.test(value) && Number(value) >= 1)) return [];
  const message = `distinct_property counts executions: expected a whole number from 1, got "${value}"`;
  return [{ code: "distinct_property_count_invalid", message }];
}

type ReadOperator = "regexp" | "version" | "semver";

function compiles(operator: ReadOperator, value: string): boolean {
  return operator === "regexp"
    ? compilePattern(value) !== null
    : parseVersionConstraints(value, operator) !== null;
}

function notReadable(operator: ReadOperator, value: string): Finding {
  switch (operator) {
    case "regexp":
      return { code: "regexp_invalid", message: `"${value}" is no regular expression` };
    case "version":
      return {
        code: "version_invalid",
        message: `expected versions as ">= 1.0, < 1.4" or "~> 1.2", got "${value}"`,
      };
    case "semver":
      return {
        code: "semver_invalid",
        message: `expected versions as ">= 1.0.0, < 1.4.0" (no ~>), got "${value}"`,
      };
  }
}
