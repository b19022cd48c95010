import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface PoolDeleteOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: PoolDeleteOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.pools.delete(id);
  return await printDone(session, `${id}'s deletion has been requested successfully.`, answer);
}
