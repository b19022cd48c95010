import type { z } from "@hono/zod-openapi";
import type { RequestError, RequestErrorCode } from "../../model/requestError.ts";
import { UNSUPPORTED_FEATURES } from "./feature.ts";
import type { Rule } from "./field.ts";

/** A refusal with what was expected and what was given, where a value was at fault. */
export interface ErrorDetail extends RequestError {
  readonly expected?: string;
  /** The value as JSON, cut to GIVEN_MAX_LENGTH characters. */
  readonly given?: string;
}

export type Checked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: ErrorDetail };

/** Where the value came from: it decides the code of a plain misfit. */
export type Origin = "body" | "query";

/** Enough to recognise a value by; errors stay readable. */
const GIVEN_MAX_LENGTH = 120;
/** How the expectations of field.ts begin that end in a list of names. */
const ONLY_THE_FIELDS = "only the fields ";
const ONE_OF = "one of ";
/** A misspelt field differs from the one meant by at most this many letters. */
const MISSPELLING_MAX = 2;

/**
 * The value if it fits the schema, else what is wrong with it first. `path` is put before the field's path, as `tasks[3]`.
 */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  origin: Origin = "body",
  path = "",
): Checked<z.output<Schema>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  // An unknown field is often why another one is missing: it is named first.
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined) throw new Error("Expected an issue of a failed check.");
  return { ok: false, error: firstOf(issue, value, origin, path) };
}

export type FullyChecked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly errors: readonly ErrorDetail[] };

/**
 * As check, with everything that is wrong, for what a person corrects in one go. A field that is missing because its name
 * is misspelt is one mistake.
 */
export function checkAll<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path = "",
): FullyChecked<z.output<Schema>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const errors: ErrorDetail[] = [];
  const meant = new Set<string>();
  for (const issue of parsed.error.issues) {
    if (issue.code !== "unrecognized_keys") {
      errors.push(firstOf(issue, value, "body", path));
      continue;
    }
    const parent = joinPath(path, issue.path);
    for (const key of issue.keys) {
      errors.push(unknownField(key, parent, issue.message, "body"));
      const name = nearest(key, issue.message);
      if (name !== undefined) meant.add(joinPath(parent, [name]));
    }
  }
  const isMisspelt = ({ code, field = "" }: ErrorDetail) =>
    code === "MissingRequiredProperty" && meant.has(field);
  return { ok: false, errors: errors.filter((error) => !isMisspelt(error)) };
}

/** What an issue says; of several unknown fields the first. */
function firstOf(
  issue: z.core.$ZodIssue,
  input: unknown,
  origin: Origin,
  path: string,
): ErrorDetail {
  const isWordOfList = origin === "query" && issue.path.length > 1;
  const field = joinPath(path, isWordOfList ? issue.path.slice(0, 1) : issue.path);
  const given = isWordOfList ? queryWordAt(input, issue.path) : valueAt(input, issue.path);
  if (issue.code === "unrecognized_keys") {
    return unknownField(issue.keys[0] ?? "", field, issue.message, origin);
  }
  if (given === undefined) return missingField(field, expectation(issue), origin);
  return misfit(field, given, ruleOf(issue, origin));
}

function missingField(field: string, expected: string, origin: Origin): ErrorDetail {
  const code = origin === "query" ? "InvalidQueryParameterValue" : "MissingRequiredProperty";
  if (field === "") {
    return {
      code: "InvalidRequestBody",
      message: `Expected ${expected} as the request body and got none.`,
      fix: "Send a JSON body with the header Content-Type: application/json.",
      expected,
    };
  }
  return {
    code,
    message: `Expected ${expected} as ${field} and got nothing.`,
    fix: `Add ${field}.`,
    field,
    expected,
  };
}

function misfit(field: string, value: unknown, rule: Rule): ErrorDetail {
  const given = describe(value);
  const subject = field === "" ? "the request body" : field;
  const isWord = rule.expected.startsWith(ONE_OF) && typeof value === "string";
  const meant = isWord ? nearest(value, rule.expected) : undefined;
  const guess = meant === undefined ? "" : ` Did you mean ${meant}?`;
  const fix = meant === undefined ? `Give ${rule.expected}.` : `Write ${meant}.`;
  const detail: ErrorDetail = {
    code: rule.code,
    message: `Expected ${rule.expected} as ${subject} and got ${given}.${guess}`,
    fix: rule.fix ?? fix,
    expected: rule.expected,
    given,
  };
  return field === "" ? detail : { ...detail, field };
}

function unknownField(key: string, parent: string, known: string, origin: Origin): ErrorDetail {
  const field = joinPath(parent, [key]);
  const isFeature = origin === "body" && UNSUPPORTED_FEATURES.has(key);
  const meant = isFeature ? undefined : nearest(key, known);
  const guess = meant === undefined ? "" : ` Did you mean ${meant}?`;
  return {
    code: origin === "query" ? "InvalidQueryParameterValue" : "UnsupportedProperty",
    message: isFeature
      ? `${field} is a feature of Azure Batch that is not supported.`
      : `Expected ${known}, and got ${field}.${guess}`,
    fix: meant === undefined ? `Remove ${field}.` : `Write ${meant} or remove ${field}.`,
    field,
    expected: known,
    given: key,
  };
}

/** The rule of a custom check; for a wrong type the schema's own words. */
function ruleOf(issue: z.core.$ZodIssue, origin: Origin): Rule {
  const fallback: RequestErrorCode =
    origin === "query" ? "InvalidQueryParameterValue" : "InvalidPropertyValue";
  const rule = issue.code === "custom" ? (issue.params as Rule | undefined) : undefined;
  const expected = expectation(issue);
  if (rule === undefined || rule.code === undefined) return { code: fallback, expected };
  return origin === "query" ? { ...rule, code: fallback } : rule;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

function expectation(issue: z.core.$ZodIssue): string {
  // A schema that has words of its own for a wrong type does not begin so.
  const isOwn = !issue.message.startsWith("Invalid input");
  if (issue.code !== "invalid_type" || isOwn) return issue.message;
  return TYPE_WORDS[issue.expected] ?? issue.expected;
}

function joinPath(prefix: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((joined, key) => {
    if (typeof key === "number") return `${joined}[${key}]`;
    return joined === "" ? String(key) : `${joined}.${String(key)}`;
  }, prefix);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined,
    input,
  );
}

/** A query parameter that stands for several words has them behind commas, or is there several times. */
function queryWordAt(input: unknown, [name = "", index]: readonly PropertyKey[]): unknown {
  const value = valueAt(input, [name]);
  const texts: unknown[] = Array.isArray(value) ? value : [value];
  const words = texts.flatMap((item) => (typeof item === "string" ? item.split(",") : [item]));
  return typeof index === "number" ? words[index] : value;
}

function describe(value: unknown): string {
  const json = JSON.stringify(value) ?? typeof value;
  return json.length <= GIVEN_MAX_LENGTH ? json : `${json.slice(0, GIVEN_MAX_LENGTH)}...`;
}

/** The known field that the key was probably meant to be. */
function nearest(key: string, known: string): string | undefined {
  const names = known.replace(ONLY_THE_FIELDS, "").replace(ONE_OF, "").split(", ");
  const folded = key.toLowerCase();
  return names.find(
    (name) =>
      name.toLowerCase() === folded ||
      (name.length > MISSPELLING_MAX &&
        editDistance(name.toLowerCase(), folded) <= MISSPELLING_MAX),
  );
}

/** Levenshtein's distance, by rows. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MISSPELLING_MAX) return MISSPELLING_MAX + 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
