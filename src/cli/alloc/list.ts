import type { Execution } from "../../protocol/api/answer/execution.ts";
import { givenOf } from "../command/keyValue.ts";
import { UsageError } from "../failure.ts";
import { second } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { readRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface AllocListOptions {
  readonly jobId: string | undefined;
  readonly taskId: string | undefined;
  readonly nodeId: string | undefined;
  readonly live: boolean;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<Execution>("NUMBER", (execution) => execution.number),
  column<Execution>("JOB ID", (execution) => execution.jobId),
  column<Execution>("TASK ID", (execution) => execution.taskId),
  column<Execution>("EXEC NO", (execution) => execution.ordinal),
  column<Execution>("NODE ID", (execution) => execution.nodeId),
  column<Execution>("STATE", (execution) => execution.state),
  column<Execution>("START AT", (execution) => second(execution.startTime)),
  column<Execution>("END AT", (execution) => second(execution.endTime)),
  column<Execution>("EXIT CD", (execution) => execution.processes?.at(-1)?.exitCode),
];

export async function run(session: Session, options: AllocListOptions): Promise<number> {
  const { jobId, taskId, nodeId, live } = options;
  if (taskId !== undefined && jobId === undefined) {
    throw new UsageError("Expected -ji,--jobid with -ti,--taskid and got none.");
  }
  const client = await session.client();
  const filter = givenOf({ jobId, taskId, nodeId, live: live ? true : undefined });
  const rows = await readRows(options, (page) => client.executions.list({ ...filter, ...page }));
  return await printList(session, COLUMNS, rows);
}
