import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface UserGroupAddUserOptions {
  readonly id: string;
  readonly userId: string;
}

export async function run(
  session: Session,
  { id, userId }: UserGroupAddUserOptions,
): Promise<number> {
  const client = await session.client();
  const group = await client.userGroups.addUser(id, userId);
  return await printDone(session, `${userId} has been added to ${id} successfully.`, group);
}
