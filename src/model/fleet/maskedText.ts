const MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
const DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun";

/** In this order: what looks like a number within another form goes with it. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi, "#"],
  [/\b0x[\da-f]+\b/gi, "#"],
  // `Sat Nov 21`, `21 Nov`, `Sat, 21 Nov`.
  [new RegExp(`\\b(?:(?:${DAYS}),? +)?(?:\\d{1,2} +)?(?:${MONTHS})(?: +\\d{1,2})?\\b`, "g"), "#"],
  // Also with a fraction, as a time of day, or as a version; signs and units stay.
  [/\d+(?:[.,:]\d+)*/g, "#"],
  // Columns are padded to their numbers.
  [/[ \t]+/g, " "],
];

/**
 * A text with everything masked in which nodes differ that say the same: numbers, times and dates, UUIDs, and the node's
 * own names, whose case and neighbours in a longer name (`linux01.example.org`) do not matter. For comparisons alone.
 */
export function maskedText(text: string, names: readonly string[]): string {
  const longestFirst = names
    .filter((name) => name.length > 1)
    .sort((left, right) => right.length - left.length);
  let masked = text;
  for (const name of longestFirst) {
    const own = new RegExp(`(?<![\\w])${RegExp.escape(name)}(?![\\w])`, "gi");
    masked = masked.replace(own, "<node>");
  }
  for (const [pattern, mask] of MASKS) masked = masked.replace(pattern, mask);
  return masked;
}
