import { cycleCron } from "../model/cycle.ts";
import type { ScheduleEntry } from "../model/fleet/definition.ts";
import { nextDueAt } from "./cron.ts";

/** When the schedule is due next, after the instant; null: never again. Whether it is enabled is not looked at. */
export function nextDueOf({ when, timeZone }: ScheduleEntry, after: number): number | null {
  const cron = when.form === "cron" ? when.cron : cycleCron(when.cycle);
  return nextDueAt({ crons: [cron], timeZone }, after);
}

/** The next times, at most `count`. */
export function upcoming(schedule: ScheduleEntry, after: number, count: number): number[] {
  const times: number[] = [];
  let next = nextDueOf(schedule, after);
  while (next !== null && times.length < count) {
    times.push(next);
    next = nextDueOf(schedule, next);
  }
  return times;
}
