import type { Definition } from "../../protocol/api/answer/definition.ts";
import { column, printList } from "../output/list.ts";
import { allRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

type Named = Definition["targets"][number];

const COLUMNS = [column<Named>("ID", ({ id }) => id), column<Named>("TYPE", ({ kind }) => kind)];

/** Lists targets or runners. */
export async function printNamed(session: Session, named: readonly Named[]): Promise<number> {
  return await printList(session, COLUMNS, allRows(named, { limit: 0, offset: 0 }));
}
