import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface UserGroupCreateOptions {
  readonly id: string;
  readonly desc: string | undefined;
}

export async function run(session: Session, { id, desc }: UserGroupCreateOptions): Promise<number> {
  const client = await session.client();
  const group = await client.userGroups.create({ id, ...givenOf({ description: desc }) });
  return await printDone(session, `${id} has been created successfully.`, group);
}
