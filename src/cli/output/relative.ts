import { formatInstant } from "./cell.ts";

/** How times and ids of a report are written. */
export interface TimeForm {
  /** Full ids and exact times. */
  readonly isVerbose: boolean;
  readonly now: number;
}

const SECOND_MS = 1000;
/** Long first. */
const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ["y", 365 * 86_400],
  ["mo", 30 * 86_400],
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
];

/** How far an instant is from now, in its two largest units: `2m10s ago`, `25s from now`, `now`. */
export function relativeTime(iso: string, now: number): string {
  const differenceMs = Date.parse(iso) - now;
  const span = spanText(Math.abs(differenceMs));
  if (span === "") return "now";
  return differenceMs < 0 ? `${span} ago` : `${span} from now`;
}

function spanText(durationMs: number): string {
  let seconds = Math.round(durationMs / SECOND_MS);
  const parts = UNITS.map(([name, size]) => {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    return { name, count };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  if (first < 0) return "";
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count}${name}`)
    .join("");
}

/** `2026/11/21 04:00:25 (25s from now)`. */
export function whenText(iso: string, now: number): string {
  return `${formatInstant({ iso, seconds: true })} (${relativeTime(iso, now)})`;
}
