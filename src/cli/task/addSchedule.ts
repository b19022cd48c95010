import { UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { scheduleOf, type TaskScheduleOptions } from "./schedule.ts";

export async function run(session: Session, options: TaskScheduleOptions): Promise<number> {
  const { id, scheduleId } = options;
  const schedule = scheduleOf(options);
  if (schedule.value === undefined && schedule.cron === undefined) {
    throw new UsageError("Expected -tf,--timeformat or -cr,--cron and got neither.");
  }
  const client = await session.client();
  const task = await client.definitions.addSchedule(id, { id: scheduleId, ...schedule });
  const said = `${scheduleId} has been added to schedule successfully.`;
  return await printDone(session, said, task);
}
