import { UsageError } from "../failure.ts";

/** The first instant of a day `YYYYMMDD` in the zone of whoever types it. Throws UsageError for what is no day. */
export function dayStart(day: string, option: string): string {
  return instantOf(day, option, 0);
}

/** Its last instant. */
export function dayEnd(day: string, option: string): string {
  return instantOf(day, option, 1, -1);
}

function instantOf(given: string, option: string, addedDays: number, addedMs = 0): string {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(given) ?? [];
  const start = new Date(Number(year), Number(month) - 1, Number(day));
  const isDay = start.getMonth() === Number(month) - 1 && start.getDate() === Number(day);
  if (!isDay) {
    throw new UsageError(`Expected a day as YYYYMMDD as ${option} and got "${given}".`);
  }
  start.setDate(start.getDate() + addedDays);
  return new Date(start.getTime() + addedMs).toISOString();
}
