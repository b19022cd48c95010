/** Something that comes due. */
export interface Due<Target> {
  readonly at: number;
  readonly target: Target;
}

/** Binary heap by `at`. Entries are not removed when they become stale: whoever takes one checks it. */
export interface DueHeap<Target> {
  entries: Due<Target>[];
}

/** Stale entries that are tolerated beside as many live ones as there are. */
const STALE_MIN = 64;

export function newDueHeap<Target>(): DueHeap<Target> {
  return { entries: [] };
}

export function pushDue<Target>(heap: DueHeap<Target>, at: number, target: Target): void {
  const { entries } = heap;
  const entry = { at, target };
  entries.push(entry);
  let index = entries.length - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = entries[parent];
    if (above === undefined || above.at <= at) break;
    entries[index] = above;
    index = parent;
  }
  entries[index] = entry;
}

/** The earliest entry, left in place. */
export function peekDue<Target>(heap: DueHeap<Target>): Due<Target> | undefined {
  return heap.entries[0];
}

export function popDue<Target>(heap: DueHeap<Target>): Due<Target> | undefined {
  const { entries } = heap;
  const top = entries[0];
  const last = entries.pop();
  if (top === undefined || last === undefined || entries.length === 0) return top;
  sink(entries, last);
  return top;
}

/** Puts the entry at the root and moves it down to its place. */
function sink<Target>(entries: Due<Target>[], entry: Due<Target>): void {
  let index = 0;
  for (;;) {
    const left = entries[2 * index + 1];
    const right = entries[2 * index + 2];
    if (left === undefined) break;
    const goesRight = right !== undefined && right.at < left.at;
    const child = goesRight ? right : left;
    if (child.at >= entry.at) break;
    entries[index] = child;
    index = 2 * index + (goesRight ? 2 : 1);
  }
  entries[index] = entry;
}

/** Drops stale entries once they outnumber the live ones, so that the heap stays in proportion. */
export function pruneDue<Target>(
  heap: DueHeap<Target>,
  liveCount: number,
  isLive: (due: Due<Target>) => boolean,
): void {
  if (heap.entries.length <= 2 * liveCount + STALE_MIN) return;
  // A sorted array is a heap.
  heap.entries = heap.entries.filter(isLive).sort((a, b) => a.at - b.at);
}
