import type { Mismatch } from "./area.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Whether a result is as expected, for a field that has a rule of its own. */
export type FieldRule = (expected: unknown, got: unknown) => boolean;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRange(value: Fields): value is { readonly min: number; readonly max: number } {
  const keys = Object.keys(value).sort().join();
  return keys === "max,min" && typeof value["min"] === "number" && typeof value["max"] === "number";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

/** JSON-equal, but `{min, max}` (inclusive) stands for any number between, and numbers may differ by `tolerance`. */
export function matches(expected: unknown, got: unknown, tolerance = 0): boolean {
  if (isNumber(expected) && isNumber(got)) return Math.abs(expected - got) <= tolerance;
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) return false;
    return expected.every((item, index) => matches(item, got[index], tolerance));
  }
  if (!isFields(expected)) return expected === got;
  if (isRange(expected)) return isNumber(got) && got >= expected.min && got <= expected.max;
  if (!isFields(got)) return false;
  const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...names].every((name) => matches(expected[name], got[name], tolerance));
}

/** Every code expected is there; more may be. */
export function includesAll(expected: unknown, got: unknown): boolean {
  if (!Array.isArray(expected) || !Array.isArray(got)) return false;
  return expected.every((code) => got.includes(code));
}

/**
 * Compares each field of `expected` with the field of the same name in `got`; what `got` has beyond it is not looked at.
 * A field that `got` lacks is a mismatch, so nothing expected goes unseen. `errors_include` needs only be among what was
 * got; `tolerance` is for the numbers beside it.
 */
export function compareExpected(
  expected: unknown,
  got: Fields,
  rules: Readonly<Record<string, FieldRule>> = {},
): readonly Mismatch[] {
  if (!isFields(expected)) throw new Error("expected a case with an object `expect`");
  const tolerance = isNumber(expected["tolerance"]) ? expected["tolerance"] : 0;
  return Object.entries(expected).flatMap(([what, value]) => {
    if (what === "tolerance") return [];
    const rule = rules[what] ?? (what === "errors_include" ? includesAll : undefined);
    const isSame = rule?.(value, got[what]) ?? matches(value, got[what], tolerance);
    if (isSame && what in got) return [];
    return [{ what, expected: value, got: what in got ? got[what] : "nothing: not driven" }];
  });
}
