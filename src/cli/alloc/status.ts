import { printParts } from "../output/parts.ts";
import { checkedAllocationId } from "../output/shortId.ts";
import type { Session } from "../session.ts";
import { allocationParts } from "./parts.ts";

export interface AllocStatusOptions {
  readonly id: string;
  readonly verbose: boolean;
}

export async function run(session: Session, options: AllocStatusOptions): Promise<number> {
  const id = checkedAllocationId(options.id);
  const client = await session.client();
  const allocation = await client.groups.allocation(id);
  const form = { isVerbose: options.verbose, now: session.io.now() };
  return await printParts(session, allocationParts(allocation, form), allocation);
}
