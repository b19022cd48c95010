import type { AddTaskAnswer, Reply, RequestInput } from "../../engine/input.ts";
import type { JobCounts } from "../../model/job.ts";
import type { TaskResult, TaskState } from "../../model/task.ts";
import type { TaskAddResult, TaskAddResults } from "../../protocol/api/answer/task.ts";
import type { TASK_ENDPOINTS } from "../../protocol/api/endpoint/tasks.ts";
import { type CheckedTask, checkTasksBody, toConstraints } from "../../protocol/api/task.ts";
import { taskView } from "../views/task.ts";
import { taskRootDirectory, taskUrl } from "../views/url.ts";
import { type HandlersOf, submit } from "./call.ts";
import type { ServerContext, StoredAnswer } from "./context.ts";
import { created } from "./created.ts";
import {
  type FoundTask,
  findJob,
  findTask,
  givenOf,
  nodeNumber,
  pageAnswer,
  pageRequest,
} from "./lookup.ts";
import { listNodeFiles, type NodeTree, readNodeFile } from "./nodeFiles.ts";
import { Refusal, refuse } from "./refusal.ts";
import { taskOutput } from "./taskOutput.ts";

export function taskHandlers(context: ServerContext): HandlersOf<typeof TASK_ENDPOINTS> {
  return { ...changes(context), ...reads(context), ...contents(context) };
}

type Handlers = HandlersOf<typeof TASK_ENDPOINTS>;

type Changes = Pick<
  Handlers,
  | "POST /jobs/{jobId}/tasks"
  | "PUT /jobs/{jobId}/tasks/{taskId}"
  | "DELETE /jobs/{jobId}/tasks/{taskId}"
  | "POST /jobs/{jobId}/tasks/{taskId}/terminate"
  | "POST /jobs/{jobId}/tasks/{taskId}/reactivate"
>;

function changes(context: ServerContext): Changes {
  const accept = async (input: RequestInput) => {
    await submit(context, input);
    return undefined;
  };
  return {
    "POST /jobs/{jobId}/tasks": async (call) => {
      const { jobId } = call.parameters;
      const body = await call.bodyBy(checkTasksBody);
      if (body.kind === "one") {
        const { task } = body;
        const input = { kind: "addTasks", job: jobId, tasks: [task] } as const;
        return await call.create(input, (reply) => addedOne(reply, jobId, task.id), "one");
      }
      const tasks = body.items.flatMap((item) => (item.ok ? [item.task] : []));
      const input = { kind: "addTasks", job: jobId, tasks } as const;
      const refused = body.items.filter(({ ok }) => !ok);
      return await call.create(input, (reply) => addedMany(reply, body.items), refused);
    },
    "PUT /jobs/{jobId}/tasks/{taskId}": async ({ parameters, body }) => {
      const { jobId: job, taskId: task } = parameters;
      const constraints = toConstraints(await body());
      await submit(context, { kind: "updateTask", job, task, constraints });
      return viewOf(await findTask(context, job, task));
    },
    "DELETE /jobs/{jobId}/tasks/{taskId}": ({ parameters }) =>
      accept({ kind: "deleteTask", job: parameters.jobId, task: parameters.taskId }),
    "POST /jobs/{jobId}/tasks/{taskId}/terminate": ({ parameters }) =>
      accept({ kind: "terminateTask", job: parameters.jobId, task: parameters.taskId }),
    "POST /jobs/{jobId}/tasks/{taskId}/reactivate": ({ parameters }) =>
      accept({ kind: "reactivateTask", job: parameters.jobId, task: parameters.taskId }),
  };
}

type OkReply = Extract<Reply, { ok: true }>;

/** One task of its own: its refusal is the answer's. */
function addedOne(reply: OkReply, jobId: string, taskId: string): StoredAnswer | Refusal {
  const [answer] = reply.tasks ?? [];
  if (answer?.status === "clienterror") return new Refusal(answer.error);
  return created(taskId, taskUrl(jobId, taskId));
}

/** An answer to every item in the order of the call: the edge's refusals among the engine's answers. */
function addedMany(reply: OkReply, items: readonly CheckedTask[]): StoredAnswer {
  const answers = (reply.tasks ?? [])[Symbol.iterator]();
  const value = items.map((item, index): TaskAddResult => {
    if (!item.ok) return { taskId: item.id, status: "clienterror", error: item.error };
    const next = answers.next();
    if (next.done === true) throw new Error(`Expected an answer for the task ${item.task.id}.`);
    return resultOf(next.value, `tasks[${index}]`);
  });
  const body: TaskAddResults = { value };
  return { status: 200, body: JSON.stringify(body) };
}

