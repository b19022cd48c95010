import { foldId } from "../model/id.ts";

interface Named {
  readonly number: number;
  readonly id: string;
}

/**
 * The objects of one kind, by number and by id. Records are never changed but replaced, and what was replaced since the
 * last look is known, for the commit.
 */
export class Registry<Item extends Named> {
  readonly #items = new Map<number, Item>();
  readonly #numbers = new Map<string, number>();
  #changed = new Map<number, Item | null>();

  constructor(items: Iterable<Item> = []) {
    for (const item of items) this.#hold(item);
  }

  get size(): number {
    return this.#items.size;
  }

  get(number: number): Item | undefined {
    return this.#items.get(number);
  }

  find(id: string): Item | undefined {
    const number = this.#numbers.get(foldId(id));
    return number === undefined ? undefined : this.#items.get(number);
  }

  values(): IterableIterator<Item> {
    return this.#items.values();
  }

  /** A new object, or the same one in a new state; its id may be another. */
  put(item: Item): Item {
    const before = this.#items.get(item.number);
    if (before !== undefined) this.#numbers.delete(foldId(before.id));
    this.#hold(item);
    this.#changed.set(item.number, item);
    return item;
  }

  delete(item: Item): void {
    this.#items.delete(item.number);
    this.#numbers.delete(foldId(item.id));
    this.#changed.set(item.number, null);
  }

  /** What changed since the last call; null: it is gone. */
  takeChanged(): Map<number, Item | null> {
    const changed = this.#changed;
    this.#changed = new Map();
    return changed;
  }

  #hold(item: Item): void {
    this.#items.set(item.number, item);
    this.#numbers.set(foldId(item.id), item.number);
  }
}
