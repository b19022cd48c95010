import type { Job } from "../../protocol/api/answer/job.ts";
import { givenOf } from "../command/keyValue.ts";
import { minute } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { readRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface JobListOptions {
  readonly id: string | undefined;
  readonly poolId: string | undefined;
  readonly state: Job["state"] | undefined;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<Job>("ID", (job) => job.id),
  column<Job>("NAME", (job) => job.displayName),
  column<Job>("POOL", (job) => job.poolInfo.poolId),
  column<Job>("PRIORITY", (job) => job.priority),
  column<Job>("STATE", (job) => job.state),
  column<Job>("CREATED AT", (job) => minute(job.creationTime)),
  column<Job>("END AT", (job) => minute(job.executionInfo.endTime)),
  column<Job>("REASON", (job) => job.executionInfo.terminateReason),
];

export async function run(session: Session, options: JobListOptions): Promise<number> {
  const { id, poolId, state } = options;
  const client = await session.client();
  const filter = givenOf({ idPrefix: id, poolId, state });
  const rows = await readRows(options, (page) => client.jobs.list({ ...filter, ...page }));
  return await printList(session, COLUMNS, rows);
}
