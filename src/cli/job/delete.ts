import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface JobDeleteOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: JobDeleteOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.jobs.delete(id);
  return await printDone(session, `${id}'s deletion has been requested successfully.`, answer);
}
