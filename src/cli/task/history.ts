import type { z } from "@hono/zod-openapi";
import type { REVISION } from "../../protocol/api/answer/definition.ts";
import { minute } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";

export interface TaskHistoryOptions {
  readonly id: string;
  readonly limit: number;
  readonly offset: number;
}

type Revision = z.output<typeof REVISION>;

const COLUMNS = [
  column<Revision>("REV.", ({ revision }) => revision),
  column<Revision>("OWNER", ({ ownerId }) => ownerId),
  column<Revision>("SCRIPT", ({ scriptName }) => scriptName),
  column<Revision>("APPROVER", ({ approverId }) => approverId),
  column<Revision>("APPROVED AT", ({ approvalTime }) => minute(approvalTime)),
];

export async function run(session: Session, options: TaskHistoryOptions): Promise<number> {
  const { id, limit, offset } = options;
  const client = await session.client();
  const revisions = await client.definitions.revisions(id, { limit, offset });
  return await printList(session, COLUMNS, rowsOf(revisions));
}
