/**
 * Whether a name matches a pattern of the shell: `*` any characters, `?` one, `[a-z]` one of these, `[!a-z]` or `[^a-z]` one of
 * all others, a backslash before what stands for itself. As in the shell a name that begins with a dot matches only a pattern
 * that does. A `[` that nothing closes stands for itself.
 */
export function matchesShellGlob(pattern: string, name: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".") && !pattern.startsWith("\\.")) return false;
  return matches(partsOf(pattern), [...name]);
}

/** Whether one character fits; "any": any number of any. */
type Part = "any" | ((character: string) => boolean);

/** Goes back to the last `*` only, so that the time is at most pattern times name. */
function matches(parts: readonly Part[], characters: readonly string[]): boolean {
  let part = 0;
  let place = 0;
  let star: { part: number; place: number } | null = null;
  while (place < characters.length) {
    const wanted = parts[part];
    if (wanted === "any") {
      star = { part, place };
      part += 1;
    } else if (wanted?.(characters[place] ?? "") === true) {
      part += 1;
      place += 1;
    } else if (star !== null) {
      star = { part: star.part, place: star.place + 1 };
      part = star.part + 1;
      place = star.place;
    } else {
      return false;
    }
  }
  return parts.slice(part).every((rest) => rest === "any");
}

function partsOf(pattern: string): Part[] {
  const letters = [...pattern];
  const parts: Part[] = [];
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters[at] ?? "";
    const set = letter === "[" ? setAt(letters, at) : null;
    if (set !== null) {
      parts.push(set.fits);
      at = set.end;
    } else if (letter === "*") {
      parts.push("any");
    } else if (letter === "?") {
      parts.push(() => true);
    } else {
      const isEscape = letter === "\\" && at + 1 < letters.length;
      if (isEscape) at += 1;
      const wanted = letters[at] ?? "";
      parts.push((character) => character === wanted);
    }
  }
  return parts;
}

/** The set that begins there; null: nothing closes it. A `]` at its beginning is one of its characters. */
function setAt(letters: readonly string[], start: number) {
  const isNegated = letters[start + 1] === "!" || letters[start + 1] === "^";
  const first = start + (isNegated ? 2 : 1);
  const end = letters.indexOf("]", first + 1);
  if (end < 0) return null;
  const ranges: [string, string][] = [];
  for (let at = first; at < end; at += 1) {
    const from = letters[at] ?? "";
    const isRange = letters[at + 1] === "-" && at + 2 < end;
    ranges.push([from, isRange ? (letters[at + 2] ?? "") : from]);
    if (isRange) at += 2;
  }
  const fits = (character: string): boolean =>
    ranges.some(([from, to]) => from <= character && character <= to) !== isNegated;
  return { fits, end };
}
