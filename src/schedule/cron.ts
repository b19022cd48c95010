import { Cron } from "croner";
import { isoTime } from "../model/time.ts";

/**
 * Cron expressions in the wall time of an IANA zone, with Nomad's fields (those of hashicorp/cronexpr): five, six with
 * the year last, or seven with the seconds first too. Six mean seconds first to others; those are refused.
 */
export interface CronSchedule {
  readonly crons: readonly string[];
  readonly timeZone: string;
}

const YEAR_MIN = 1970;
const YEAR_MAX = 2099;
/** `*`, `?`, a year or a range of them; a step of all but `?`. */
const YEARS = /^(?:\?|(?:\*|(\d{4})(?:-(\d{4}))?)(?:\/([1-9]\d*))?)$/;

/** The expression as croner reads it, to which six fields are those with seconds. */
function cronerForm(cron: string): string {
  const fields = cron.trim().split(/\s+/);
  const year = fields[6] ?? fields[5];
  if (year === undefined || fields.length > 7) return cron;
  const seconds = fields.length === 6 ? ["0"] : [];
  const years = year.split(",").map((entry) => cronerYears(entry));
  if (years.includes(null)) {
    throw new RangeError(
      `the last of 6 or 7 fields is the year, ${YEAR_MIN} to ${YEAR_MAX}, and is "${year}"`,
    );
  }
  return [...seconds, ...fields.slice(0, -1), years.join(",")].join(" ");
}

/** Steps go over a range, as croner would count those of `*` from year 0. Null: these are no years. */
function cronerYears(entry: string): string | null {
  const found = YEARS.exec(entry);
  if (found === null) return null;
  const [, from, to, step] = found;
  const first = from === undefined ? YEAR_MIN : Number(from);
  const single = from !== undefined && step === undefined ? first : YEAR_MAX;
  const last = to === undefined ? single : Number(to);
  if (first < YEAR_MIN || last > YEAR_MAX || first > last) return null;
  if (from === undefined && step === undefined) return "*";
  return `${first}-${last}${step === undefined ? "" : `/${step}`}`;
}

function readCron(cron: string, timeZone: string): Cron {
  return new Cron(cronerForm(cron), { timezone: timeZone, paused: true });
}

/**
 * The first instant after `after` at which one of the expressions is due; null: never. In the hour that daylight saving
 * skips a run is due when the gap ends; in the one that it repeats it is due once.
 */
export function nextDueAt({ crons, timeZone }: CronSchedule, after: number): number | null {
  const times = crons.flatMap((cron) => {
    const next = readCron(cron, timeZone).nextRun(isoTime(after));
    return next === null ? [] : [next.getTime()];
  });
  return times.length === 0 ? null : Math.min(...times);
}

/** What is wrong with an expression, for people; null: nothing. */
export function cronMistake(cron: string): string | null {
  try {
    readCron(cron, "UTC").nextRun(isoTime(0));
    return null;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return words.replace(/^\w+: /, "").replace(/\.$/, "");
  }
}

/** Whether schedules can be in this zone. */
export function isTimeZone(name: string): boolean {
  try {
    readCron("* * * * *", name).nextRun(isoTime(0));
    return true;
  } catch {
    return false;
  }
}
