const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

const NUMBER = String.raw`(\d+(?:[.,]\d+)?)`;
const ISO = new RegExp(
  `^P(?:${NUMBER}W)?(?:${NUMBER}D)?(?:T(?:${NUMBER}H)?(?:${NUMBER}M)?(?:${NUMBER}S)?)?$`,
  "i",
);
const ISO_UNITS_MS = [WEEK_MS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS];

const GO_PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d)/y;
const GO_UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};

function parseIso(text: string): number | null {
  const match = ISO.exec(text);
  // `P` and `PT` name no amount, and `P1DT` ends where a time should begin.
  if (match === null || /[PT]$/i.test(text)) return null;
  let sumMs = 0;
  for (const [index, unitMs] of ISO_UNITS_MS.entries()) {
    const amount = match[index + 1];
    if (amount !== undefined) sumMs += Number(amount.replace(",", ".")) * unitMs;
  }
  return sumMs;
}

function parseGo(text: string): number | null {
  if (text === "0") return 0;
  let sumMs = 0;
  let at = 0;
  while (at < text.length) {
    GO_PART.lastIndex = at;
    const match = GO_PART.exec(text);
    const unitMs = GO_UNITS_MS[match?.[2] ?? ""];
    if (match === null || unitMs === undefined) return null;
    sumMs += Number(match[1]) * unitMs;
    at = GO_PART.lastIndex;
  }
  return at === 0 ? null : sumMs;
}

/**
 * Milliseconds of a duration, rounded to whole ones: ISO 8601 (`PT15M`, `P7D`, `PT1.5S`; no years or months, whose
 * length depends on the calendar) or Go's form (`15m`, `1h30m`, `1.5s`, `250ms`; also `d` for days of 24 hours).
 * Null: neither, negative, or beyond what is counted exactly.
 */
export function parseDuration(text: string): number | null {
  const sumMs = /^P/i.test(text) ? parseIso(text) : parseGo(text);
  if (sumMs === null) return null;
  const wholeMs = Math.round(sumMs);
  return Number.isSafeInteger(wholeMs) ? wholeMs : null;
}

/** ISO 8601 with days as the largest unit, as Azure Batch writes it: `PT15M`, `P7D`, `PT0.25S`, `PT0S`. */
export function formatDuration(durationMs: number): string {
  const days = Math.floor(durationMs / DAY_MS);
  const hours = Math.floor((durationMs % DAY_MS) / HOUR_MS);
  const minutes = Math.floor((durationMs % HOUR_MS) / MINUTE_MS);
  const seconds = (durationMs % MINUTE_MS) / SECOND_MS;
  const date = days > 0 ? `${days}D` : "";
  const time = [
    hours > 0 ? `${hours}H` : "",
    minutes > 0 ? `${minutes}M` : "",
    seconds > 0 ? `${seconds}S` : "",
  ].join("");
  if (date === "" && time === "") return "PT0S";
  return time === "" ? `P${date}` : `P${date}T${time}`;
}

/** Go's form, as Nomad writes it in its sentences: `30m0s`, `24h0m0s`, `16.2s`, `500ms`, `0s`. */
export function formatGoDuration(durationMs: number): string {
  if (durationMs < 0) return `-${formatGoDuration(-durationMs)}`;
  if (durationMs > 0 && durationMs < SECOND_MS) return `${durationMs}ms`;
  const hours = Math.floor(durationMs / HOUR_MS);
  const minutes = Math.floor((durationMs % HOUR_MS) / MINUTE_MS);
  const seconds = `${(durationMs % MINUTE_MS) / SECOND_MS}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
