import type { Value } from "../value.ts";
import type { Given, HclFunction } from "./given.ts";

/** What Go's expressions do not have. Without them a pattern means the same in both. */
const REFUSED_PATTERN = /\(\?(?:<?[=!])|(?<!\\)(?:\\\\)*\\[1-9k]/;
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/** A pattern of Go (RE2) as one of JavaScript. */
function compile(given: Given, index: number, isGlobal: boolean): RegExp {
  const written = given.text(index);
  const refused = REFUSED_PATTERN.exec(written)?.[0];
  if (refused !== undefined) {
    return given.fail(
      index,
      `expected a pattern without look-around and back references, found ${refused}`,
    );
  }
  const leading = /^\(\?([imsU]+)\)/.exec(written);
  const flags = [...(leading?.[1] ?? "")].filter((flag) => flag !== "U").join("");
  const pattern = written
    .slice(leading?.[0].length ?? 0)
    .replaceAll("(?P<", "(?<")
    .replaceAll("\\A", "^")
    .replaceAll("\\z", "$")
    .replace(/\[:(\w+):\]/g, (all, name: string) => POSIX_CLASSES[name] ?? all);
  try {
    return new RegExp(pattern, `${[...new Set(flags)].join("")}${isGlobal ? "g" : ""}u`);
  } catch {
    return compileLoose(given, index, pattern, `${flags}${isGlobal ? "g" : ""}`);
  }
}

/** Without the `u` flag, which refuses needless escapes such as `\-` and `\_` that Go takes. */
function compileLoose(given: Given, index: number, pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, [...new Set(flags)].join(""));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return given.fail(index, `expected a regular expression: ${reason}`);
  }
}

/** The whole match, the list of its groups, or the object of its named groups. */
function resultOf(match: RegExpMatchArray): Value {
  if (match.groups !== undefined) {
    return new Map(Object.entries(match.groups).map(([name, text]) => [name, text ?? null]));
  }
  if (match.length === 1) return match[0] ?? "";
  return match.slice(1).map((text) => text ?? null);
}

function regex(given: Given): Value {
  const match = compile(given, 0, false).exec(given.text(1));
  if (match === null) return given.fail(1, "expected a text that the pattern matches");
  return resultOf(match);
}

/** `$1`, `${name}` and `$$` of Go. */
function expand(template: string, match: readonly (string | undefined)[], groups: unknown): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (all, bare?: string, braced?: string) => {
    const name = bare ?? braced;
    if (name === undefined) return all === "$$" ? "$" : all;
    if (/^\d+$/.test(name)) return match[Number(name)] ?? "";
    const named = new Map(Object.entries(groups ?? {}));
    return String(named.get(name) ?? "");
  });
}

function replace(given: Given): Value {
  const template = given.text(2);
  return given.text(0).replace(compile(given, 1, true), (...found: unknown[]) => {
    const groups = typeof found.at(-1) === "object" ? found.at(-1) : undefined;
    const texts = found.map((part) => (typeof part === "string" ? part : undefined));
    const end = found.findIndex((part) => typeof part === "number");
    return expand(template, texts.slice(0, end), groups);
  });
}

export const REGEX_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  regex: {
    signature: "regex(pattern, text)",
    does: "the first match: its text, the list of its groups, or the object of its named groups; none is an error",
    least: 2,
    most: 2,
    apply: regex,
  },
  regexall: {
    signature: "regexall(pattern, text)",
    does: "the list of all matches, each as `regex` gives it",
    least: 2,
    most: 2,
    apply: (given) => [...given.text(1).matchAll(compile(given, 0, true))].map(resultOf),
  },
  regex_replace: {
    signature: "regex_replace(text, pattern, replacement)",
    does: "the text with each match replaced; `$1` in the replacement is the first group",
    least: 3,
    most: 3,
    apply: replace,
  },
};
