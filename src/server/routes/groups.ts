import type { Reply, RequestInput } from "../../engine/input.ts";
import { presentVersion } from "../../model/groupJob.ts";
import { foldId, type JobNumber, TASKS_PER_JOB, taskNumberOf } from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import { DRAIN_DEADLINE_DEFAULT_MS } from "../../model/limits.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { GROUP_ENDPOINTS } from "../../protocol/api/endpoint/groups.ts";
import { auditNote } from "../audit/act.ts";
import { readSubmission } from "../groups/submission.ts";
import { allocationStub, allocationView } from "../views/allocation.ts";
import { clientStatusOf, isOver } from "../views/clientStatus.ts";
import { type GroupsFigures, groupsStatusView } from "../views/groupsStatus.ts";
import { present } from "../views/present.ts";
import { versionView } from "../views/version.ts";
import type { HandlersOf } from "./call.ts";
import { submit } from "./call.ts";
import type { ServerContext } from "./context.ts";
import { findAllocation } from "./findAllocation.ts";
import { planAnswer } from "./jobPlan.ts";
import { findJob, findNode } from "./lookup.ts";
import { memberLog } from "./memberLog.ts";
import { Refusal, refuse } from "./refusal.ts";

type Handlers = HandlersOf<typeof GROUP_ENDPOINTS>;

/** Executions that a status looks at; of a job that has made more, the latest. */
const EXECUTIONS_READ = 5_000;

export function groupHandlers(context: ServerContext): Handlers {
  return { ...jobRequests(context), ...jobReads(context), ...allocationHandlers(context) };
}

async function replyTo(
  context: ServerContext,
  input: RequestInput,
): Promise<Extract<Reply, { ok: true }>> {
  const reply = await context.requests.submit(input, { audit: auditNote() });
  if (!reply.ok) throw new Refusal(reply.error);
  return reply;
}

function jobRequests(context: ServerContext) {
  return {
    "POST /jobs/register": async ({ body }) => {
      const { job, checkIndex = null } = await body();
      const { spec, warnings } = readSubmission(job);
      const reply = await replyTo(context, { kind: "registerJob", spec, checkIndex });
      const { version = 0, modifyIndex = 0, note } = reply;
      return {
        jobId: spec.id,
        version,
        modifyIndex,
        warnings: [...warnings],
        ...present({ note }),
      };
    },
    "POST /jobs/{jobId}/revert": async ({ parameters, body, caller }) => {
      const { version } = await body();
      const { jobId } = parameters;
      const user = caller?.name ?? "";
      const reply = await replyTo(context, { kind: "revertJob", job: jobId, version, user });
      return { jobId, version: reply.version ?? version };
    },
    "POST /jobs/{jobId}/promote": async ({ parameters, body, caller }) => {
      const { groups = null } = await body();
      const { jobId } = parameters;
      const user = caller?.name ?? "";
      const reply = await replyTo(context, { kind: "promoteJob", job: jobId, groups, user });
      return { jobId, version: reply.version ?? 0 };
    },
    "POST /jobs/{jobId}/dispatch": async ({ parameters, body }) => {
      const { payload = null, meta = {} } = await body();
      const suffix = crypto.randomUUID().slice(0, 8);
      const dispatch = { payload: checkedPayload(payload), meta, suffix };
      const reply = await replyTo(context, {
        kind: "dispatchJob",
        job: parameters.jobId,
        dispatch,
      });
      return { jobId: reply.jobId ?? "" };
    },
    "POST /jobs/{jobId}/periodic/force": async ({ parameters }) => {
      const reply = await replyTo(context, { kind: "forceLaunch", job: parameters.jobId });
      return { jobId: reply.jobId ?? "" };
    },
    "POST /jobs/{jobId}/restart": ({ parameters }) => restartJob(context, parameters.jobId),
    "POST /nodes/{nodeId}/drain": async ({ parameters, body }) => {
      const { deadlineMs = DRAIN_DEADLINE_DEFAULT_MS, ignoreSystemJobs = false } = await body();
      const node = findNode(context, parameters.nodeId).record.id;
      await submit(context, { kind: "drainNode", node, drain: { deadlineMs, ignoreSystemJobs } });
      return {};
    },
    "DELETE /nodes/{nodeId}/drain": async ({ parameters, query }) => {
      const isEligible = query.keepIneligible !== true;
      await submit(context, { kind: "stopDrain", node: parameters.nodeId, isEligible });
      return {};
    },
  } satisfies Partial<Handlers>;
}

