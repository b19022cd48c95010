import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface NodeGroupCreateOptions {
  readonly id: string;
  readonly desc: string | undefined;
}

export async function run(session: Session, { id, desc }: NodeGroupCreateOptions): Promise<number> {
  const client = await session.client();
  const group = await client.nodeGroups.create({ id, ...givenOf({ description: desc }) });
  return await printDone(session, `${id} has been created successfully.`, group);
}
