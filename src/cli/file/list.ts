import type { RepositoryItem } from "../../protocol/api/answer/repository.ts";
import { minute } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";
import { pathOf } from "./transfer.ts";

export interface FileListOptions {
  readonly remotePath: string;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<RepositoryItem>("NAME", ({ name }) => name),
  column<RepositoryItem>("SIZE", ({ sizeBytes }) => sizeBytes),
  column<RepositoryItem>("DATE", ({ createdTime }) => minute(createdTime)),
  column<RepositoryItem>("TYPE", ({ type }) => type),
  column<RepositoryItem>("VALID_DAY", ({ validDays }) => validDays),
];

export async function run(session: Session, options: FileListOptions): Promise<number> {
  const { remotePath, limit, offset } = options;
  const path = pathOf(remotePath);
  const client = await session.client();
  const items = await client.repository.list({ path, limit, offset });
  return await printList(session, COLUMNS, rowsOf(items));
}
