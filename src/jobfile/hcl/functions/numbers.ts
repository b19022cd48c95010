import { numberOf, type Value } from "../value.ts";
import { ANY_COUNT, type Given, type HclFunction } from "./given.ts";

function numbersOf(given: Given): readonly number[] {
  return given.values.map((_, index) => given.number(index));
}

function finite(given: Given, value: number): number {
  if (Number.isFinite(value)) return value === 0 ? 0 : value;
  return given.fail(null, "expected arguments with a finite result");
}

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

function parseInteger(given: Given): Value {
  const text = given.text(0).trim();
  const base = given.integer(1);
  if (base < 2 || base > 62) return given.fail(1, `expected a base from 2 to 62, found ${base}`);
  const digits = text.replace(/^[+-]/, "");
  let value = digits === "" ? Number.NaN : 0;
  for (const digit of base <= 36 ? digits.toLowerCase() : digits) {
    const amount = DIGITS.indexOf(digit);
    value = amount < 0 || amount >= base ? Number.NaN : value * base + amount;
  }
  if (!Number.isSafeInteger(value)) {
    return given.fail(0, `expected a whole number of base ${base}, found ${JSON.stringify(text)}`);
  }
  return text.startsWith("-") ? 0 - value : value;
}

const MAX_RANGE = 1024;

function range(given: Given): Value {
  const numbers = numbersOf(given);
  const [first = 0, second = 0, third] = numbers;
  const start = numbers.length === 1 ? 0 : first;
  const end = numbers.length === 1 ? first : second;
  const step = third ?? (end < start ? -1 : 1);
  if (step === 0 || (end - start) * step < 0) {
    return given.fail(null, "expected a step that leads from the start to the end");
  }
  const count = Math.ceil((end - start) / step);
  if (count > MAX_RANGE) {
    return given.fail(null, `expected at most ${MAX_RANGE} numbers, found ${count}`);
  }
  return Array.from({ length: count }, (_, index) => start + index * step);
}

export const NUMBER_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  abs: {
    signature: "abs(number)",
    does: "the number without its sign",
    least: 1,
    most: 1,
    apply: (given) => Math.abs(given.number(0)),
  },
  ceil: {
    signature: "ceil(number)",
    does: "the next whole number, upwards",
    least: 1,
    most: 1,
    apply: (given) => finite(given, Math.ceil(given.number(0))),
  },
  floor: {
    signature: "floor(number)",
    does: "the next whole number, downwards",
    least: 1,
    most: 1,
    apply: (given) => finite(given, Math.floor(given.number(0))),
  },
  log: {
    signature: "log(number, base)",
    does: "the logarithm to the base",
    least: 2,
    most: 2,
    apply: (given) =>
      finite(
        given,
        Number((Math.log(given.number(0)) / Math.log(given.number(1))).toPrecision(15)),
      ),
  },
  max: {
    signature: "max(number...)",
    does: "the greatest",
    least: 1,
    most: ANY_COUNT,
    apply: (given) => numbersOf(given).reduce((a, b) => Math.max(a, b)),
  },
  min: {
    signature: "min(number...)",
    does: "the least",
    least: 1,
    most: ANY_COUNT,
    apply: (given) => numbersOf(given).reduce((a, b) => Math.min(a, b)),
  },
  parseint: {
    signature: "parseint(text, base)",
    does: "the whole number that the text is to the base (2 to 62)",
    least: 2,
    most: 2,
    apply: parseInteger,
  },
  pow: {
    signature: "pow(number, exponent)",
    does: "the power",
    least: 2,
    most: 2,
    apply: (given) => finite(given, given.number(0) ** given.number(1)),
  },
  range: {
    signature: "range(start, end, step)",
    does: "numbers from start (0) to before end by step (1), at most 1024; `range(end)` and `range(start, end)` too",
    least: 1,
    most: 3,
    apply: range,
  },
  signum: {
    signature: "signum(number)",
    does: "-1, 0 or 1",
    least: 1,
    most: 1,
    apply: (given) => finite(given, Math.sign(given.number(0))),
  },
  tonumber: {
    signature: "tonumber(value)",
    does: "the number that the text is",
    least: 1,
    most: 1,
    apply: (given) => {
      const value = given.value(0);
      return value === null ? null : (numberOf(value) ?? given.number(0));
    },
  },
};
