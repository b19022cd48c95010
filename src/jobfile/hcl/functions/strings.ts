import { isList, type Value } from "../value.ts";
import { ANY_COUNT, type Given, type HclFunction } from "./given.ts";

const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What people see as characters; HCL counts these. */
export function characters(text: string): readonly string[] {
  return Array.from(GRAPHEMES.segment(text), ({ segment }) => segment);
}

function trimSet(text: string, set: string): string {
  const inSet = new Set(set);
  const all = [...text];
  let start = 0;
  let end = all.length;
  while (start < end && inSet.has(all[start] ?? "")) start += 1;
  while (end > start && inSet.has(all[end - 1] ?? "")) end -= 1;
  return all.slice(start, end).join("");
}

function substring(given: Given): Value {
  const all = characters(given.text(0));
  const offset = given.integer(1);
  const length = given.integer(2);
  const start = offset < 0 ? Math.max(0, all.length + offset) : offset;
  if (length < -1) return given.fail(2, `expected a length, or -1 for all, found ${length}`);
  return all.slice(start, length === -1 ? all.length : start + length).join("");
}

/** One argument of text, one result of text. */
function simple(signature: string, does: string, change: (text: string) => string): HclFunction {
  return { signature, does, least: 1, most: 1, apply: (given) => change(given.text(0)) };
}

/** Two arguments of text, one result of text. */
function withSecond(
  signature: string,
  does: string,
  change: (text: string, second: string) => string,
): HclFunction {
  return {
    signature,
    does,
    least: 2,
    most: 2,
    apply: (given) => change(given.text(0), given.text(1)),
  };
}

function reverseText(text: string): string {
  return [...characters(text)].reverse().join("");
}

function join(given: Given): Value {
  const texts = given.values.slice(1).flatMap((_, index) => given.texts(index + 1));
  return texts.join(given.text(0));
}

export const STRING_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  chomp: simple("chomp(text)", "the text without newlines at its end", (text) =>
    text.replace(/[\r\n]+$/, ""),
  ),
  indent: {
    signature: "indent(count, text)",
    does: "the text with spaces before all lines but the first",
    least: 2,
    most: 2,
    keepsReferences: true,
    apply: (given) => {
      const count = given.integer(0);
      if (count < 0 || count > 1000) return given.fail(0, "expected 0 to 1000 spaces");
      return given.text(1).replaceAll("\n", `\n${" ".repeat(count)}`);
    },
  },
  join: {
    signature: "join(separator, list...)",
    does: "the items of the lists as one text",
    least: 2,
    most: ANY_COUNT,
    keepsReferences: true,
    apply: join,
  },
  lower: simple("lower(text)", "the text in lower case", (text) => text.toLowerCase()),
  upper: simple("upper(text)", "the text in upper case", (text) => text.toUpperCase()),
  title: simple("title(text)", "each word with a capital", (text) =>
    text.replace(/(?<![\p{L}\p{N}_'])\p{L}/gu, (letter) => letter.toUpperCase()),
  ),
  replace: {
    signature: "replace(text, part, replacement)",
    does: "the text with each part replaced",
    least: 3,
    most: 3,
    apply: (given) => given.text(0).replaceAll(given.text(1), () => given.text(2)),
  },
  reverse: {
    signature: "reverse(list)",
    does: "the list, or the characters of a text, from the end",
    least: 1,
    most: 1,
    keepsReferences: true,
    apply: (given) => {
      const value = given.value(0);
      return isList(value) ? [...value].reverse() : reverseText(given.knownText(0));
    },
  },
  split: {
    signature: "split(separator, text)",
    does: "the pieces of the text between the separators",
    least: 2,
    most: 2,
    apply: (given) => {
      const separator = given.text(0);
      return separator === "" ? [...given.text(1)] : given.text(1).split(separator);
    },
  },
  strlen: {
    signature: "strlen(text)",
    does: "the count of characters",
    least: 1,
    most: 1,
    apply: (given) => characters(given.text(0)).length,
  },
  strrev: simple("strrev(text)", "the characters from the end", reverseText),
  substr: {
    signature: "substr(text, offset, length)",
    does: "characters from the offset (negative: from the end); length -1 is all",
    least: 3,
    most: 3,
    apply: substring,
  },
  trim: withSecond("trim(text, characters)", "the text without these at both ends", trimSet),
  trimprefix: withSecond(
    "trimprefix(text, prefix)",
    "the text without the prefix",
    (text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text),
  ),
  trimsuffix: withSecond(
    "trimsuffix(text, suffix)",
    "the text without the suffix",
    (text, suffix) =>
      suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
  ),
  trimspace: simple("trimspace(text)", "the text without space at both ends", (text) =>
    text.trim(),
  ),
  tostring: {
    signature: "tostring(value)",
    does: "the number or boolean as text",
    least: 1,
    most: 1,
    keepsReferences: true,
    apply: (given) => (given.value(0) === null ? null : given.text(0)),
  },
  tobool: {
    signature: "tobool(value)",
    does: 'true of "true", false of "false"',
    least: 1,
    most: 1,
    apply: (given) => (given.value(0) === null ? null : given.boolean(0)),
  },
  startswith: {
    signature: "startswith(text, prefix)",
    does: "whether the text begins so",
    least: 2,
    most: 2,
    apply: (given) => given.text(0).startsWith(given.text(1)),
  },
  endswith: {
    signature: "endswith(text, suffix)",
    does: "whether the text ends so",
    least: 2,
    most: 2,
    apply: (given) => given.text(0).endsWith(given.text(1)),
  },
};
