import type { Task } from "../../protocol/api/answer/task.ts";
import { givenOf } from "../command/keyValue.ts";
import { second } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { readRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface TaskListOptions {
  readonly jobId: string;
  readonly id: string | undefined;
  readonly state: Task["state"] | undefined;
  readonly result: "success" | "failure" | undefined;
  readonly nodeId: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<Task>("ID", (task) => task.id),
  column<Task>("STATE", (task) => task.state),
  column<Task>("RESULT", (task) => task.executionInfo.result),
  column<Task>("NODE ID", nodeOf),
  column<Task>("START AT", (task) => second(task.executionInfo.startTime)),
  column<Task>("END AT", (task) => second(task.executionInfo.endTime)),
  column<Task>("EXIT CD", (task) => task.executionInfo.exitCode),
  column<Task>("RETRIES", (task) => task.executionInfo.retryCount),
];

/** Where it runs or ended; the node that a queued task was on before says nothing of where it will be. */
function nodeOf({ state, nodeInfo }: Task): string | undefined {
  return state === "active" ? undefined : nodeInfo?.nodeId;
}

export async function run(session: Session, options: TaskListOptions): Promise<number> {
  const { jobId, id, state, result, nodeId } = options;
  const client = await session.client();
  const filter = givenOf({ idPrefix: id, state, result, nodeId });
  const rows = await readRows(options, (page) => client.tasks.list(jobId, { ...filter, ...page }));
  return await printList(session, COLUMNS, rows);
}
