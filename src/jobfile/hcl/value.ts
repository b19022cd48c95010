// Values as expressions compute them. Places are put back when a value leaves the evaluator (`placed.ts`).

export type ListValue = readonly Value[];
export type ObjectValue = ReadonlyMap<string, Value>;
/** Sets are lists that are sorted and free of repeats; maps and objects are one kind. */
export type Value = null | boolean | number | string | ListValue | ObjectValue;

export function isList(value: Value): value is ListValue {
  return Array.isArray(value);
}

export function isObject(value: Value): value is ObjectValue {
  return value instanceof Map;
}

/**
 * Stands for the `$` of a reference that only the node knows, so that it is told from a `${` written as `$${` while
 * expressions are evaluated. A lone surrogate cannot stand in well-formed text, so no file can hold it.
 */
const REFERENCE_MARK = "\uD800{";

/** A reference that stays, `attr.kernel.name`, as text among other text. */
export function referenceText(written: string): string {
  return `${REFERENCE_MARK}${written}}`;
}

export function hasReference(text: string): boolean {
  return text.includes(REFERENCE_MARK);
}

/** The text as it leaves the evaluator, with references as they were written. */
export function writtenText(text: string): string {
  return text.replaceAll(REFERENCE_MARK, "${");
}

/** Applies `encode` to what is between references only. */
export function aroundReferences(text: string, encode: (part: string) => string): string {
  if (!hasReference(text)) return encode(text);
  return text.split(REFERENCE_MARK).map(encode).join(REFERENCE_MARK);
}

/** For messages: "a list", "the text "abc"". */
export function describeValue(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string") {
    const text = writtenText(value);
    return `the text ${JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text)}`;
  }
  if (typeof value === "number") return `the number ${numberText(value)}`;
  if (typeof value === "boolean") return String(value);
  return isList(value) ? "a list" : "an object";
}

/** Decimal digits without an exponent, as HCL prints numbers. */
export function numberText(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", first = "", fraction = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  const digits = first + fraction;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits}${"0".repeat(Math.max(0, exponent - fraction.length))}`;
}

/** Null: lists, objects and null have no text. */
export function textOf(value: Value): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number") return numberText(value);
  return typeof value === "boolean" ? String(value) : null;
}

const NUMBER_TEXT = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Null: neither a number nor a text of one. */
export function numberOf(value: Value): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !NUMBER_TEXT.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

export function booleanOf(value: Value): boolean | null {
  if (typeof value === "boolean") return value;
  if (value === "true") return true;
  return value === "false" ? false : null;
}

/** Without conversion: the number 1 is not the text "1". */
export function isEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  if (isList(left)) {
    return (
      isList(right) &&
      left.length === right.length &&
      left.every((item, index) => isEqual(item, right[index] ?? null))
    );
  }
  if (!isObject(left) || !isObject(right) || left.size !== right.size) return false;
  return [...left].every(([key, item]) => {
    const other = right.get(key);
    return other !== undefined && isEqual(item, other);
  });
}

/** By code points, as bytes of UTF-8 would be ordered; JavaScript's own order differs beyond U+FFFF. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a === b) continue;
    const isSurrogateA = a >= 0xd800 && a <= 0xdfff;
    const isSurrogateB = b >= 0xd800 && b <= 0xdfff;
    if (isSurrogateA !== isSurrogateB) return isSurrogateA ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
}

/** By key, the order in which HCL walks objects and maps. */
export function sortedEntries(value: ObjectValue): readonly (readonly [string, Value])[] {
  return [...value].sort(([a], [b]) => compareText(a, b));
}

const RANKS = ["boolean", "number", "string", "object"];

function compareValues(left: Value, right: Value): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  return RANKS.indexOf(typeof left) - RANKS.indexOf(typeof right);
}

/** A text that equal values share, and no others. */
function identityOf(value: Value): string {
  if (isList(value)) return `[${value.map(identityOf).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = sortedEntries(value).map(
    ([key, item]) => `${JSON.stringify(key)}:${identityOf(item)}`,
  );
  return `{${entries.join(",")}}`;
}

export function withoutRepeats(values: ListValue): ListValue {
  const seen = new Set<string>();
  return values.filter((value) => {
    const identity = identityOf(value);
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

/** A set: sorted, without repeats. */
export function setOf(values: ListValue): ListValue {
  return [...withoutRepeats(values)].sort(compareValues);
}
