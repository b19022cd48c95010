import { UsageError } from "../failure.ts";
import { printParts } from "../output/parts.ts";
import { checkedAllocationId } from "../output/shortId.ts";
import type { Session } from "../session.ts";
import { allocationParts, shortAllocationParts } from "./parts.ts";

export interface AllocStatusOptions {
  readonly id: string;
  readonly short: boolean;
  readonly verbose: boolean;
}

export async function run(session: Session, options: AllocStatusOptions): Promise<number> {
  const id = checkedAllocationId(options.id);
  if (options.short && options.verbose) {
    throw new UsageError("Expected one of -short and -verbose and got both.");
  }
  const client = await session.client();
  const allocation = await client.groups.allocation(id);
  const form = { isVerbose: options.verbose, now: session.io.now() };
  const partsOf = options.short ? shortAllocationParts : allocationParts;
  return await printParts(session, partsOf(allocation, form), allocation);
}
