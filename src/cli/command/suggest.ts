/** A misspelt word differs from the one meant by at most this many letters. */
const MISSPELLING_MAX = 2;

/** The known word that was probably meant; undefined when none is near. */
export function nearestWord(given: string, known: readonly string[]): string | undefined {
  const folded = given.toLowerCase();
  const ranked = known
    .map((name) => ({ name, distance: distanceOf(folded, name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best === undefined) return undefined;
  const most = Math.min(MISSPELLING_MAX, Math.max(1, Math.floor(best.name.length / 2)));
  return best.distance <= most ? best.name : undefined;
}

/** Words that only begin alike are near too: `tasks` for `task` or `del` for `delete`. */
function distanceOf(given: string, name: string): number {
  const isBeginning = given.length > 1 && (name.startsWith(given) || given.startsWith(name));
  return isBeginning ? 1 : editDistance(given, name);
}

/** Letters added, left out, replaced, or swapped with their neighbour, by rows. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const steps = [at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (isSame ? 0 : 1)];
      if (isSwapped) steps.push(at(i - 2, j - 2) + 1);
      rows[i]?.push(Math.min(...steps));
    }
  }
  return at(a.length, b.length);
}
