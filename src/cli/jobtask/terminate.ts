import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface TaskTerminateOptions {
  readonly jobId: string;
  readonly id: string;
}

export async function run(session: Session, { jobId, id }: TaskTerminateOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.tasks.terminate(jobId, id);
  return await printDone(session, `${id} of ${jobId} has been terminated successfully.`, answer);
}
