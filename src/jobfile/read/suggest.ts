/** Letters to insert, drop, change or swap with the next one to get from one word to the other. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let line = 1; line <= from.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[line - 1] === to[column - 1] ? 0 : 1;
      const isSwapped = from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1];
      next.push(
        Math.min(
          (row[column - 1] ?? 0) + same,
          (row[column] ?? 0) + 1,
          (next[column - 1] ?? 0) + 1,
          isSwapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? to.length;
}

/** Longer ones are nobody's slip of the pen, and would take long to compare. */
const WORD_MAX = 100;

/** The known word that was probably meant; null: none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  if (word.length > WORD_MAX) return null;
  const limit = Math.max(1, Math.floor(word.length / 3));
  const simple = word.toLowerCase().replaceAll("-", "_");
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    const found = distance(simple, candidate.toLowerCase());
    if (found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}
