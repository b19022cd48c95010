import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeEnableOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: NodeEnableOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.nodes.enableScheduling(id);
  return await printDone(session, `${id} has been enabled successfully.`, answer);
}
