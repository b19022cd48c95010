/**
 * What an argument must be. `name`: text, as `"PORT"`; `number`: also text that is one; `list`: nothing that can be
 * written in a template is one, so it is the result of a function or a variable.
 */
export type Argument = "any" | "name" | "number" | "list";

export interface Signature {
  readonly takes: readonly Argument[];
  /** How many of them there must be. */
  readonly min: number;
  /** Whether more may follow, of any kind. */
  readonly isOpen: boolean;
}

function takes(...kinds: readonly Argument[]): Signature {
  return { takes: kinds, min: kinds.length, isOpen: false };
}

function takesMore(...kinds: readonly Argument[]): Signature {
  return { takes: kinds, min: kinds.length, isOpen: true };
}

/** Functions of templates that read what their node knows. */
export const READING_FUNCTIONS = {
  env: takes("name"),
  envOrDefault: takes("name", "any"),
  meta: takes("name"),
  key: takes("name"),
  keyOrDefault: takes("name", "any"),
  keyExists: takes("name"),
} as const satisfies Readonly<Record<string, Signature>>;

/** Functions of templates that need nothing but their arguments. */
export const PLAIN_FUNCTIONS = {
  toUpper: takes("any"),
  toLower: takes("any"),
  toTitle: takes("any"),
  trim: takes("any"),
  trimSpace: takes("any"),
  trimPrefix: takes("any", "any"),
  trimSuffix: takes("any", "any"),
  default: takes("any", "any"),
  replaceAll: takes("any", "any", "any"),
  contains: takes("any", "any"),
  split: takes("any", "any"),
  join: takes("any", "list"),
  indent: takes("number", "any"),
  printf: takesMore("any"),
  print: takesMore(),
  println: takesMore(),
  len: takes("any"),
  index: takesMore("any"),
  eq: takesMore("any", "any"),
  ne: takes("any", "any"),
  lt: takes("any", "any"),
  le: takes("any", "any"),
  gt: takes("any", "any"),
  ge: takes("any", "any"),
  and: takesMore("any"),
  or: takesMore("any"),
  not: takes("any"),
  add: takes("number", "number"),
  subtract: takes("number", "number"),
  multiply: takes("number", "number"),
  parseInt: takes("number"),
  parseBool: takes("any"),
  parseJSON: takes("any"),
  toJSON: takes("any"),
  base64Encode: takes("any"),
  base64Decode: takes("any"),
} as const satisfies Readonly<Record<string, Signature>>;

export type ReadingFunction = keyof typeof READING_FUNCTIONS;
export type PlainFunction = keyof typeof PLAIN_FUNCTIONS;
export type FunctionName = ReadingFunction | PlainFunction;

export const FUNCTIONS: Readonly<Record<FunctionName, Signature>> = {
  ...READING_FUNCTIONS,
  ...PLAIN_FUNCTIONS,
};

export function isFunction(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}

export function isReading(name: FunctionName): name is ReadingFunction {
  return Object.hasOwn(READING_FUNCTIONS, name);
}

type Literal = string | number | boolean;

/** What is wrong with a call that can be seen without running it; an argument that is computed is null. */
export function callMistake(name: FunctionName, args: readonly (Literal | null)[]): string | null {
  const { takes: kinds, min, isOpen } = FUNCTIONS[name];
  if (args.length < min || (!isOpen && args.length > kinds.length)) {
    const wanted = `${min} ${min === 1 ? "argument" : "arguments"}${isOpen ? " or more" : ""}`;
    return `${name}: expected ${wanted}, got ${args.length}`;
  }
  for (const [index, kind] of kinds.entries()) {
    const value = args[index] ?? null;
    if (value !== null && !fits(value, kind)) {
      return `${name}: expected ${WORDS[kind]} as argument ${index + 1}, got ${JSON.stringify(value)}`;
    }
  }
  return null;
}

const WORDS: Readonly<Record<Argument, string>> = {
  any: "a value",
  name: "a name in quotes",
  number: "a number",
  list: "a list",
};

function fits(value: Literal, kind: Argument): boolean {
  switch (kind) {
    case "any":
      return true;
    case "name":
      return typeof value === "string";
    case "number":
      return value !== "" && Number.isFinite(Number(value));
    case "list":
      return false;
  }
}
