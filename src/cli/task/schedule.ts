import { givenOf } from "../command/keyValue.ts";
import { type SwitchLetter, switchOf } from "../command/people.ts";
import { UsageError } from "../failure.ts";

export interface TaskScheduleOptions {
  readonly id: string;
  readonly scheduleId: string;
  readonly timeFormat: string | undefined;
  readonly cron: string | undefined;
  readonly timeZone: string | undefined;
  readonly status: SwitchLetter | undefined;
}

/** The fields of the API that the options name. Throws UsageError when the time is given twice. */
export function scheduleOf({ timeFormat, cron, timeZone, status }: TaskScheduleOptions) {
  if (timeFormat !== undefined && cron !== undefined) {
    throw new UsageError("Expected -tf,--timeformat or -cr,--cron and got both.");
  }
  return givenOf({ value: timeFormat, cron, timeZone, status: switchOf(status) });
}
