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

/** What one placement asks of how a property is used again and again, for each node. */
interface UseSummary {
  readonly least: number;
  readonly most: number;
  /** Executions on values that the spread does not name. */
  readonly others: number;
}

/**
 * Scores of one placement: it remembers what is the same for all of its nodes, and the lowest score so far, which a value
 * gets of which nothing is wanted. So it has to live as long as the placement, and no longer.
 */
export class SpreadScorer {
  #lowest = -1;
  readonly #summaries = new Map<PreparedSpread, UseSummary>();

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
    const isEven = spread.desired.size === 0;
    // Nothing is placed yet: every value is as good as the others.
    if (isEven && used.size === 0) return 0;
    const summary = this.#summaryOf(spread, used);
    if (isEven) return evenScore(used.get(value) ?? 0, summary);
    const isNamed = spread.named.has(value);
    const wanted = spread.desired.get(isNamed ? value : OTHERS);
    if (wanted === undefined) return -1;
    if (wanted === 0) return this.#lowest;
    const there = isNamed ? (used.get(value) ?? 0) : summary.others;
    const score = ((wanted - (there + 1)) / wanted) * spread.share;
    this.#lowest = Math.min(this.#lowest, score);
    return score;
  }

  #summaryOf(spread: PreparedSpread, used: ReadonlyMap<string, number>): UseSummary {
    const known = this.#summaries.get(spread);
    if (known !== undefined) return known;
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    let others = 0;
    for (const [value, count] of used) {
      least = Math.min(least, count);
      most = Math.max(most, count);
      if (!spread.named.has(value)) others += count;
    }
    const summary = { least, most, others };
    this.#summaries.set(spread, summary);
    return summary;
  }
}

/** Values with fewer executions than the others are worth more; when all have as many, each costs the same. */
function evenScore(there: number, { least, most }: UseSummary): number {
  if (there !== least) return (least - there) / least;
  return least === most ? -1 : (most - least) / least;
}
