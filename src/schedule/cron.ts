import { Cron } from "croner";
import { isoTime } from "../model/time.ts";

/** Cron expressions of five fields (or six, with seconds first), in the wall time of an IANA zone. */
export interface CronSchedule {
  readonly crons: readonly string[];
  readonly timeZone: string;
}

/**
 * The first instant after `after` at which one of the expressions is due; null: never. In the hour that daylight saving
 * skips a run is due when the gap ends; in the one that it repeats it is due once.
 */
export function nextDueAt({ crons, timeZone }: CronSchedule, after: number): number | null {
  const times = crons.flatMap((cron) => {
    const next = new Cron(cron, { timezone: timeZone, paused: true }).nextRun(isoTime(after));
    return next === null ? [] : [next.getTime()];
  });
  return times.length === 0 ? null : Math.min(...times);
}

/** What is wrong with an expression, for people; null: nothing. */
export function cronMistake(cron: string): string | null {
  try {
    new Cron(cron, { timezone: "UTC", paused: true }).nextRun(isoTime(0));
    return null;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return words.replace(/^\w+: /, "").replace(/\.$/, "");
  }
}

/** Whether schedules can be in this zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Cron("* * * * *", { timezone: name, paused: true }).nextRun(isoTime(0));
    return true;
  } catch {
    return false;
  }
}
