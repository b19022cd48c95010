import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface TaskDeleteOptions {
  readonly jobId: string;
  readonly id: string;
}

export async function run(session: Session, { jobId, id }: TaskDeleteOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.tasks.delete(jobId, id);
  return await printDone(session, `${id} of ${jobId} has been deleted successfully.`, answer);
}
