import type { SpreadSpec } from "../model/placementSpec.ts";

/** Stands for all values that a spread with targets does not name. */
const OTHERS = "*";

/** A spread with what it wants of a group's count. */
export interface PreparedSpread {
  readonly attribute: string;
  /** Its weight over the sum of all weights. */
  readonly share: number;
  /** Executions wanted per value, OTHERS for the rest; empty: evenly over all values. */
  readonly desired: ReadonlyMap<string, number>;
  /** Values it names. */
  readonly named: ReadonlySet<string>;
}

export function prepareSpreads(
  spreads: readonly SpreadSpec[],
  groupCount: number,
): readonly PreparedSpread[] {
  const weights = spreads.reduce((sum, { weight }) => sum + weight, 0);
  return spreads.map(({ attribute, weight, targets }) => {
    const desired = new Map(
      targets.map(({ value, percent }) => [value, (percent / 100) * groupCount] as const),
    );
    const sum = [...desired.values()].reduce((total, count) => total + count, 0);
    if (sum > 0 && sum < groupCount) desired.set(OTHERS, groupCount - sum);
    const named = new Set(targets.map(({ value }) => value));
    return { attribute, share: weights === 0 ? 0 : weight / weights, desired, named };
  });
}

/**
 * Scores of one placement. A value of which nothing is wanted gets the lowest score so far, which is why the object has
 * to live as long as the placement, and no longer.
 */
export class SpreadScorer {
  #lowest = -1;

  /** Null: no entry. `resolve`: the value that the node has; `used`: executions of the group per value. */
  score(
    spreads: readonly PreparedSpread[],
    resolve: (attribute: string) => string | null,
    usedOf: (attribute: string) => ReadonlyMap<string, number>,
  ): number | null {
    let sum = 0;
    for (const spread of spreads) {
      sum += this.#single(spread, resolve(spread.attribute), usedOf(spread.attribute));
    }
    return sum === 0 ? null : sum;
  }

  #single(spread: PreparedSpread, value: string | null, used: ReadonlyMap<string, number>): number {
    if (value === null) return -1;
    if (spread.desired.size === 0) return evenScore(value, used);
    const isNamed = spread.named.has(value);
    const wanted = spread.desired.get(isNamed ? value : OTHERS);
    if (wanted === undefined) return -1;
    if (wanted === 0) return this.#lowest;
    const there = isNamed ? (used.get(value) ?? 0) : sumOfOthers(used, spread.named);
    const score = ((wanted - (there + 1)) / wanted) * spread.share;
    this.#lowest = Math.min(this.#lowest, score);
    return score;
  }
}

function sumOfOthers(used: ReadonlyMap<string, number>, named: ReadonlySet<string>): number {
  let sum = 0;
  for (const [value, count] of used) if (!named.has(value)) sum += count;
  return sum;
}

/** Values with fewer executions than the others are worth more; when all have as many, each costs the same. */
function evenScore(value: string, used: ReadonlyMap<string, number>): number {
  if (used.size === 0) return 0;
  const counts = [...used.values()];
  const least = Math.min(...counts);
  const most = Math.max(...counts);
  const there = used.get(value) ?? 0;
  if (there !== least) return least === 0 ? -1 : (least - there) / least;
  if (least === most) return -1;
  return least === 0 ? 1 : (most - least) / least;
}
