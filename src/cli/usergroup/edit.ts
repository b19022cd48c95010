import { changesOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface UserGroupEditOptions {
  readonly id: string;
  readonly newId: string | undefined;
  readonly owner: string | undefined;
  readonly desc: string | undefined;
}

export async function run(session: Session, options: UserGroupEditOptions): Promise<number> {
  const { id, newId, owner, desc } = options;
  const body = changesOf({ newId, owner, description: desc });
  const client = await session.client();
  const group = await client.userGroups.edit(id, body);
  return await printDone(session, `${id} has been modified successfully.`, group);
}
