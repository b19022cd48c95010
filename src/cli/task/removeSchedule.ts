import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface TaskRemoveScheduleOptions {
  readonly id: string;
  readonly scheduleId: string;
}

export async function run(
  session: Session,
  { id, scheduleId }: TaskRemoveScheduleOptions,
): Promise<number> {
  const client = await session.client();
  const answer = await client.definitions.removeSchedule(id, scheduleId);
  const said = `${scheduleId} has been removed from schedule successfully.`;
  return await printDone(session, said, answer);
}
