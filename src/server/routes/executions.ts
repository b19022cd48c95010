import type { ExecutionRecord } from "../../model/execution.ts";
import { foldId, jobOfTask, type TaskNumber } from "../../model/id.ts";
import type { EXECUTION_ENDPOINTS } from "../../protocol/api/endpoint/executions.ts";
import type { ExecutionFilter } from "../../store/store.ts";
import { executionView } from "../views/execution.ts";
import type { HandlersOf } from "./call.ts";
import type { ServerContext } from "./context.ts";
import { execHandlers } from "./exec.ts";
import { executionOutput } from "./executionOutput.ts";
import type { StreamName } from "./executionRun.ts";
import { type FoundTask, findJob, findTask, givenOf, nodeNumber, pageRequest } from "./lookup.ts";
import { refuse } from "./refusal.ts";

export function executionHandlers(context: ServerContext): HandlersOf<typeof EXECUTION_ENDPOINTS> {
  const output = async (number: string, stream: StreamName, follow: boolean, request: Request) => {
    const found = await findExecution(context, number);
    return await executionOutput(context, found, stream, follow, request);
  };
  return {
    ...execHandlers(context, (number) => findExecution(context, number)),
    "GET /executions": async ({ query }) => {
      const filter = await filterOf(context, query);
      if (filter === null) return { items: [] };
      const page = await context.store.listExecutions(filter, pageRequest(query));
      const items = await withIds(context, page.items);
      return page.cursor === null ? { items } : { items, cursor: page.cursor };
    },
    "GET /executions/{number}": async ({ parameters }) => {
      const { execution, job, task } = await findExecution(context, parameters.number);
      return executionView(asSeen(context, execution), { jobId: job.spec.id, taskId: task.id });
    },
    "GET /executions/{number}/stdout": ({ parameters, query, request }) =>
      output(parameters.number, "stdout", query.follow ?? false, request),
    "GET /executions/{number}/stderr": ({ parameters, query, request }) =>
      output(parameters.number, "stderr", query.follow ?? false, request),
  };
}

interface Query {
  readonly jobId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly nodeId?: string | undefined;
  readonly live?: boolean | undefined;
}

/** Null: nothing can match. */
async function filterOf(context: ServerContext, query: Query): Promise<ExecutionFilter | null> {
  const { jobId, taskId, nodeId, live } = query;
  if (taskId !== undefined && jobId === undefined) {
    throw refuse(
      "InvalidQueryParameterValue",
      "Expected jobId together with taskId, and got taskId alone.",
      "Add jobId.",
      { field: "jobId" },
    );
  }
  const node = nodeId === undefined ? undefined : nodeNumber(context, nodeId);
  if (node === null) return null;
  const place = await placeOf(context, jobId, taskId);
  return givenOf({ ...place, node, live: live === true ? live : undefined });
}

async function placeOf(
  context: ServerContext,
  jobId: string | undefined,
  taskId: string | undefined,
): Promise<ExecutionFilter> {
  if (jobId === undefined) return {};
  if (taskId === undefined) return { job: (await findJob(context, jobId)).record.number };
  const { job, task } = await findTask(context, foldId(jobId), taskId);
  return { job: job.number, task: task.number };
}

/** Executions with the ids of their jobs and tasks; those of a job that is gone by now are left out. */
async function withIds(context: ServerContext, executions: readonly ExecutionRecord[]) {
  const taskNumbers = [...new Set(executions.map(({ task }) => task))];
  const jobNumbers = [...new Set(executions.map(({ job }) => job))];
  const [tasks, jobs] = await Promise.all([
    context.store.readTasksByNumber(taskNumbers),
    context.store.readJobsByNumber(jobNumbers),
  ]);
  const taskIds = new Map(tasks.map((task) => [task.number, task.id]));
  const jobIds = new Map(jobs.map((job) => [job.number, job.spec.id]));
  return executions.flatMap((execution) => {
    const taskId = taskIds.get(execution.task);
    const jobId = jobIds.get(execution.job);
    if (taskId === undefined || jobId === undefined) return [];
    return [executionView(asSeen(context, execution), { jobId, taskId })];
  });
}

/** An execution on a node that can not be reached and is not given up is `unknown`: nobody can say how it is. */
function asSeen(context: ServerContext, execution: ExecutionRecord): ExecutionRecord {
  const [number] = execution.nodes;
  const node = number === undefined ? null : context.live.node(number);
  const isLive = execution.state === "running" || execution.state === "stopping";
  return isLive && node?.record.contact === "unknown"
    ? { ...execution, state: "unknown" }
    : execution;
}

async function findExecution(
  context: ServerContext,
  number: string,
): Promise<FoundTask & { execution: ExecutionRecord }> {
  const execution = /^\d{1,15}$/.test(number)
    ? await context.store.readExecution(Number(number))
    : null;
  const found = execution === null ? null : await ownerOf(context, execution.task);
  if (execution !== null && found !== null) return { ...found, execution };
  const fix = "See the executions with GET /api/v1/executions.";
  throw refuse("ExecutionNotFound", `There is no execution ${number}.`, fix);
}

async function ownerOf(context: ServerContext, number: TaskNumber): Promise<FoundTask | null> {
  const [task] = await context.store.readTasksByNumber([number]);
  const [job] = await context.store.readJobsByNumber([jobOfTask(number)]);
  return task === undefined || job === undefined ? null : { job, task };
}
