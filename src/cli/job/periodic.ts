import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface JobPeriodicOptions {
  readonly wish: "force";
  readonly id: string;
}

export async function run(session: Session, { id }: JobPeriodicOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.groups.forcePeriodic(id);
  return await printDone(session, `Forced Job ID = ${answer.jobId}`, answer);
}
