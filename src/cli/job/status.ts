import { ApiError } from "../../client/apiError.ts";
import type { Client } from "../../client/client.ts";
import type { GroupsStatus } from "../../protocol/api/answer/group.ts";
import { printParts } from "../output/parts.ts";
import { printView } from "../output/view.ts";
import type { Session } from "../session.ts";
import { type GroupsReport, groupsParts } from "./groupsParts.ts";
import { printStatusList } from "./statusList.ts";
import { jobView } from "./view.ts";

export interface JobStatusOptions {
  readonly id: string | undefined;
  readonly verbose: boolean;
  readonly allAllocs: boolean;
}

export async function run(session: Session, options: JobStatusOptions): Promise<number> {
  const { id, verbose, allAllocs } = options;
  if (id === undefined) return await printStatusList(session);
  const client = await session.client();
  const status = await groupsStatusOrNull(client, id);
  if (status === null) {
    const job = await client.jobs.get(id);
    return await printView(session, jobView(job), job);
  }
  const report = await reportOf(client, status, allAllocs);
  const form = { isVerbose: verbose, now: session.io.now() };
  return await printParts(session, groupsParts(report, form), {
    ...status,
    allocations: report.allocations,
  });
}

/** Null: it is a job of tasks. */
async function groupsStatusOrNull(client: Client, id: string): Promise<GroupsStatus | null> {
  try {
    return await client.groups.status(id);
  } catch (error) {
    const isOfTasks = error instanceof ApiError && error.code === "OperationNotValidOnJob";
    if (isOfTasks) return null;
    throw error;
  }
}

/** Enough to see how the last ones went. */
const CHILDREN_SHOWN = 20;

async function reportOf(client: Client, status: GroupsStatus, all: boolean): Promise<GroupsReport> {
  const { jobId, children } = status;
  if (children === undefined) {
    const { items } = await client.groups.allocations(jobId, all);
    return { status, allocations: items, children: [] };
  }
  const query = { idPrefix: `${jobId}/`, limit: CHILDREN_SHOWN, order: "desc" } as const;
  const { items } = await client.jobs.list(query);
  return { status, allocations: [], children: items };
}
