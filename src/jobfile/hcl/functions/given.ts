import type { HclOptions } from "../options.ts";
import {
  booleanOf,
  describeValue,
  hasReference,
  isList,
  isObject,
  type ListValue,
  numberOf,
  type ObjectValue,
  textOf,
  type Value,
} from "../value.ts";

/** A function of the language. */
export interface HclFunction {
  /** As the docs print it: `join(separator, list...)`. */
  readonly signature: string;
  /** What it gives, in a few words. */
  readonly does: string;
  readonly least: number;
  readonly most: number;
  /** Whether it may get text with references that only a node knows, as it does not look into that text. */
  readonly keepsReferences?: true;
  readonly apply: (given: Given) => Value;
}

/** An argument that a function cannot take; `index` from 0, null: all of them together. */
export class ArgumentFailure extends Error {
  readonly index: number | null;

  constructor(index: number | null, message: string) {
    super(message);
    this.index = index;
  }
}

/** The arguments of one call, and what comes from outside. */
export class Given {
  readonly values: readonly Value[];
  readonly options: HclOptions;

  constructor(values: readonly Value[], options: HclOptions) {
    this.values = values;
    this.options = options;
  }

  get count(): number {
    return this.values.length;
  }

  value(index: number): Value {
    return this.values[index] ?? null;
  }

  fail(index: number | null, message: string): never {
    throw new ArgumentFailure(index, message);
  }

  #expected(index: number, what: string): never {
    this.fail(index, `expected ${what}, found ${describeValue(this.value(index))}`);
  }

  text(index: number): string {
    return textOf(this.value(index)) ?? this.#expected(index, "a text");
  }

  /** A text that the function looks into. */
  knownText(index: number): string {
    const text = this.text(index);
    if (hasReference(text)) this.#expected(index, "a text known now");
    return text;
  }

  number(index: number): number {
    return numberOf(this.value(index)) ?? this.#expected(index, "a number");
  }

  integer(index: number): number {
    const number = this.number(index);
    return Number.isSafeInteger(number) ? number : this.#expected(index, "a whole number");
  }

  boolean(index: number): boolean {
    return booleanOf(this.value(index)) ?? this.#expected(index, "true or false");
  }

  list(index: number): ListValue {
    const value = this.value(index);
    return isList(value) ? value : this.#expected(index, "a list");
  }

  object(index: number): ObjectValue {
    const value = this.value(index);
    return isObject(value) ? value : this.#expected(index, "an object");
  }

  /** A list of texts. */
  texts(index: number): readonly string[] {
    return this.list(index).map((item) => textOf(item) ?? this.#expected(index, "a list of texts"));
  }

  /** What a port gives, or a failure where there is none. */
  port<T>(port: T | null, what: string): T {
    return port ?? this.fail(null, `${what} cannot be had here`);
  }
}

/** No limit of arguments. */
export const ANY_COUNT = Number.POSITIVE_INFINITY;
