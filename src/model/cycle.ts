/**
 * The six simple forms of a schedule (OPMATE 6.5). The cycle is recognised from the shape of the value; every form is
 * wall time to the minute, its zone is stored beside it.
 */
export type Cycle =
  | {
      readonly cycle: "yearly";
      readonly month: number;
      readonly day: number;
      readonly hour: number;
      readonly minute: number;
    }
  | {
      readonly cycle: "monthly";
      readonly day: number;
      readonly hour: number;
      readonly minute: number;
    }
  | {
      readonly cycle: "weekly";
      readonly weekday: Weekday;
      readonly hour: number;
      readonly minute: number;
    }
  | { readonly cycle: "daily"; readonly hour: number; readonly minute: number }
  | { readonly cycle: "hourly"; readonly minute: number }
  | {
      readonly cycle: "once";
      readonly year: number;
      readonly month: number;
      readonly day: number;
      readonly hour: number;
      readonly minute: number;
    };

export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Letters by which people name a cycle (`task listschedule -cy`). */
export const CYCLE_LETTERS = {
  yearly: "Y",
  monthly: "M",
  weekly: "W",
  daily: "D",
  hourly: "H",
  once: "O",
} as const satisfies Record<Cycle["cycle"], string>;

const FORMS =
  "MM/DD hh:mm (yearly), DD hh:mm (monthly), WWW hh:mm (weekly, sun to sat), hh:mm (daily), mm (hourly) or YYYY/MM/DD hh:mm (once)";

const TIME = String.raw`(?<hour>\d{2}):(?<minute>\d{2})`;
const SHAPES: readonly (readonly [Cycle["cycle"], RegExp])[] = [
  ["once", new RegExp(String.raw`^(?<year>\d{4})/(?<month>\d{2})/(?<day>\d{2}) ${TIME}$`)],
  ["yearly", new RegExp(String.raw`^(?<month>\d{2})/(?<day>\d{2}) ${TIME}$`)],
  ["monthly", new RegExp(String.raw`^(?<day>\d{2}) ${TIME}$`)],
  ["weekly", new RegExp(`^(?<weekday>[A-Za-z]{3}) ${TIME}$`)],
  ["daily", new RegExp(`^${TIME}$`)],
  ["hourly", /^(?<minute>\d{2})$/],
];

const RANGES: readonly (readonly [name: string, least: number, most: number])[] = [
  ["year", 2000, 9999],
  ["month", 1, 12],
  ["day", 1, 31],
  ["hour", 0, 23],
  ["minute", 0, 59],
];

/** What is wrong with a value, for people: what was expected and what was given. */
export interface CycleMistake {
  readonly mistake: string;
}

/** Reads a value such as `mon 08:00`. Blanks around it do not count, several between its parts are one. */
export function parseCycle(text: string): Cycle | CycleMistake {
  const value = text.trim().replace(/\s+/g, " ");
  for (const [cycle, shape] of SHAPES) {
    const groups = shape.exec(value)?.groups;
    if (groups !== undefined) return fromParts(cycle, groups, value);
  }
  return { mistake: `Expected ${FORMS}, given "${text}".` };
}

function fromParts(
  cycle: Cycle["cycle"],
  groups: Readonly<Record<string, string | undefined>>,
  value: string,
): Cycle | CycleMistake {
  for (const [name, least, most] of RANGES) {
    const part = groups[name];
    if (part === undefined || (Number(part) >= least && Number(part) <= most)) continue;
    return {
      mistake: `Expected the ${name} of a ${cycle} schedule to be from ${least} to ${most}, given ${part} in "${value}".`,
    };
  }
  const number = (name: string) => Number(groups[name]);
  const time = { hour: number("hour"), minute: number("minute") };
  switch (cycle) {
    case "hourly":
      return { cycle, minute: number("minute") };
    case "daily":
      return { cycle, ...time };
    case "weekly": {
      const weekday = WEEKDAYS.find((day) => day === groups["weekday"]?.toLowerCase());
      return weekday === undefined
        ? { mistake: `Expected a weekday of ${WEEKDAYS.join(", ")}, given "${value}".` }
        : { cycle, weekday, ...time };
    }
    case "monthly":
      return { cycle, day: number("day"), ...time };
    case "yearly":
    case "once": {
      const date = { month: number("month"), day: number("day") };
      const year = cycle === "once" ? number("year") : LEAP_YEAR;
      if (date.day > daysOfMonth(year, date.month)) {
        return { mistake: `Expected a day that the month has, given "${value}".` };
      }
      return cycle === "once" ? { cycle, year, ...date, ...time } : { cycle, ...date, ...time };
    }
  }
}

/** February 29 is a date of a yearly schedule: it is due in leap years. */
const LEAP_YEAR = 2000;

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** The value as it is written, which `parseCycle` reads again. */
export function cycleValue(cycle: Cycle): string {
  switch (cycle.cycle) {
    case "once":
      return `${cycle.year}/${twoDigits(cycle.month)}/${twoDigits(cycle.day)} ${timeOf(cycle)}`;
    case "yearly":
      return `${twoDigits(cycle.month)}/${twoDigits(cycle.day)} ${timeOf(cycle)}`;
    case "monthly":
      return `${twoDigits(cycle.day)} ${timeOf(cycle)}`;
    case "weekly":
      return `${cycle.weekday} ${timeOf(cycle)}`;
    case "daily":
      return timeOf(cycle);
    case "hourly":
      return twoDigits(cycle.minute);
  }
}

/** The value as a view shows it; what a form leaves open is a star before it. */
export function cycleText(cycle: Cycle): string {
  const value = cycleValue(cycle);
  switch (cycle.cycle) {
    case "yearly":
      return `yearly, */${value}`;
    case "monthly":
      return `monthly, */*/${value}`;
    case "weekly":
    case "daily":
    case "hourly":
    case "once":
      return `${cycle.cycle}, ${value}`;
  }
}

/**
 * A cron expression of the same times; of `once` the local time itself. A day that a month does not have is left out,
 * as cron does: a schedule of the 31st is not moved to another day.
 */
export function cycleCron(cycle: Cycle): string {
  switch (cycle.cycle) {
    case "once": {
      const { year, month, day } = cycle;
      return `${year}-${twoDigits(month)}-${twoDigits(day)}T${timeOf(cycle)}:00`;
    }
    case "yearly":
      return `${cycle.minute} ${cycle.hour} ${cycle.day} ${cycle.month} *`;
    case "monthly":
      return `${cycle.minute} ${cycle.hour} ${cycle.day} * *`;
    case "weekly":
      return `${cycle.minute} ${cycle.hour} * * ${WEEKDAYS.indexOf(cycle.weekday)}`;
    case "daily":
      return `${cycle.minute} ${cycle.hour} * * *`;
    case "hourly":
      return `${cycle.minute} * * * *`;
  }
}

function timeOf({ hour, minute }: { readonly hour: number; readonly minute: number }): string {
  return `${twoDigits(hour)}:${twoDigits(minute)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
