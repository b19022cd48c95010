import { hasReference, isList, isObject, type Value } from "./value.ts";

/** Small expressions can describe enormous values (lists of lists of the same list), so each value is weighed. */
const MAX_VALUE_DEPTH = 100;
const MAX_VALUE_ITEMS = 500_000;
const MAX_TEXT_LENGTH = 16 * 1024 * 1024;

interface Weight {
  readonly depth: number;
  readonly items: number;
  readonly hasReference: boolean;
}

/** Remembers the weight of lists and objects, as values share their parts. */
export class Scales {
  readonly #known = new WeakMap<object, Weight>();

  #weigh(value: Value): Weight {
    if (typeof value === "string") return { depth: 0, items: 1, hasReference: hasReference(value) };
    if (value === null || typeof value !== "object") {
      return { depth: 0, items: 1, hasReference: false };
    }
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    let depth = 0;
    let items = 1;
    let isReferring = false;
    const parts: Iterable<Value> = isList(value) ? value : isObject(value) ? value.values() : [];
    for (const part of parts) {
      const weight = this.#weigh(part);
      depth = Math.max(depth, weight.depth);
      items += weight.items;
      isReferring ||= weight.hasReference;
    }
    const weight = { depth: depth + 1, items, hasReference: isReferring };
    this.#known.set(value, weight);
    return weight;
  }

  /** Whether a text in it has a reference that only the node knows. */
  hasReference(value: Value): boolean {
    return this.#weigh(value).hasReference;
  }

  /** What is too much about the value, or null. */
  excess(value: Value): string | null {
    if (typeof value === "string") {
      if (value.length <= MAX_TEXT_LENGTH) return null;
      return `expected a text of at most ${MAX_TEXT_LENGTH} characters, found more`;
    }
    const { depth, items } = this.#weigh(value);
    if (depth > MAX_VALUE_DEPTH) {
      return `expected a value of at most ${MAX_VALUE_DEPTH} levels, found more`;
    }
    if (items > MAX_VALUE_ITEMS) {
      return `expected a value of at most ${MAX_VALUE_ITEMS} items, found more`;
    }
    return null;
  }
}
