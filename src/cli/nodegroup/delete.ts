import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeGroupDeleteOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: NodeGroupDeleteOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.nodeGroups.delete(id);
  return await printDone(session, `${id} has been deleted successfully.`, answer);
}
