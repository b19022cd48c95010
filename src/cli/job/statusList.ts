import type { Job } from "../../protocol/api/answer/job.ts";
import { second } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { readRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

const COLUMNS = [
  column<Job>("ID", (job) => job.id),
  column<Job>("Type", (job) => job.type),
  column<Job>("Priority", (job) => job.priority),
  column<Job>("Status", jobStatus),
  column<Job>("Submit Date", (job) => second(job.creationTime)),
];

/** All jobs, those of tasks and those of groups. */
export async function printStatusList(session: Session): Promise<number> {
  const client = await session.client();
  const rows = await readRows({ limit: 0, offset: 0 }, (page) => client.jobs.list(page));
  return await printList(session, COLUMNS, rows);
}

/** A job's state in Nomad's words, where it has one for it. */
export function jobStatus({ state, status, executionInfo }: Job): string {
  if (state === "active") return status;
  if (state !== "completed") return state;
  return executionInfo.terminateReason === "UserTerminate" ? "dead (stopped)" : "dead";
}
