import { changesOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { scheduleOf, type TaskScheduleOptions } from "./schedule.ts";

export async function run(session: Session, options: TaskScheduleOptions): Promise<number> {
  const { id, scheduleId } = options;
  const changes = changesOf(scheduleOf(options));
  const client = await session.client();
  const task = await client.definitions.editSchedule(id, scheduleId, changes);
  return await printDone(session, `${scheduleId} has been modified successfully.`, task);
}
