import type { NodeNumber } from "../model/id.ts";
import { TASK_SLOTS_MAX } from "../model/limits.ts";

/** Where a node stands in the index. */
interface Place {
  readonly node: NodeNumber;
  free: number;
  position: number;
}

/**
 * The nodes of a pool that take work, by how many slots they have free: buckets with swap-remove, so that every
 * operation costs the same with ten nodes as with ten thousand.
 */
export class FreeSlots {
  readonly #buckets: Place[][] = [];
  readonly #places = new Map<NodeNumber, Place>();
  /** No bucket above this one has nodes. */
  #highest = 0;
  /** Sum of free slots. */
  #total = 0;

  get total(): number {
    return this.#total;
  }

  get nodeCount(): number {
    return this.#places.size;
  }

  /** Most slots free on one node; 0 when nothing is free. */
  get highest(): number {
    while (this.#highest > 0 && this.#bucket(this.#highest).length === 0) this.#highest -= 1;
    return this.#highest;
  }

  #bucket(free: number): Place[] {
    let bucket = this.#buckets[free];
    if (bucket === undefined) {
      bucket = [];
      this.#buckets[free] = bucket;
    }
    return bucket;
  }

  /** Adds a node or moves it to another count. */
  set(node: NodeNumber, free: number): void {
    if (free < 0 || free > TASK_SLOTS_MAX) {
      throw new Error(`free slots of node ${node} out of bounds: ${free}`);
    }
    let place = this.#places.get(node);
    if (place?.free === free) return;
    const bucket = this.#bucket(free);
    if (place === undefined) {
      place = { node, free, position: bucket.length };
      this.#places.set(node, place);
    } else {
      this.#take(place);
      place.free = free;
      place.position = bucket.length;
    }
    bucket.push(place);
    this.#total += free;
    if (free > this.#highest) this.#highest = free;
  }

  /** Takes a node out; it takes no work until it is set again. */
  remove(node: NodeNumber): void {
    const place = this.#places.get(node);
    if (place === undefined) return;
    this.#take(place);
    this.#places.delete(node);
  }

  #take(place: Place): void {
    const bucket = this.#bucket(place.free);
    const last = bucket.pop();
    if (last === undefined) throw new Error("a bucket lost a node");
    if (place.position < bucket.length) {
      bucket[place.position] = last;
      last.position = place.position;
    }
    this.#total -= place.free;
  }

  /** Free slots of a node; null when it takes no work. */
  freeOf(node: NodeNumber): number | null {
    return this.#places.get(node)?.free ?? null;
  }

  /**
   * A node with at least so many free slots: the emptiest for `spread`, the fullest for `pack` (Azure Batch 3.4).
   * Null when none fits.
   */
  pick(slots: number, fill: "spread" | "pack", barred: ReadonlySet<NodeNumber>): NodeNumber | null {
    const highest = this.highest;
    for (let step = slots; step <= highest; step += 1) {
      const free = fill === "pack" ? step : highest - (step - slots);
      const bucket = this.#buckets[free];
      if (bucket === undefined) continue;
      for (let index = bucket.length - 1; index >= 0; index -= 1) {
        const node = bucket[index]?.node;
        if (node !== undefined && !barred.has(node)) return node;
      }
    }
    return null;
  }

  nodes(): IterableIterator<NodeNumber> {
    return this.#places.keys();
  }
}
