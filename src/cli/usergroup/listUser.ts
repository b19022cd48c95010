import type { UserGroup } from "../../protocol/api/answer/userGroup.ts";
import { column, printList } from "../output/list.ts";
import { allRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface UserGroupListUserOptions {
  readonly id: string;
}

const COLUMNS = [
  column<UserGroup["users"][number]>("ID", (user) => user.id),
  column<UserGroup["users"][number]>("NAME", (user) => user.name),
];

export async function run(session: Session, { id }: UserGroupListUserOptions): Promise<number> {
  const client = await session.client();
  const { users } = await client.userGroups.get(id);
  return await printList(session, COLUMNS, allRows(users, { limit: 0, offset: 0 }));
}
