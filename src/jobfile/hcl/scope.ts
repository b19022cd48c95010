import type { Value } from "./value.ts";

/** Names that `for` and `dynamic` bring; the innermost wins. */
export class Scope {
  readonly #names: ReadonlyMap<string, Value>;
  readonly #outer: Scope | null;
  readonly #item: { readonly value: Value } | null;

  private constructor(
    names: ReadonlyMap<string, Value>,
    outer: Scope | null,
    item: { readonly value: Value } | null,
  ) {
    this.#names = names;
    this.#outer = outer;
    this.#item = item;
  }

  static readonly empty = new Scope(new Map(), null, null);

  /** What `splatItem` stands for. */
  get item(): Value {
    return this.#item?.value ?? null;
  }

  with(names: readonly (readonly [string | null, Value])[]): Scope {
    const known = new Map<string, Value>();
    for (const [name, value] of names) {
      if (name !== null) known.set(name, value);
    }
    return new Scope(known, this, this.#item);
  }

  withItem(value: Value): Scope {
    return new Scope(new Map(), this, { value });
  }

  find(name: string): Value | undefined {
    const own = this.#names.get(name);
    if (own !== undefined || this.#outer === null) return own;
    return this.#outer.find(name);
  }
}
