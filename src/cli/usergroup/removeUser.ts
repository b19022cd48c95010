import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface UserGroupRemoveUserOptions {
  readonly id: string;
  readonly userId: string;
}

export async function run(
  session: Session,
  { id, userId }: UserGroupRemoveUserOptions,
): Promise<number> {
  const client = await session.client();
  const answer = await client.userGroups.removeUser(id, userId);
  return await printDone(session, `${userId} has been removed from ${id} successfully.`, answer);
}
