import type { Job, TaskCounts } from "../protocol/api/answer/job.ts";
import type { ApiBody, ApiQuery } from "../protocol/api/endpoint/table.ts";
import { allItems } from "./pages.ts";
import type { Transport } from "./transport.ts";
import { type WaitOptions, waitUntil } from "./waitUntil.ts";

type ListQuery = NonNullable<ApiQuery<"GET /jobs">>;
type StatusQuery = NonNullable<ApiQuery<"GET /jobs/{jobId}/jobpreparationandreleasetaskstatus">>;

export function jobCalls(transport: Transport) {
  return { ...jobReads(transport), ...jobChanges(transport) };
}

const at = (jobId: string) => ({ parameters: { jobId } });

function jobReads(transport: Transport) {
  const list = (query: ListQuery = {}) => transport.call("GET /jobs", { query });
  const get = (jobId: string) => transport.call("GET /jobs/{jobId}", at(jobId));
  const taskCounts = (jobId: string) => transport.call("GET /jobs/{jobId}/taskcounts", at(jobId));
  const preparationStatus = (jobId: string, query: StatusQuery = {}) =>
    transport.call("GET /jobs/{jobId}/jobpreparationandreleasetaskstatus", { ...at(jobId), query });
  return {
    get,
    list,
    all: (query: ListQuery = {}) => allItems((cursor) => list({ ...query, cursor })),
    taskCounts,
    preparationStatus,
    allPreparationStatus: (jobId: string) =>
      allItems((cursor) => preparationStatus(jobId, { cursor })),
    /** What the job's preparation or release wrote on a node. */
    specialOutput: (
      jobId: string,
      nodeId: string,
      kind: "jobpreparation" | "jobrelease",
      stream: "stdout" | "stderr",
    ) =>
      transport.open(`GET /jobs/{jobId}/${kind}/{nodeId}/${stream}`, {
        parameters: { jobId, nodeId },
      }),
    /** Waits until the job is completed. */
    waitUntilCompleted: (jobId: string, options: WaitOptions = {}): Promise<Job> =>
      waitUntil(() => get(jobId), isCompleted, options),
    /**
     * Waits until all of the job's tasks are completed, or the job itself is: tasks that are active then never run.
     */
    waitUntilTasksCompleted: async (
      jobId: string,
      options: WaitOptions = {},
    ): Promise<TaskCounts> => {
      let isEnded = false;
      const read = async () => {
        const counts = await taskCounts(jobId);
        const { active, running } = counts.taskCounts;
        if (active === 0 || running > 0 || !isCompleted(await get(jobId))) return counts;
        isEnded = true;
        return await taskCounts(jobId);
      };
      return await waitUntil(read, (counts) => isEnded || areTasksCompleted(counts), options);
    },
  };
}

function isCompleted({ state }: Job): boolean {
  return state === "completed";
}

function areTasksCompleted({ taskCounts }: TaskCounts): boolean {
  return taskCounts.active === 0 && taskCounts.running === 0;
}

function jobChanges(transport: Transport) {
  return {
    create: (body: ApiBody<"POST /jobs">, idempotencyKey?: string) =>
      transport.call("POST /jobs", { body, idempotencyKey }),
    patch: (jobId: string, body: ApiBody<"PATCH /jobs/{jobId}">) =>
      transport.call("PATCH /jobs/{jobId}", { ...at(jobId), body }),
    replace: (jobId: string, body: ApiBody<"PUT /jobs/{jobId}">) =>
      transport.call("PUT /jobs/{jobId}", { ...at(jobId), body }),
    delete: (jobId: string) => transport.call("DELETE /jobs/{jobId}", at(jobId)),
    disable: (jobId: string, body: ApiBody<"POST /jobs/{jobId}/disable">) =>
      transport.call("POST /jobs/{jobId}/disable", { ...at(jobId), body }),
    enable: (jobId: string) => transport.call("POST /jobs/{jobId}/enable", at(jobId)),
    terminate: (jobId: string, terminateReason?: string) =>
      transport.call("POST /jobs/{jobId}/terminate", {
        ...at(jobId),
        body: terminateReason === undefined ? {} : { terminateReason },
      }),
  };
}
