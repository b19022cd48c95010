import { compareOrder } from "./order.ts";
import { compilePattern } from "./pattern.ts";
import {
  parseVersion,
  parseVersionConstraints,
  satisfiesVersion,
  type VersionDialect,
} from "./version.ts";

/** Every operator that a constraint may have. */
export const OPERATORS = [
  "=",
  "==",
  "is",
  "!=",
  "not",
  "<",
  "<=",
  ">",
  ">=",
  "regexp",
  "version",
  "semver",
  "set_contains",
  "set_contains_all",
  "set_contains_any",
  "is_set",
  "is_not_set",
  "distinct_hosts",
  "distinct_property",
] as const;

export type Operator = (typeof OPERATORS)[number];

export function isOperator(text: string): text is Operator {
  return (OPERATORS as readonly string[]).includes(text);
}

/** Whether a constraint holds for the left side; null: the node has no such property. */
export type Matcher = (left: string | null) => boolean;

const NEVER: Matcher = () => false;

/** Whether the operator holds between two sides; null: that side is missing. */
export function matchOperator(operator: string, left: string | null, right: string | null) {
  return matcherOf(operator, right)(left);
}

/** A matcher with its right side read once. An unknown operator, or a right side it can not read, never holds. */
export function matcherOf(operator: string, right: string | null): Matcher {
  if (!isOperator(operator)) return NEVER;
  switch (operator) {
    case "is_set":
      return (left) => left !== null;
    case "is_not_set":
      return (left) => left === null;
    case "!=":
    case "not":
      return (left) => left !== right;
    // Not questions about one node; they are asked elsewhere.
    case "distinct_hosts":
    case "distinct_property":
      return () => true;
    default:
      return right === null ? NEVER : matcherWithValue(operator, right);
  }
}

type ValueOperator = Exclude<
  Operator,
  "is_set" | "is_not_set" | "!=" | "not" | "distinct_hosts" | "distinct_property"
>;

function matcherWithValue(operator: ValueOperator, right: string): Matcher {
  switch (operator) {
    case "=":
    case "==":
    case "is":
      return (left) => left === right;
    case "<":
    case "<=":
    case ">":
    case ">=":
      return (left) => left !== null && compareOrder(operator, left, right);
    case "regexp":
      return regexpMatcher(right);
    case "version":
    case "semver":
      return versionMatcher(right, operator);
    case "set_contains":
    case "set_contains_all": {
      const wanted = itemsOf(right);
      return setMatcher((items) => wanted.every((item) => items.has(item)));
    }
    case "set_contains_any": {
      const wanted = itemsOf(right);
      return setMatcher((items) => wanted.some((item) => items.has(item)));
    }
  }
}

function regexpMatcher(right: string): Matcher {
  const pattern = compilePattern(right);
  return pattern === null ? NEVER : (left) => left !== null && pattern.test(left);
}

function versionMatcher(right: string, dialect: VersionDialect): Matcher {
  const constraints = parseVersionConstraints(right, dialect);
  if (constraints === null) return NEVER;
  return (left) => {
    const version = left === null ? null : parseVersion(left);
    return version !== null && satisfiesVersion(version, constraints, dialect);
  };
}

function setMatcher(holds: (items: ReadonlySet<string>) => boolean): Matcher {
  return (left) => left !== null && holds(new Set(itemsOf(left)));
}

function itemsOf(text: string): string[] {
  return text.split(",").map((item) => item.trim());
}
