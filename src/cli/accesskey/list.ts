import type { AccessKey } from "../../protocol/api/answer/accessKey.ts";
import { givenOf } from "../command/keyValue.ts";
import { minute } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";

export interface AccessKeyListOptions {
  readonly owner: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<AccessKey>("ID", (key) => key.id),
  column<AccessKey>("NAME", (key) => key.name),
  column<AccessKey>("OWNER", (key) => key.owner),
  column<AccessKey>("ROLE", (key) => key.role),
  column<AccessKey>("EXPIRES AT", (key) => minute(key.expirationTime) ?? "never"),
  column<AccessKey>("CREATED AT", (key) => minute(key.creationTime)),
];

export async function run(session: Session, options: AccessKeyListOptions): Promise<number> {
  const { owner, limit, offset } = options;
  const client = await session.client();
  const keys = await client.accessKeys.list({ ...givenOf({ owner }), limit, offset });
  return await printList(session, COLUMNS, rowsOf(keys));
}