/** All that runs of it, where it is; what can not be restarted is told, and keeps nothing else from it. */
async function restartJob(context: ServerContext, jobId: string) {
  const { job } = await findGroups(context, jobId);
  const live = (await executionsOf(context, job.number)).filter((found) => !isOver(found));
  const allocations: string[] = [];
  const refused: { allocation: string; message: string }[] = [];
  for (const { number, allocation } of live) {
    if (allocation === undefined) continue;
    const input = { kind: "restartExecution", execution: number, member: null } as const;
    const audit = auditNote();
    const reply = await context.requests.submit({ ...input, dead: false }, { audit });
    if (reply.ok) allocations.push(allocation.id);
    else refused.push({ allocation: allocation.id, message: reply.error.message });
  }
  return { allocations, refused };
}

const PAYLOAD_MAX_BYTES = 16 * 1024;

function checkedPayload(payload: string | null): string | null {
  if (payload === null) return null;
  const bytes = Buffer.from(payload, "base64");
  const isBase64 = bytes.toString("base64").replace(/=+$/, "") === payload.replace(/=+$/, "");
  if (isBase64 && bytes.byteLength <= PAYLOAD_MAX_BYTES) return payload;
  const given = isBase64 ? `${bytes.byteLength} bytes` : "something else";
  throw refuse(
    "InvalidPropertyValue",
    `Expected base64 of at most ${PAYLOAD_MAX_BYTES} bytes as payload, and got ${given}.`,
    "Make it smaller, or let the job fetch it as an artifact.",
    { field: "payload" },
  );
}

function jobReads(context: ServerContext) {
  return {
    "POST /jobs/plan": async ({ body }) => {
      const { job } = await body();
      const { spec, warnings } = readSubmission(job);
      return await planAnswer(context, spec, warnings);
    },
    "GET /jobs/{jobId}/groups": async ({ parameters }) => {
      const figures = await figuresOf(context, parameters.jobId);
      return groupsStatusView(figures);
    },
    "GET /jobs/{jobId}/versions": async ({ parameters }) => {
      const { job, record } = await findGroups(context, parameters.jobId);
      const all = [presentVersion(job.spec, record), ...record.history];
      return { items: all.map(versionView) };
    },
    "GET /jobs/{jobId}/allocations": async ({ parameters, query }) => {
      const { job } = await findGroups(context, parameters.jobId);
      const tasks = new Map((await tasksOf(context, job.number)).map((one) => [one.number, one]));
      const executions = await executionsOf(context, job.number);
      const kept = query.all === true ? executions : executions.slice(0, ALLOCATIONS_SHOWN);
      const items = kept.flatMap((execution) => {
        const task = tasks.get(execution.task);
        const { allocation } = execution;
        if (task === undefined || allocation === undefined) return [];
        return [allocationStub({ job, task, execution, allocation })];
      });
      return { items };
    },
  } satisfies Partial<Handlers>;
}

/** Without `all`. */
const ALLOCATIONS_SHOWN = 100;

/** What runs already, or has done its work, is not run again by request. */
function mayRunAgain({ progress: { state, outcome } }: TaskRecord): boolean {
  return state === "active" || outcome?.result === "failure";
}

