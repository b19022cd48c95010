import { foldId, type NodeNumber } from "../../model/id.ts";
import type { JobCounts, JobRecord } from "../../model/job.ts";
import { PAGE_SIZE_DEFAULT } from "../../model/limits.ts";
import type { PoolRecord } from "../../model/pool.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { Page, PageRequest } from "../../store/store.ts";
import type { LiveNode, ServerContext } from "./context.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** Finds what a path names, or throws the 404 that fits. */

export async function findPool(context: ServerContext, poolId: string): Promise<PoolRecord> {
  const pool = await context.store.readPool(foldId(poolId));
  if (pool !== null) return pool;
  throw refuse(
    "PoolNotFound",
    `There is no pool ${poolId}.`,
    "See the pools with GET /api/v1/pools.",
  );
}

export function findNode(context: ServerContext, nodeId: string): LiveNode {
  const node = context.live.findNode(foldId(nodeId));
  if (node !== null) return node;
  throw refuse(
    "NodeNotFound",
    `There is no node ${nodeId}.`,
    "See the nodes with GET /api/v1/nodes.",
  );
}

export interface FoundJob {
  readonly record: JobRecord;
  readonly counts: JobCounts;
}

export async function findJob(context: ServerContext, jobId: string): Promise<FoundJob> {
  const job = await context.store.readJob(foldId(jobId));
  if (job !== null) return { record: job.record, counts: job.progress.counts };
  throw refuse("JobNotFound", `There is no job ${jobId}.`, "See the jobs with GET /api/v1/jobs.");
}

export interface FoundTask {
  readonly job: JobRecord;
  readonly task: TaskRecord;
}

export async function findTask(
  context: ServerContext,
  jobId: string,
  taskId: string,
): Promise<FoundTask> {
  const { record: job } = await findJob(context, jobId);
  const [task] = await context.store.readTasks(job.number, [foldId(taskId)]);
  if (task !== undefined) return { job, task };
  throw taskNotFound(job.spec.id, taskId);
}

export function taskNotFound(jobId: string, taskId: string): Refusal {
  const fix = `See its tasks with GET /api/v1/jobs/${jobId}/tasks.`;
  return refuse("TaskNotFound", `The job ${jobId} has no task ${taskId}.`, fix);
}

/** The number to filter by; null when no present node has the id, so that nothing can match. */
export function nodeNumber(context: ServerContext, nodeId: string): NodeNumber | null {
  return context.live.findNode(foldId(nodeId))?.record.number ?? null;
}

interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly order?: "asc" | "desc" | undefined;
}

export function pageRequest(query: PageQuery): PageRequest {
  return {
    limit: query.limit ?? PAGE_SIZE_DEFAULT,
    cursor: query.cursor ?? null,
    order: query.order === "desc" ? "descending" : "ascending",
  };
}

/** A page as it is answered; `total` counts all that fit the filter, null where that is not known anyway. */
export function pageAnswer<Item, Json>(
  page: Page<Item>,
  view: (item: Item) => Json,
  total: number | null = null,
) {
  return {
    items: page.items.map(view),
    ...(page.cursor === null ? {} : { cursor: page.cursor }),
    ...(total === null ? {} : { total }),
  };
}

/** The fields of a filter that are given; absent ones must not be there at all. */
export function givenOf<Filter extends Readonly<Record<string, unknown>>>(filter: Filter) {
  const kept = Object.entries(filter).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as {
    [Key in keyof Filter]?: Exclude<Filter[Key], undefined>;
  };
}
