import type { InstanceNode } from "../../protocol/api/answer/instance.ts";
import { second } from "../output/cell.ts";
import { boxTable, column, printList } from "../output/list.ts";
import type { Rows } from "../output/paging.ts";
import type { Session } from "../session.ts";
import { capitalised } from "./words.ts";

const COLUMNS = [
  column<InstanceNode>("NODE ID", ({ nodeId }) => nodeId),
  column<InstanceNode>("EXEC NO", ({ execNo }) => execNo),
  column<InstanceNode>("STATUS", ({ status }) => capitalised(status)),
  column<InstanceNode>("START AT", ({ startTime }) => second(startTime)),
  column<InstanceNode>("END AT", ({ endTime }) => second(endTime)),
  column<InstanceNode>("RESULT", ({ result }) => capitalised(result)),
  column<InstanceNode>("EXIT CD", ({ exitCode }) => exitCode),
];

/** The nodes of a task instance; OPMATE's table has no count below it, so there is one only where rows were left out. */
export async function printNodes(session: Session, list: Rows<InstanceNode>): Promise<number> {
  const isWhole = list.total?.count === list.rows.length;
  if (session.form !== "box" || !isWhole) return await printList(session, COLUMNS, list);
  await session.print(boxTable(COLUMNS, list.rows));
  return 0;
}
