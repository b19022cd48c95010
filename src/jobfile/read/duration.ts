const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** What people write for Go's units; taken with a warning. */
const LONG_UNITS: Readonly<Record<string, string>> = {
  sec: "s",
  secs: "s",
  min: "m",
  mins: "m",
  hr: "h",
  hrs: "h",
};

const PART = /(\d+(?:\.\d*)?|\.\d+)([a-zµμ]*)/y;
const NANOSECONDS_PER_MS = 1e6;

export type ReadDuration =
  /** `meant`: it had to be read as this; null: it is Go's form. */
  | { readonly ok: true; readonly ms: number; readonly meant: string | null }
  | { readonly ok: false; readonly isNegative: boolean };

const WRONG: ReadDuration = { ok: false, isNegative: false };

/** Go's form of a duration, as `1h30m` or `1.5s`; units ns, us, ms, s, m, h. Rounded to milliseconds. */
export function readDuration(text: string): ReadDuration {
  const unsigned = text.replace(/^[+-]/, "");
  const read = readUnsigned(unsigned);
  if (!read.ok || !text.startsWith("-") || read.ms === 0) return read;
  return { ok: false, isNegative: true };
}

function readUnsigned(text: string): ReadDuration {
  if (text === "0") return { ok: true, ms: 0, meant: null };
  let nanoseconds = 0;
  let meant = "";
  let at = 0;
  while (at < text.length) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    const [, amount = "", written = ""] = match ?? [];
    const unit = LONG_UNITS[written] ?? written;
    const size = NANOSECONDS[unit];
    if (match === null || size === undefined) return WRONG;
    nanoseconds += Number(amount) * size;
    meant += `${amount}${unit}`;
    at = PART.lastIndex;
  }
  const ms = Math.round(nanoseconds / NANOSECONDS_PER_MS);
  if (at === 0 || !Number.isSafeInteger(ms)) return WRONG;
  return { ok: true, ms, meant: meant === text ? null : meant };
}

/** Milliseconds of a number of nanoseconds. */
export function ofNanoseconds(nanoseconds: number): number {
  return Math.round(nanoseconds / NANOSECONDS_PER_MS);
}

export function toNanoseconds(ms: number): number {
  return ms * NANOSECONDS_PER_MS;
}
