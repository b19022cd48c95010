import type { PlainFunction } from "../../model/template/functions.ts";

/** What templates compute with. */
export type Value =
  | string
  | number
  | boolean
  | null
  | readonly Value[]
  | { readonly [key: string]: Value };

/** Raised by a function; the place is added by who calls it. */
export class FunctionError extends Error {
  override readonly name = "FunctionError";
}

type Operation = (...args: readonly Value[]) => Value;

/** What is written in the end, as Go prints it. */
export function textOf(value: Value): string {
  if (value === null) return "<no value>";
  if (typeof value === "object") {
    if (isList(value)) return `[${value.map(textOf).join(" ")}]`;
    return `map[${Object.entries(value)
      .map(([key, each]) => `${key}:${textOf(each)}`)
      .join(" ")}]`;
  }
  return String(value);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Go's idea of empty: false, 0, "", nothing, and what has no items. */
export function isTrue(value: Value): boolean {
  if (typeof value !== "object" || value === null) return Boolean(value);
  return isList(value) ? value.length > 0 : Object.keys(value).length > 0;
}

function arg(args: readonly Value[], index: number): Value {
  const value = args[index];
  if (value === undefined)
    throw new FunctionError(`expected ${index + 1} arguments or more, got ${args.length}`);
  return value;
}

function text(args: readonly Value[], index: number): string {
  return textOf(arg(args, index));
}

function number(args: readonly Value[], index: number): number {
  const value = arg(args, index);
  const read = Number(value);
  if (typeof value !== "object" && value !== "" && Number.isFinite(read)) return read;
  throw new FunctionError(`expected a number, got ${JSON.stringify(value)}`);
}

function list(args: readonly Value[], index: number): readonly Value[] {
  const value = arg(args, index);
  if (isList(value)) return value;
  throw new FunctionError(`expected a list, got ${JSON.stringify(value)}`);
}

function compared(compare: (order: number) => boolean): Operation {
  return (...args) => {
    const [left, right] = [arg(args, 0), arg(args, 1)];
    if (typeof left === "number" && typeof right === "number") return compare(left - right);
    const [a, b] = [textOf(left), textOf(right)];
    return compare(a < b ? -1 : a > b ? 1 : 0);
  };
}

function lengthOf(value: Value): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value !== "object" || value === null)
    throw new FunctionError("expected something with a length");
  return isList(value) ? value.length : Object.keys(value).length;
}

function indexed(args: readonly Value[]): Value {
  let value = arg(args, 0);
  for (let at = 1; at < args.length; at += 1) {
    if (isList(value)) value = value[number(args, at)] ?? null;
    else if (typeof value === "object" && value !== null) value = value[text(args, at)] ?? null;
    else throw new FunctionError(`expected a list or a map, got ${JSON.stringify(value)}`);
  }
  return value;
}

/** `%s`, `%d`, `%v`, `%q`, `%t`, `%x`, `%f` with width and precision, and `%%`. */
function printf(args: readonly Value[]): string {
  let next = 1;
  return text(args, 0).replaceAll(
    /%(-?)(0?)(\d*)(?:\.(\d+))?([a-zA-Z%])/g,
    (whole, left, zero, width, precision, verb) => {
      if (verb === "%") return "%";
      const at = next++;
      const value = formatted(args, at, verb, precision, whole);
      if (left) return value.padEnd(Number(width));
      return value.padStart(Number(width), zero ? "0" : " ");
    },
  );
}

function formatted(
  args: readonly Value[],
  at: number,
  verb: string,
  precision: string | undefined,
  whole: string,
): string {
  switch (verb) {
    case "s":
    case "v":
    case "t":
      return text(args, at);
    case "q":
      return JSON.stringify(text(args, at));
    case "d":
      return String(Math.trunc(number(args, at)));
    case "x":
      return Math.trunc(number(args, at)).toString(16);
    case "f":
      return number(args, at).toFixed(precision === undefined ? 6 : Number(precision));
  }
  throw new FunctionError(`${whole} is not supported in printf`);
}

function parseJson(content: string): Value {
  try {
    return JSON.parse(content) as Value;
  } catch (error) {
    throw new FunctionError("expected JSON", { cause: error });
  }
}

export const FUNCTIONS: Readonly<Record<PlainFunction, Operation>> = {
  toUpper: (...args) => text(args, 0).toUpperCase(),
  toLower: (...args) => text(args, 0).toLowerCase(),
  toTitle: (...args) => text(args, 0).replaceAll(/\b\w/g, (letter) => letter.toUpperCase()),
  trim: (...args) => text(args, 0).trim(),
  trimSpace: (...args) => text(args, 0).trim(),
  trimPrefix: (...args) => {
    const [prefix, whole] = [text(args, 0), text(args, 1)];
    return whole.startsWith(prefix) ? whole.slice(prefix.length) : whole;
  },
  trimSuffix: (...args) => {
    const [suffix, whole] = [text(args, 0), text(args, 1)];
    return suffix !== "" && whole.endsWith(suffix) ? whole.slice(0, -suffix.length) : whole;
  },
  default: (...args) => (isTrue(arg(args, 1)) ? arg(args, 1) : arg(args, 0)),
  replaceAll: (...args) => text(args, 2).replaceAll(text(args, 0), text(args, 1)),
  contains: (...args) => text(args, 1).includes(text(args, 0)),
  split: (...args) => (text(args, 1) === "" ? [] : text(args, 1).split(text(args, 0))),
  join: (...args) => list(args, 1).map(textOf).join(text(args, 0)),
  indent: (...args) => text(args, 1).replaceAll(/^/gm, " ".repeat(number(args, 0))),
  printf: (...args) => printf(args),
  print: (...args) => args.map(textOf).join(""),
  println: (...args) => `${args.map(textOf).join(" ")}\n`,
  len: (...args) => lengthOf(arg(args, 0)),
  index: (...args) => indexed(args),
  eq: (...args) => args.slice(1).some((each) => textOf(each) === text(args, 0)),
  ne: (...args) => text(args, 0) !== text(args, 1),
  lt: compared((order) => order < 0),
  le: compared((order) => order <= 0),
  gt: compared((order) => order > 0),
  ge: compared((order) => order >= 0),
  and: (...args) => args.find((each) => !isTrue(each)) ?? args.at(-1) ?? null,
  or: (...args) => args.find(isTrue) ?? args.at(-1) ?? null,
  not: (...args) => !isTrue(arg(args, 0)),
  add: (...args) => number(args, 1) + number(args, 0),
  subtract: (...args) => number(args, 1) - number(args, 0),
  multiply: (...args) => number(args, 1) * number(args, 0),
  parseInt: (...args) => Math.trunc(number(args, 0)),
  parseBool: (...args) => ["1", "t", "T", "true", "TRUE", "True"].includes(text(args, 0)),
  parseJSON: (...args) => parseJson(text(args, 0)),
  toJSON: (...args) => JSON.stringify(arg(args, 0)),
  base64Encode: (...args) => Buffer.from(text(args, 0)).toString("base64"),
  base64Decode: (...args) => Buffer.from(text(args, 0), "base64").toString(),
};
