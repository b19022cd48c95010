import { printDone } from "../output/json.ts";
import { checkedAllocationId } from "../output/shortId.ts";
import type { Session } from "../session.ts";

export interface AllocStopOptions {
  readonly id: string;
}

export async function run(session: Session, options: AllocStopOptions): Promise<number> {
  const id = checkedAllocationId(options.id);
  const client = await session.client();
  const answer = await client.groups.stopAllocation(id);
  return await printDone(session, `${id}'s stop has been requested successfully.`, answer);
}