function allocationHandlers(context: ServerContext) {
  const live = async (id: string) => {
    const { execution, job, task } = await findAllocation(context, id);
    if (!isOver(execution)) return execution.number;
    const jobPath = `/api/v1/jobs/${job.spec.id}`;
    const again = mayRunAgain(task)
      ? ` If its task is to run again, ask for that with POST ${jobPath}/tasks/${task.id}/reactivate.`
      : "";
    throw refuse(
      "TaskNotRunning",
      `Allocation ${id} of ${task.id} is ${clientStatusOf(execution)}: it has ended.`,
      `See the latest ones of its job with GET ${jobPath}/allocations.${again}`,
    );
  };
  return {
    "GET /allocations/{allocationId}": async ({ parameters }) => {
      const found = await findAllocation(context, parameters.allocationId);
      const [number] = found.execution.nodes;
      const node = number === undefined ? null : context.live.node(number);
      const later = await context.store.listExecutions(
        { task: found.task.number },
        { limit: EXECUTIONS_READ, cursor: null, order: "ascending" },
      );
      const next = later.items.find(
        ({ allocation }) => allocation?.previous === found.execution.number,
      );
      return allocationView(found, node?.record ?? null, next ?? null);
    },
    "POST /allocations/{allocationId}/restart": async ({ parameters, body }) => {
      const { member = null, dead = false } = await body();
      const execution = await live(parameters.allocationId);
      await submit(context, { kind: "restartExecution", execution, member, dead });
      return {};
    },
    "POST /allocations/{allocationId}/stop": async ({ parameters }) => {
      const execution = await live(parameters.allocationId);
      await submit(context, { kind: "stopExecution", execution });
      return {};
    },
    "GET /allocations/{allocationId}/logs/{member}/stdout": async ({
      parameters,
      query,
      request,
    }) => {
      const found = await findAllocation(context, parameters.allocationId);
      return await memberLog(context, found, parameters.member, "stdout", query, request);
    },
    "GET /allocations/{allocationId}/logs/{member}/stderr": async ({
      parameters,
      query,
      request,
    }) => {
      const found = await findAllocation(context, parameters.allocationId);
      return await memberLog(context, found, parameters.member, "stderr", query, request);
    },
  } satisfies Partial<Handlers>;
}

async function findGroups(context: ServerContext, jobId: string) {
  const { record: job, counts } = await findJob(context, jobId);
  const { groups: record, spec } = job;
  if (record === undefined || spec.groups === undefined) {
    throw refuse(
      "OperationNotValidOnJob",
      `Job ${jobId} is a job of tasks; it has no groups.`,
      `See it with GET /api/v1/jobs/${jobId}.`,
    );
  }
  return { job, counts, record, spec: spec.groups };
}

async function tasksOf(context: ServerContext, job: JobNumber) {
  const [first, last] = [taskNumberOf(job, 0), taskNumberOf(job + 1, 0) - 1];
  return await context.store.readTaskRange(first, last, TASKS_PER_JOB);
}

async function executionsOf(context: ServerContext, job: JobNumber) {
  const page = { limit: EXECUTIONS_READ, cursor: null, order: "descending" } as const;
  return (await context.store.listExecutions({ job }, page)).items;
}

async function figuresOf(context: ServerContext, jobId: string): Promise<GroupsFigures> {
  const { job, counts, record, spec } = await findGroups(context, jobId);
  const [tasks, executions] = await Promise.all([
    tasksOf(context, job.number),
    executionsOf(context, job.number),
  ]);
  const isParent = spec.periodic !== null || spec.parameterized !== null;
  const children = isParent ? await childrenOf(context, job) : [];
  const nowhere = context.live.nowhere(job.number);
  const promotion = context.live.promotion(job.number);
  return { job, counts, record, spec, tasks, executions, children, nowhere, promotion };
}

async function childrenOf(
  context: ServerContext,
  job: JobRecord,
): Promise<GroupsFigures["children"]> {
  const page = { limit: EXECUTIONS_READ, cursor: null, order: "ascending" } as const;
  const found = await context.store.listJobs({ idPrefix: `${job.spec.id}/` }, page);
  return found.items
    .map(({ record, progress }) => ({ record, counts: progress.counts }))
    .filter(({ record }) => foldId(record.groups?.parentJobId ?? "") === foldId(job.spec.id));
}
