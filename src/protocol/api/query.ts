import { z } from "@hono/zod-openapi";
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from "../../model/limits.ts";
import { integer, oneOf, record } from "./field.ts";

/** Query parameters arrive as text; each of these reads one into its value. */

export function wholeNumber(least: number, most: number) {
  const read = (value: unknown) =>
    typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return z.preprocess(read, integer(least, most));
}

/** `true`, `1` or nothing behind the name; `false` or `0`. */
export function flag() {
  const read = (value: unknown) => {
    if (value === "" || value === "1" || value === "true") return true;
    return value === "0" || value === "false" ? false : value;
  };
  return z.preprocess(read, z.boolean({ error: "true or false" }));
}

/** Several words: separated by commas, or the parameter several times. */
export function wordsOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  const read = (value: unknown) => {
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    return texts.flatMap((item) => (typeof item === "string" ? item.split(",") : [item]));
  };
  return z.preprocess(read, z.array(oneOf(words)));
}

const LIMIT = wholeNumber(1, PAGE_SIZE_MAX).openapi({
  type: "integer",
  default: PAGE_SIZE_DEFAULT,
  description: "Items of a page.",
});

export const PAGE_FIELDS = {
  limit: LIMIT.optional(),
  cursor: z.string().optional().openapi({ description: "From the answer before." }),
  order: oneOf(["asc", "desc"]).optional(),
};

export const PAGE_QUERY = record(PAGE_FIELDS);

const FOLLOW =
  "Goes on with what is written until the end; with Accept: text/event-stream as events, resumed by Last-Event-ID.";

const FOLLOW_FIELD = { follow: flag().optional().openapi({ description: FOLLOW }) };

/** Reads of files and output: `Range: bytes=a-b` is understood as well. */
export const OUTPUT_QUERY = record(FOLLOW_FIELD);

/** Reads of a member's log files. */
export const LOG_QUERY = record({
  ...FOLLOW_FIELD,
  lines: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional().openapi({
    type: "integer",
    description: "Begins with so many last lines of what there is; all that is kept without it.",
  }),
});
