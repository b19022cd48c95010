import type { JobNumber, NodeNumber, PoolNumber, TaskNumber } from "../model/id.ts";

/** What comes due. A timer that has become void is found out when it fires; nothing is ever searched. */
export type Timer =
  | { readonly timer: "jobWallClock"; readonly job: JobNumber }
  | { readonly timer: "releaseDeadline"; readonly job: JobNumber }
  /** Targets of a fleet run that still wait for their nodes are looked at. */
  | { readonly timer: "runStart"; readonly job: JobNumber }
  | { readonly timer: "resize"; readonly pool: PoolNumber; readonly startedAt: number }
  | { readonly timer: "contact"; readonly node: NodeNumber }
  | { readonly timer: "retainedData"; readonly node: NodeNumber }
  /** A reschedule, or another instant that a task of a group waits for. */
  | { readonly timer: "groupTask"; readonly task: TaskNumber }
  /** A deployment's deadline, a drain's, a periodic launch: the job of groups is looked at. */
  | { readonly timer: "groupJob"; readonly job: JobNumber }
  | { readonly timer: "drain"; readonly node: NodeNumber }
  | { readonly timer: "reboot"; readonly node: NodeNumber };

interface Entry {
  readonly dueAt: number;
  readonly timer: Timer;
}

/** A binary heap of due times. */
export class Timers {
  readonly #heap: Entry[] = [];

  get size(): number {
    return this.#heap.length;
  }

  nextDueAt(): number | null {
    return this.#heap[0]?.dueAt ?? null;
  }

  add(dueAt: number, timer: Timer): void {
    const heap = this.#heap;
    const entry = { dueAt, timer };
    heap.push(entry);
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = heap[parent];
      if (above === undefined || above.dueAt <= dueAt) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Removes and returns the earliest timer that is due; null when none is. */
  takeDue(now: number): Timer | null {
    const top = this.#heap[0];
    if (top === undefined || top.dueAt > now) return null;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return top.timer;
  }

  #sink(entry: Entry): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      const smaller = right !== undefined && right.dueAt < left.dueAt ? right : left;
      if (smaller === right) child += 1;
      if (smaller.dueAt >= entry.dueAt) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = entry;
  }
}
