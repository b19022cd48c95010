import type { TaskNumber } from "../model/id.ts";

/**
 * A sorted set of task numbers kept as ranges: the fresh tasks of a job are one range however many they are, and a
 * lone number costs 16 bytes.
 */
export class NumberRanges {
  #firsts: number[] = [];
  #lasts: number[] = [];
  /** Ranges before it are used up. */
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Smallest number; null when empty. */
  first(): TaskNumber | null {
    return this.#firsts[this.#head] ?? null;
  }

  /** Index of the first range whose last number is not below `value`. */
  #find(value: number): number {
    let low = this.#head;
    let high = this.#lasts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#lasts[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(value: TaskNumber): boolean {
    const first = this.#firsts[this.#find(value)];
    return first !== undefined && first <= value;
  }

  add(value: TaskNumber): void {
    this.addRange(value, value);
  }

  /** Adds numbers none of which is in the set. */
  addRange(first: TaskNumber, last: TaskNumber): void {
    const index = this.#find(first);
    const next = this.#firsts[index];
    if (next !== undefined && next <= last) throw new Error(`task ${first} is queued already`);
    this.#size += last - first + 1;
    const joinsBefore = index > this.#head && this.#lasts[index - 1] === first - 1;
    const joinsAfter = next === last + 1;
    if (joinsBefore && joinsAfter) {
      this.#lasts[index - 1] = this.#lasts[index] ?? last;
      this.#firsts.splice(index, 1);
      this.#lasts.splice(index, 1);
    } else if (joinsBefore) {
      this.#lasts[index - 1] = last;
    } else if (joinsAfter) {
      this.#firsts[index] = first;
    } else if (index === this.#head && index > 0) {
      this.#head -= 1;
      this.#firsts[this.#head] = first;
      this.#lasts[this.#head] = last;
    } else {
      this.#firsts.splice(index, 0, first);
      this.#lasts.splice(index, 0, last);
    }
  }

  /** Takes a number out; false when it is not there. */
  delete(value: TaskNumber): boolean {
    const index = this.#find(value);
    const first = this.#firsts[index];
    const last = this.#lasts[index];
    if (first === undefined || last === undefined || first > value) return false;
    this.#size -= 1;
    if (first === last) this.#dropRange(index);
    else if (value === first) this.#firsts[index] = value + 1;
    else if (value === last) this.#lasts[index] = value - 1;
    else {
      this.#lasts[index] = value - 1;
      this.#firsts.splice(index + 1, 0, value + 1);
      this.#lasts.splice(index + 1, 0, last);
    }
    return true;
  }

  #dropRange(index: number): void {
    if (index !== this.#head) {
      this.#firsts.splice(index, 1);
      this.#lasts.splice(index, 1);
      return;
    }
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#firsts.length) {
      this.#firsts = this.#firsts.slice(this.#head);
      this.#lasts = this.#lasts.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Ranges from the smallest, for reading ahead. */
  *ranges(): Generator<{ first: TaskNumber; last: TaskNumber }> {
    for (let index = this.#head; index < this.#firsts.length; index += 1) {
      const first = this.#firsts[index];
      const last = this.#lasts[index];
      if (first !== undefined && last !== undefined) yield { first, last };
    }
  }
}

/**
 * The active tasks of a job, by the slots they need; within a class first come, first served by number.
 */
export class TaskQueue {
  /** Ascending by slots; empty classes are dropped. */
  #classes: { slots: number; tasks: NumberRanges }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  #class(slots: number): NumberRanges {
    const found = this.#classes.find((candidate) => candidate.slots === slots);
    if (found !== undefined) return found.tasks;
    const entry = { slots, tasks: new NumberRanges() };
    this.#classes.push(entry);
    this.#classes.sort((left, right) => left.slots - right.slots);
    return entry.tasks;
  }

  addRange(first: TaskNumber, last: TaskNumber, slots: number): void {
    this.#class(slots).addRange(first, last);
    this.#size += last - first + 1;
  }

  add(task: TaskNumber, slots: number): void {
    this.addRange(task, task, slots);
  }

  /** Takes a task out; false when it is not queued. */
  delete(task: TaskNumber): boolean {
    for (const entry of this.#classes) {
      if (!entry.tasks.delete(task)) continue;
      this.#size -= 1;
      if (entry.tasks.size === 0) this.#classes = this.#classes.filter((other) => other !== entry);
      return true;
    }
    return false;
  }

  has(task: TaskNumber): boolean {
    return this.#classes.some((entry) => entry.tasks.has(task));
  }

  /** Oldest task that needs at most so many slots; null when there is none. */
  next(slotsAtMost: number): { task: TaskNumber; slots: number } | null {
    let best: { task: TaskNumber; slots: number } | null = null;
    for (const { slots, tasks } of this.#classes) {
      if (slots > slotsAtMost) break;
      const task = tasks.first();
      if (task !== null && (best === null || task < best.task)) best = { task, slots };
    }
    return best;
  }

  /** Smallest number queued; null when empty. */
  first(): TaskNumber | null {
    return this.next(Number.POSITIVE_INFINITY)?.task ?? null;
  }

  /** Fewest slots that any queued task needs; null when empty. */
  smallestClass(): number | null {
    return this.#classes[0]?.slots ?? null;
  }

  classes(): readonly { readonly slots: number; readonly tasks: NumberRanges }[] {
    return this.#classes;
  }
}
