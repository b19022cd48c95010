import type { UserGroupItem } from "../../protocol/api/answer/userGroup.ts";
import { givenOf } from "../command/keyValue.ts";
import { column, printList } from "../output/list.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";

export interface UserGroupListOptions {
  readonly id: string | undefined;
  readonly owner: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<UserGroupItem>("ID", (group) => group.id),
  column<UserGroupItem>("OWNER", (group) => group.owner),
  column<UserGroupItem>("DESCRIPTION", (group) => group.description),
];

export async function run(session: Session, options: UserGroupListOptions): Promise<number> {
  const { id, owner, limit, offset } = options;
  const client = await session.client();
  const groups = await client.userGroups.list({ ...givenOf({ id, owner }), limit, offset });
  return await printList(session, COLUMNS, rowsOf(groups));
}
