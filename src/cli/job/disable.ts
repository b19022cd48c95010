import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface JobDisableOptions {
  readonly id: string;
  readonly tasks: "requeue" | "terminate" | "wait" | undefined;
}

export async function run(session: Session, { id, tasks }: JobDisableOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.jobs.disable(id, { disableTasks: tasks ?? "requeue" });
  return await printDone(session, `${id}'s disabling has been requested successfully.`, answer);
}
