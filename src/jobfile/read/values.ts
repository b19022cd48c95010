import type { AttributeSchema, ValueType } from "../schema/schema.ts";
import { type PlainValue, plainValue, type TreeValue } from "../tree.ts";
import { ofNanoseconds, readDuration } from "./duration.ts";
import { nearest } from "./suggest.ts";

export type ReadValue =
  | { readonly ok: true; readonly value: unknown; readonly warning?: string }
  | {
      readonly ok: false;
      readonly expected: string;
      readonly code?: string;
      readonly fix?: string;
    };

function wrong(expected: string): ReadValue {
  return { ok: false, expected };
}

/** What stands there, for messages. */
export function shown(value: TreeValue): string {
  switch (value.kind) {
    case "null":
      return "null";
    case "list":
      return "a list";
    case "object":
      return "a map";
    case "boolean":
    case "number":
    case "string":
      return JSON.stringify(value.value).slice(0, 60);
  }
}

/** Text of a single value, as HCL converts it; null: it is none. */
export function textOf(value: TreeValue): string | null {
  switch (value.kind) {
    case "string":
      return value.value;
    case "number":
    case "boolean":
      return String(value.value);
    case "null":
    case "list":
    case "object":
      return null;
  }
}

function readText(value: TreeValue): ReadValue {
  const found = textOf(value);
  return found === null ? wrong("text") : { ok: true, value: found };
}

function readChoice(value: TreeValue, choices: readonly string[]): ReadValue {
  const found = textOf(value);
  if (found !== null && choices.includes(found)) return { ok: true, value: found };
  const expected = `one of ${choices.join(", ")}`;
  const meant = found === null ? null : nearest(found, choices);
  return meant === null
    ? { ok: false, expected }
    : { ok: false, expected, fix: `Write "${meant}".` };
}

function readWhole(value: TreeValue, min: number, max: number): ReadValue {
  const found = value.kind === "string" ? numberOf(value.value) : null;
  const number = value.kind === "number" ? value.value : found;
  if (number !== null && Number.isSafeInteger(number) && number >= min && number <= max) {
    return { ok: true, value: number };
  }
  if (max === Number.MAX_SAFE_INTEGER) return wrong(`a whole number of at least ${min}`);
  return wrong(`a whole number from ${min} to ${max}`);
}

function numberOf(text: string): number | null {
  return /^-?\d+$/.test(text) ? Number(text) : null;
}

function readTruth(value: TreeValue): ReadValue {
  if (value.kind === "boolean") return { ok: true, value: value.value };
  const found = textOf(value);
  if (found === "true" || found === "false") return { ok: true, value: found === "true" };
  return wrong("true or false");
}

const DURATION = 'a duration as "30s", "5m" or "1h30m"';

function readDurationValue(value: TreeValue, minMs: number, belowMin: string): ReadValue {
  const found = durationOf(value);
  if (found === null) return { ok: false, expected: DURATION, code: "duration_invalid" };
  if (found.isNegative || found.ms < minMs) {
    const expected =
      minMs === 0 ? "a duration of at least 0" : `a duration of at least ${minMs / 1000}s`;
    return { ok: false, expected, code: belowMin };
  }
  if (found.meant === null) return { ok: true, value: found.ms };
  const warning = `Expected ${DURATION} and got ${shown(value)}, which is read as "${found.meant}".`;
  return { ok: true, value: found.ms, warning };
}

interface FoundDuration {
  readonly ms: number;
  readonly isNegative: boolean;
  readonly meant: string | null;
}

/** A number is one of nanoseconds, as in Nomad. */
function durationOf(value: TreeValue): FoundDuration | null {
  if (value.kind === "number") {
    return { ms: ofNanoseconds(value.value), isNegative: value.value < 0, meant: null };
  }
  if (value.kind !== "string") return null;
  const number = numberOf(value.value);
  if (number !== null) return { ms: ofNanoseconds(number), isNegative: number < 0, meant: null };
  const read = readDuration(value.value);
  if (read.ok) return { ms: read.ms, isNegative: false, meant: read.meant };
  return read.isNegative ? { ms: 0, isNegative: true, meant: null } : null;
}

function readTexts(value: TreeValue): ReadValue {
  const items = value.kind === "list" ? value.items.map(textOf) : [null];
  return items.every((item) => item !== null)
    ? { ok: true, value: items }
    : wrong("a list of texts");
}

function readMap(value: TreeValue): ReadValue {
  if (value.kind !== "object") return wrong("a map of texts");
  const entries = [...value.entries].map(([key, entry]) => [key, textOf(entry.value)] as const);
  const bad = entries.find(([, found]) => found === null);
  if (bad !== undefined) return wrong(`a map of texts (${bad[0]} is none)`);
  return { ok: true, value: Object.fromEntries(entries) };
}

function readTextsMap(value: TreeValue): ReadValue {
  if (value.kind !== "object") return wrong("a map of lists of texts");
  const read = [...value.entries].map(([key, entry]) => {
    const single = textOf(entry.value);
    const items =
      entry.value.kind === "null" ? { ok: true as const, value: [] } : readTexts(entry.value);
    return [key, single === null ? (items.ok ? items.value : null) : [single]] as const;
  });
  if (read.some(([, items]) => items === null)) return wrong("a map of lists of texts");
  return { ok: true, value: Object.fromEntries(read) };
}

/** The value as its type asks for it, converted as HCL does (`"3"` is a number, `3` is a text). */
export function readValue(value: TreeValue, type: ValueType): ReadValue {
  switch (type.kind) {
    case "text":
      return readText(value);
    case "choice":
      return readChoice(value, type.choices);
    case "whole":
      return readWhole(value, type.min, type.max);
    case "truth":
      return readTruth(value);
    case "duration":
      return readDurationValue(value, type.minMs, type.belowMin);
    case "texts":
      return readTexts(value);
    case "map":
      return readMap(value);
    case "textsMap":
      return readTextsMap(value);
    case "value":
      return { ok: true, value: plainValue(value) };
  }
}

/** Whether a refused attribute asks for nothing, so that it may stay. */
export function asksForNothing(schema: AttributeSchema, value: TreeValue): boolean {
  const fine = schema.refusal?.fine ?? [];
  return fine.includes(textOf(value) ?? "") || isEmpty(plainValue(value));
}

export function isEmpty(plain: PlainValue): boolean {
  if (plain === null || plain === false || plain === 0 || plain === "") return true;
  return typeof plain === "object" && Object.keys(plain).length === 0;
}
