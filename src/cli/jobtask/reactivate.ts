import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface TaskReactivateOptions {
  readonly jobId: string;
  readonly id: string;
}

export async function run(session: Session, { jobId, id }: TaskReactivateOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.tasks.reactivate(jobId, id);
  return await printDone(session, `${id} of ${jobId} has been reactivated successfully.`, answer);
}
