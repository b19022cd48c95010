/** Options with no more than this score are skipped at first. */
export const SKIP_SCORE = 0;
/** So many are skipped at most. */
export const SKIP_MAX = 3;
/** Affinities and spreads need more nodes to choose from. */
const WIDE_LIMIT = 100;
const NARROW_LIMIT = 2;

/** How many nodes with room are looked at for one placement. */
export function scanLimit(
  type: "service" | "batch" | "system" | "sysbatch",
  readyNodes: number,
  hasPreferences: boolean,
  groupCount: number,
): number {
  if (hasPreferences) return Math.max(WIDE_LIMIT, groupCount);
  switch (type) {
    case "service":
      return Math.max(NARROW_LIMIT, readyNodes > 0 ? Math.ceil(Math.log2(readyNodes)) : 0);
    case "batch":
      return NARROW_LIMIT;
    // They run on every node.
    case "system":
    case "sysbatch":
      return Math.max(NARROW_LIMIT, readyNodes);
  }
}

/**
 * The first `limit` options, in the order in which they count. Up to `skipMax` that score no more than `skipScore` are
 * set aside, and come after all others if there are too few. No more options are taken from the source than needed.
 */
export function limitOptions<T>(
  options: Iterable<T>,
  scoreOf: (option: T) => number,
  limit: number,
  skipScore = SKIP_SCORE,
  skipMax = SKIP_MAX,
): readonly T[] {
  const taken: T[] = [];
  const skipped: T[] = [];
  if (limit <= 0) return taken;
  for (const option of options) {
    if (skipped.length < skipMax && scoreOf(option) <= skipScore) skipped.push(option);
    else taken.push(option);
    if (taken.length >= limit) return taken;
  }
  return [...taken, ...skipped.slice(0, limit - taken.length)];
}

/** The items in random order; each costs nothing until it is asked for. */
export function* shuffled<T>(items: readonly T[], random: () => number): Generator<T> {
  const moved = new Map<number, number>();
  for (let index = 0; index < items.length; index += 1) {
    const pick = index + Math.floor(random() * (items.length - index));
    const item = items[moved.get(pick) ?? pick];
    moved.set(pick, moved.get(index) ?? index);
    moved.delete(index);
    if (item !== undefined) yield item;
  }
}
