/** Wall clock at the beginning of every run. */
export const EPOCH_MS = 1_800_000_000_000;

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** What will happen in the simulated world, by time; things of one instant happen in the order of their planning. */
export class Agenda {
  readonly #heap: Entry[] = [];
  #order = 0;
  /** True time in milliseconds since the beginning of the run; the clocks of the parts deviate from it. */
  now = 0;

  get size(): number {
    return this.#heap.length;
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.now + delayMs, run);
  }

  at(at: number, run: () => void): void {
    this.#order += 1;
    const entry: Entry = { at: Math.max(at, this.now), order: this.#order, run };
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Lets the next thing happen; false: nothing is planned. */
  advance(): boolean {
    const next = this.#heap[0];
    if (next === undefined) return false;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    this.now = next.at;
    next.run();
    return true;
  }

  #sink(entry: Entry): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      let below = heap[child];
      if (below === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, below)) {
        child += 1;
        below = right;
      }
      if (!isBefore(below, entry)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = entry;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
