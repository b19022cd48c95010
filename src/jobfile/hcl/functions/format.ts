import { describeValue, isList, numberOf, numberText, textOf, type Value } from "../value.ts";
import { ANY_COUNT, type Given, type HclFunction } from "./given.ts";
import { jsonText } from "./json.ts";

const VERB = /%(%|([-+# 0]*)(\d+)?(?:\.(\d+))?(?:\[(\d+)\])?(.)?)/gsu;
const MAX_WIDTH = 1024;

interface Verb {
  readonly flags: string;
  readonly width: number;
  /** Null: as the verb has it. */
  readonly precision: number | null;
  readonly letter: string;
}

/** Text by a template of Go's printf; `skip` arguments stand before the values. */
function formatText(given: Given, template: string, values: readonly Value[]): string {
  let next = 0;
  const text = template.replace(VERB, (written, inner, flags, width, precision, index, letter) => {
    if (inner === "%") return "%";
    if (letter === undefined) return given.fail(0, `expected a verb such as %s, found ${written}`);
    const at = index === undefined ? next : Number(index) - 1;
    next = at + 1;
    const value = values[at];
    if (value === undefined)
      return given.fail(0, `expected an argument for ${written}, found none`);
    const verb = {
      flags: String(flags ?? ""),
      width: Number(width ?? 0),
      precision: precision === undefined ? null : Number(precision),
      letter: String(letter),
    };
    if (Math.max(verb.width, verb.precision ?? 0) > MAX_WIDTH) {
      return given.fail(0, `expected a width of at most ${MAX_WIDTH}, found ${written}`);
    }
    return pad(verb, formatOne(given, verb, value, written));
  });
  if (next < values.length && !/%(?:[-+# 0]*\d*(?:\.\d+)?)\[/.test(template)) {
    return given.fail(null, `expected ${next} arguments for the template, found ${values.length}`);
  }
  return text;
}

function pad(verb: Verb, text: string): string {
  const missing = verb.width - [...text].length;
  if (missing <= 0) return text;
  if (verb.flags.includes("-")) return text + " ".repeat(missing);
  const isNumeric = /[bdoxXeEfgG]/.test(verb.letter);
  if (!verb.flags.includes("0") || !isNumeric) return " ".repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}

function formatOne(given: Given, verb: Verb, value: Value, written: string): string {
  const fail = (what: string) =>
    given.fail(null, `expected ${what} for ${written}, found ${describeValue(value)}`);
  switch (verb.letter) {
    case "v":
      return verb.flags.includes("#") || textOf(value) === null
        ? jsonText(value)
        : (textOf(value) ?? "");
    case "s": {
      const text = textOf(value) ?? fail("a text");
      return verb.precision === null ? text : [...text].slice(0, verb.precision).join("");
    }
    case "q":
      return jsonText(textOf(value) ?? fail("a text"));
    case "t":
      return value === true || value === "true"
        ? "true"
        : value === false || value === "false"
          ? "false"
          : fail("true or false");
  }
  const number = numberOf(value) ?? fail("a number");
  const text =
    formatNumber(verb, number) ?? fail("one of the verbs %v %s %q %t %b %d %o %x %e %f %g");
  const sign =
    number < 0 ? "" : verb.flags.includes("+") ? "+" : verb.flags.includes(" ") ? " " : "";
  return sign + text;
}

const BASES: Readonly<Record<string, number>> = { b: 2, d: 10, o: 8, x: 16, X: 16 };

/** Null: no verb for numbers. */
function formatNumber(verb: Verb, number: number): string | null {
  const { letter, precision } = verb;
  const base = BASES[letter];
  if (base !== undefined) {
    const whole = Math.trunc(number);
    const text = base === 10 ? numberText(whole) : whole.toString(base);
    const prefix = verb.flags.includes("#")
      ? ({ x: "0x", X: "0X", o: "0", b: "0b" }[letter] ?? "")
      : "";
    const cased = letter === "X" ? text.toUpperCase() : text;
    return cased.startsWith("-") ? `-${prefix}${cased.slice(1)}` : prefix + cased;
  }
  const exponential = (text: string) => text.replace(/e([+-])(\d)$/, "e$10$2");
  switch (letter) {
    case "f":
    case "F":
      return number.toFixed(Math.min(precision ?? 6, 100));
    case "e":
      return exponential(number.toExponential(Math.min(precision ?? 6, 100)));
    case "E":
      return exponential(number.toExponential(Math.min(precision ?? 6, 100))).toUpperCase();
    case "g":
    case "G": {
      const text = precision === null ? String(number) : general(number, precision);
      return letter === "G" ? exponential(text).toUpperCase() : exponential(text);
    }
  }
  return null;
}

function general(number: number, precision: number): string {
  const text = number.toPrecision(Math.min(Math.max(precision, 1), 100));
  if (!text.includes(".")) return text;
  return text.replace(/\.?0+(e|$)/, "$1");
}

function formatList(given: Given): Value {
  const lists = given.values.slice(1).filter(isList);
  const [first] = lists;
  if (first === undefined) return [formatText(given, given.text(0), given.values.slice(1))];
  if (lists.some((list) => list.length !== first.length)) {
    return given.fail(null, "expected lists of one length");
  }
  return first.map((_, index) => {
    const values = given.values
      .slice(1)
      .map((value) => (isList(value) ? (value[index] ?? null) : value));
    return formatText(given, given.text(0), values);
  });
}

export const FORMAT_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  format: {
    signature: "format(template, value...)",
    does: "text by a printf template: %s %d %f %v %q %t %x and the like",
    least: 1,
    most: ANY_COUNT,
    keepsReferences: true,
    apply: (given) => formatText(given, given.text(0), given.values.slice(1)),
  },
  formatlist: {
    signature: "formatlist(template, value...)",
    does: "`format` for each item of the lists",
    least: 1,
    most: ANY_COUNT,
    keepsReferences: true,
    apply: formatList,
  },
};
