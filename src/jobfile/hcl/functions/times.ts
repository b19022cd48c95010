import { isoTime } from "../../../model/time.ts";
import type { Value } from "../value.ts";
import type { Given, HclFunction } from "./given.ts";

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
const WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

interface Timestamp {
  /** As the clock of its zone shows it, in milliseconds as if it were UTC. */
  readonly localMs: number;
  readonly offsetMinutes: number;
}

/** Days since 1970-01-01 (Howard Hinnant's civil calendar). */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const leap = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leap + dayOfYear - 719_468;
}

function timestampOf(given: Given, index: number): Timestamp {
  const text = given.text(index);
  const match = RFC_3339.exec(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (match ?? [])
    .slice(1, 7)
    .map(Number);
  const offset =
    (Number(match?.[9] ?? 0) * 60 + Number(match?.[10] ?? 0)) * (match?.[8] === "-" ? -1 : 1);
  const fractionMs = Math.floor(Number(`0${match?.[7] ?? ""}`) * 1000);
  const dayMs = ((hour * 60 + minute) * 60 + second) * 1000 + fractionMs;
  const localMs = daysOf(year, month, day) * DAY_MS + dayMs;
  const isReal =
    match !== null &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    isoTime(localMs).startsWith(text.slice(0, 10));
  if (isReal) return { localMs, offsetMinutes: offset };
  return given.fail(
    index,
    `expected a time such as 2026-11-21T03:20:00Z, found ${JSON.stringify(text)}`,
  );
}

function zoneText(offsetMinutes: number, separator: string): string {
  const sign = offsetMinutes < 0 ? "-" : "+";
  const minutes = Math.abs(offsetMinutes);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${sign}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

function withZone({ localMs, offsetMinutes }: Timestamp): string {
  const iso = isoTime(localMs);
  return `${iso.slice(0, 19)}${offsetMinutes === 0 ? "Z" : zoneText(offsetMinutes, ":")}`;
}

const GO_DURATION = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy;
const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: MINUTE_MS,
  h: 60 * MINUTE_MS,
};

/** Milliseconds of a Go duration, which may be negative here. */
function durationOf(given: Given, index: number): number {
  const text = given.text(index);
  const unsigned = text.replace(/^[+-]/, "");
  const parts = [...unsigned.matchAll(GO_DURATION)];
  const isWhole = parts.reduce((length, [part]) => length + part.length, 0) === unsigned.length;
  if (unsigned !== "0" && (parts.length === 0 || !isWhole)) {
    return given.fail(index, `expected a duration such as 1h30m, found ${JSON.stringify(text)}`);
  }
  const sum = parts.reduce((ms, part) => ms + Number(part[1]) * (UNITS_MS[part[2] ?? ""] ?? 0), 0);
  return text.startsWith("-") ? -sum : sum;
}

function timeAdd(given: Given): Value {
  const { localMs, offsetMinutes } = timestampOf(given, 0);
  return withZone({ localMs: localMs + durationOf(given, 1), offsetMinutes });
}

type Token = (time: Timestamp) => string;

function number(width: number, value: (time: Timestamp) => number): Token {
  return (time) => String(value(time)).padStart(width, "0");
}

const yearOf = (time: Timestamp) => Number(isoTime(time.localMs).slice(0, 4));
const monthOf = (time: Timestamp) => Number(isoTime(time.localMs).slice(5, 7));
const dayOf = (time: Timestamp) => Number(isoTime(time.localMs).slice(8, 10));
const hourOf = (time: Timestamp) => Number(isoTime(time.localMs).slice(11, 13));
const minuteOf = (time: Timestamp) => Number(isoTime(time.localMs).slice(14, 16));
const secondOf = (time: Timestamp) => Number(isoTime(time.localMs).slice(17, 19));
const halfHour = (time: Timestamp) => ((hourOf(time) + 11) % 12) + 1;
const monthName = (time: Timestamp) => MONTHS[monthOf(time) - 1] ?? "";
const weekdayOf = (time: Timestamp) =>
  WEEKDAYS[(((Math.floor(time.localMs / DAY_MS) + 4) % 7) + 7) % 7] ?? "";

const DATE_TOKENS: Readonly<Record<string, Token>> = {
  YYYY: number(4, yearOf),
  YY: number(2, (time) => yearOf(time) % 100),
  MMMM: monthName,
  MMM: (time) => monthName(time).slice(0, 3),
  MM: number(2, monthOf),
  M: number(1, monthOf),
  DD: number(2, dayOf),
  D: number(1, dayOf),
  EEEE: weekdayOf,
  EEE: (time) => weekdayOf(time).slice(0, 3),
  hh: number(2, hourOf),
  h: number(1, hourOf),
  HH: number(2, halfHour),
  H: number(1, halfHour),
  AA: (time) => (hourOf(time) < 12 ? "AM" : "PM"),
  aa: (time) => (hourOf(time) < 12 ? "am" : "pm"),
  mm: number(2, minuteOf),
  m: number(1, minuteOf),
  ss: number(2, secondOf),
  s: number(1, secondOf),
  ZZZZZ: ({ offsetMinutes }) => zoneText(offsetMinutes, ":"),
  ZZZZ: ({ offsetMinutes }) => zoneText(offsetMinutes, ""),
  ZZZ: ({ offsetMinutes }) => (offsetMinutes === 0 ? "UTC" : zoneText(offsetMinutes, "")),
  Z: ({ offsetMinutes }) => (offsetMinutes === 0 ? "Z" : zoneText(offsetMinutes, ":")),
};

const DATE_PART = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g;

function formatDate(given: Given): Value {
  const time = timestampOf(given, 1);
  return given.text(0).replace(DATE_PART, (part: string, quoted?: string) => {
    if (quoted !== undefined) return quoted.replaceAll("''", "'");
    if (part === "'") return given.fail(0, "expected a closing quote in the format");
    if (!/^[A-Za-z]/.test(part)) return part;
    const token = DATE_TOKENS[part];
    if (token !== undefined) return token(time);
    const known = "YYYY MM DD hh mm ss Z and the like, other letters in single quotes";
    return given.fail(0, `expected ${known}, found ${part}`);
  });
}

export const TIME_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  formatdate: {
    signature: "formatdate(format, time)",
    does: "the time by YYYY, MM, DD, hh, mm, ss, EEE, MMM, AA, Z and the like",
    least: 2,
    most: 2,
    apply: formatDate,
  },
  timeadd: {
    signature: "timeadd(time, duration)",
    does: "the time plus a duration such as `1h30m` or `-5m`",
    least: 2,
    most: 2,
    apply: timeAdd,
  },
  timestamp: {
    signature: "timestamp()",
    does: "the time now, as in `2026-11-21T03:20:00Z`",
    least: 0,
    most: 0,
    apply: (given) => withZone({ localMs: given.options.now, offsetMinutes: 0 }),
  },
};
