import { z } from "@hono/zod-openapi";
import { parseDuration } from "../../model/duration.ts";
import { isValidId } from "../../model/id.ts";
import { DISPLAY_NAME_MAX_LENGTH, METADATA_MAX } from "../../model/limits.ts";
import type { RequestErrorCode } from "../../model/requestError.ts";

/** What a refused value broke; `expected` is a phrase that fits behind "Expected". */
export interface Rule {
  readonly code: RequestErrorCode;
  readonly expected: string;
  /** Absent: "Give {expected}." */
  readonly fix?: string;
}

/** The schema with one more rule; the error of a value that breaks it carries the rule's code and words. */
export function where<Schema extends z.ZodType>(
  schema: Schema,
  holds: (value: z.output<Schema>) => boolean,
  rule: Rule,
): Schema {
  return schema.refine(holds, { error: rule.expected, params: { ...rule } });
}

/** An object that refuses every other field, and names its own when it does. */
export function record<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(", ");
  const known = names === "" ? "an empty object" : `only the fields ${names}`;
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? known : undefined),
  });
}

/** Fields of which at least one is given: a change of nothing would be noted as one. */
export function patch<Shape extends z.ZodRawShape>(shape: Shape) {
  return where(record(shape), (value) => Object.keys(value).length > 0, {
    code: "InvalidRequestBody",
    expected: "at least one field to change",
    fix: `Give one of ${Object.keys(shape).join(", ")}.`,
  });
}

/** One of these words, in whatever case; it comes out as written here. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  const byFolded = new Map<string, string>(words.map((word) => [word.toLowerCase(), word]));
  const fold = (value: unknown) =>
    typeof value === "string" ? (byFolded.get(value.toLowerCase()) ?? value) : value;
  return z.preprocess(fold, z.enum(words, { error: `one of ${words.join(", ")}` }));
}

/** A whole number from least to most, both included. */
export function integer(
  least: number,
  most: number,
  code: RequestErrorCode = "InvalidPropertyValue",
) {
  const expected = `a whole number from ${least} to ${most}`;
  const holds = (value: number) => Number.isInteger(value) && value >= least && value <= most;
  return where(z.number({ error: expected }), holds, { code, expected }).openapi({
    type: "integer",
    minimum: least,
    maximum: most,
  });
}

/** Text of 1 to `most` characters without the character NUL, which neither files nor argv can hold. */
export function text(most: number) {
  const expected = `text of 1 to ${most} characters without NUL`;
  const holds = (value: string) =>
    value.length > 0 && value.length <= most && !value.includes("\0");
  return where(z.string(), holds, { code: "InvalidPropertyValue", expected }).openapi({
    minLength: 1,
    maxLength: most,
  });
}

/** ISO 8601 or Go's form; kept as text here, see milliseconds(). */
export function duration(
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
  rule: Rule = { code: "InvalidPropertyValue", expected: DURATION_EXPECTED },
) {
  const holds = (value: string) => {
    const valueMs = parseDuration(value);
    return valueMs !== null && valueMs >= least && valueMs <= most;
  };
  return where(z.string(), holds, rule).openapi({ format: "duration", example: "PT15M" });
}

const DURATION_EXPECTED = "a duration as PT15M, P7D, 15m or 1h30m";

/** The milliseconds of a checked duration. */
export function milliseconds(checked: string): number {
  const valueMs = parseDuration(checked);
  if (valueMs === null) throw new Error(`Expected a checked duration, got ${checked}.`);
  return valueMs;
}

export const ID = where(z.string(), isValidId, {
  code: "InvalidPropertyValue",
  expected: "1 to 64 characters out of A-Z, a-z, 0-9, '-' and '_'",
}).openapi({ pattern: "^[A-Za-z0-9_-]{1,64}$" });

export const DISPLAY_NAME = where(z.string(), (name) => name.length <= DISPLAY_NAME_MAX_LENGTH, {
  code: "InvalidPropertyValue",
  expected: `text of at most ${DISPLAY_NAME_MAX_LENGTH} characters`,
}).openapi({ maxLength: DISPLAY_NAME_MAX_LENGTH });

const METADATA_VALUE_MAX_LENGTH = 4096;
const METADATA_ITEM = record({
  name: where(z.string(), (name) => name !== "", {
    code: "EmptyMetadataKey",
    expected: "a name that is not empty",
  }),
  value: where(z.string(), (value) => value.length <= METADATA_VALUE_MAX_LENGTH, {
    code: "InvalidPropertyValue",
    expected: `text of at most ${METADATA_VALUE_MAX_LENGTH} characters`,
  }),
});

export const METADATA = where(z.array(METADATA_ITEM), (items) => items.length <= METADATA_MAX, {
  code: "InvalidPropertyValue",
  expected: `at most ${METADATA_MAX} items`,
});

/** An instant in answers, `2026-11-21T03:20:00.000Z`. */
export const TIME = z
  .string()
  .openapi({ format: "date-time", example: "2026-11-21T03:20:00.000Z" });
/** A duration in answers, always ISO 8601. */
export const DURATION = z.string().openapi({ format: "duration", example: "PT15M" });
