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

/** What is wrong with an expression or zone, for people; null: nothing. */
export function cronMistake(cron: string, timeZone: string): string | null {
  try {
    new Cron(cron, { timezone: timeZone, paused: true }).nextRun(isoTime(0));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