/** The engine knows the fields of a task, `path` is where the task stands in the call. */
function resultOf(answer: AddTaskAnswer, path: string): TaskAddResult {
  if (answer.status === "success") return { taskId: answer.id, status: "success" };
  const { field } = answer.error;
  const error = field === undefined ? answer.error : { ...answer.error, field: `${path}.${field}` };
  return { taskId: answer.id, status: "clienterror", error };
}

type Reads = Pick<
  Handlers,
  | "GET /jobs/{jobId}/tasks"
  | "GET /jobs/{jobId}/tasks/{taskId}"
  | "GET /jobs/{jobId}/tasks/{taskId}/explain"
>;

function reads(context: ServerContext): Reads {
  return {
    "GET /jobs/{jobId}/tasks": async ({ parameters, query }) => {
      const { record: job, counts } = await findJob(context, parameters.jobId);
      const { state, result, idPrefix, nodeId } = query;
      const node = nodeId === undefined ? undefined : nodeNumber(context, nodeId);
      if (node === null) return { items: [] };
      const filter = givenOf({ state, result, idPrefix, node });
      const page = await context.store.listTasks(job.number, filter, pageRequest(query));
      const isCounted = idPrefix === undefined && nodeId === undefined;
      const total = isCounted ? countedTasks(counts, state, result) : null;
      return pageAnswer(page, (task) => viewOf({ job, task }), total);
    },
    "GET /jobs/{jobId}/tasks/{taskId}": async ({ parameters }) =>
      viewOf(await findTask(context, parameters.jobId, parameters.taskId)),
    "GET /jobs/{jobId}/tasks/{taskId}/explain": async ({ parameters }) => {
      const { job, task } = await findTask(context, parameters.jobId, parameters.taskId);
      const { state, summary, reasons } = context.live.explain(job, task);
      const named = reasons.map((reason) => ({ ...reason, nodes: [...reason.nodes] }));
      return { jobId: job.spec.id, taskId: task.id, state, summary, reasons: named };
    },
  };
}

/** What the job's counters know of a filter; null: nothing. Running and preparing are counted as one. */
function countedTasks(
  counts: JobCounts,
  state: TaskState | undefined,
  result: TaskResult | undefined,
): number | null {
  const { active, running, succeeded, failed } = counts;
  if (result !== undefined) {
    if (state !== undefined && state !== "completed") return 0;
    return result === "success" ? succeeded : failed;
  }
  switch (state) {
    case undefined:
      return active + running + succeeded + failed;
    case "active":
      return active;
    case "completed":
      return succeeded + failed;
    case "preparing":
    case "running":
      return null;
  }
}

function viewOf({ job, task }: FoundTask) {
  return taskView(task, { jobId: job.spec.id, poolId: job.spec.poolId });
}

type Contents = Omit<Handlers, keyof Changes | keyof Reads>;

function contents(context: ServerContext): Contents {
  return {
    "GET /jobs/{jobId}/tasks/{taskId}/stdout": async ({ parameters, query, request }) => {
      const found = await findTask(context, parameters.jobId, parameters.taskId);
      return await taskOutput(context, found, "stdout", query.follow ?? false, request);
    },
    "GET /jobs/{jobId}/tasks/{taskId}/stderr": async ({ parameters, query, request }) => {
      const found = await findTask(context, parameters.jobId, parameters.taskId);
      return await taskOutput(context, found, "stderr", query.follow ?? false, request);
    },
    "GET /jobs/{jobId}/tasks/{taskId}/files": async ({ parameters, query }) => {
      const found = await findTask(context, parameters.jobId, parameters.taskId);
      return await listNodeFiles(context, treeOf(context, found), query);
    },
    "GET /jobs/{jobId}/tasks/{taskId}/files/{path*}": async ({ parameters, request }) => {
      const found = await findTask(context, parameters.jobId, parameters.taskId);
      return await readNodeFile(context, treeOf(context, found), parameters.path, request);
    },
  };
}

/** The task's directory on the node where it runs or last ran. */
function treeOf(context: ServerContext, { job, task }: FoundTask): NodeTree {
  const { node } = task.progress;
  const live = node === null ? null : context.live.node(node);
  if (live !== null) return { node: live.record, root: taskRootDirectory(job.spec.id, task.id) };
  throw refuse(
    "TaskFilesUnavailable",
    node === null
      ? `The task ${task.id} has not been placed on a node.`
      : `The node ${task.progress.nodeId} of the task ${task.id} is gone, and its files with it.`,
    "What it wrote to stdout and stderr is kept: read those.",
  );
}
