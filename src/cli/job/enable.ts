import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface JobEnableOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: JobEnableOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.jobs.enable(id);
  return await printDone(session, `${id}'s enabling has been requested successfully.`, answer);
}
