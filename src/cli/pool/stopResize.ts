import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface PoolStopResizeOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: PoolStopResizeOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.pools.stopResize(id);
  const sentence = `The end of ${id}'s resize has been requested successfully.`;
  return await printDone(session, sentence, answer);
}
