import type { User } from "../../protocol/api/answer/user.ts";
import { givenOf } from "../command/keyValue.ts";
import { type ROLE, type SwitchLetter, switchOf } from "../command/people.ts";
import { minute } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";

export interface UserListOptions {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly role: `${keyof typeof ROLE}` | undefined;
  readonly status: SwitchLetter | undefined;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<User>("ID", (user) => user.id),
  column<User>("NAME", (user) => user.name),
  column<User>("ROLE", (user) => user.role),
  column<User>("STATUS", (user) => user.status),
  column<User>("LAST LOGIN", (user) => minute(user.lastLoginTime)),
];

export async function run(session: Session, options: UserListOptions): Promise<number> {
  const { id, name, role, status, limit, offset } = options;
  const roleNumber = role === undefined ? undefined : Number(role);
  const filter = givenOf({ id, name, role: roleNumber, status: switchOf(status) });
  const client = await session.client();
  const users = await client.users.list({ ...filter, limit, offset });
  return await printList(session, COLUMNS, rowsOf(users));
}
