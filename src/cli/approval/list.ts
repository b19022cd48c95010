import type { z } from "@hono/zod-openapi";
import type { APPROVAL_ITEM } from "../../protocol/api/answer/definition.ts";
import { givenOf } from "../command/keyValue.ts";
import { minute } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import type { Session } from "../session.ts";

export interface ApprovalListOptions {
  readonly owner: string | undefined;
}

type Item = z.output<typeof APPROVAL_ITEM>;

const COLUMNS = [
  column<Item>("TYPE", ({ type }) => type),
  column<Item>("ID", ({ id }) => id),
  column<Item>("OWNER", ({ ownerId }) => ownerId),
  column<Item>("APPRV USER", ({ approverId }) => approverId),
  column<Item>("APPRV UPDATED AT", ({ updateTime }) => minute(updateTime)),
];

export async function run(session: Session, { owner }: ApprovalListOptions): Promise<number> {
  const client = await session.client();
  const { items } = await client.approvals.list(givenOf({ owner }));
  return await printList(session, COLUMNS, { rows: items, total: null });
}
