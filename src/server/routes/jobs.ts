import type { RequestInput } from "../../engine/input.ts";
import { foldId } from "../../model/id.ts";
import type { JOB_ENDPOINTS } from "../../protocol/api/endpoint/jobs.ts";
import { checkJob, type JobChanges, toJobPatch, toJobReplacement } from "../../protocol/api/job.ts";
import { countsView, jobView } from "../views/job.ts";
import { preparationStatusView } from "../views/preparation.ts";
import { jobUrl } from "../views/url.ts";
import { type HandlersOf, submit } from "./call.ts";
import type { ServerContext } from "./context.ts";
import { created } from "./created.ts";
import { findJob, givenOf, pageAnswer, pageRequest } from "./lookup.ts";
import { refuse } from "./refusal.ts";
import { specialOutput } from "./specialOutput.ts";

type Handlers = HandlersOf<typeof JOB_ENDPOINTS>;
type SpecialHandlers = Pick<
  Handlers,
  | "GET /jobs/{jobId}/jobpreparation/{nodeId}/stdout"
  | "GET /jobs/{jobId}/jobpreparation/{nodeId}/stderr"
  | "GET /jobs/{jobId}/jobrelease/{nodeId}/stdout"
  | "GET /jobs/{jobId}/jobrelease/{nodeId}/stderr"
>;

export function jobHandlers(context: ServerContext): Handlers {
  const accept = async (input: RequestInput) => {
    await submit(context, input);
    return {};
  };
  const viewOf = async (jobId: string) => {
    const { record, counts } = await findJob(context, jobId);
    return jobView(record, counts);
  };
  const update = async (jobId: string, changes: JobChanges) => {
    const { record } = await findJob(context, jobId);
    const patch = withoutSamePool(changes, record.spec.poolId);
    await submit(context, { kind: "updateJob", job: jobId, patch });
    return await viewOf(jobId);
  };
  return {
    "POST /jobs": async (call) => {
      const { spec, tasks } = await call.bodyBy(checkJob);
      const input: RequestInput =
        tasks === null ? { kind: "createJob", spec } : { kind: "createJobWithTasks", spec, tasks };
      return await call.create(input, () => created(spec.id, jobUrl(spec.id)));
    },
    "GET /jobs": async ({ query }) => {
      const { state, poolId, idPrefix } = query;
      const filter = givenOf({ state, poolId, idPrefix });
      const page = await context.store.listJobs(filter, pageRequest(query));
      return pageAnswer(page, ({ record, progress }) => jobView(record, progress.counts));
    },
    "GET /jobs/{jobId}": ({ parameters }) => viewOf(parameters.jobId),
    "PATCH /jobs/{jobId}": async ({ parameters, body }) => {
      return await update(parameters.jobId, toJobPatch(await body()));
    },
    "PUT /jobs/{jobId}": async ({ parameters, body }) => {
      return await update(parameters.jobId, toJobReplacement(await body()));
    },
    "DELETE /jobs/{jobId}": ({ parameters }) =>
      accept({ kind: "deleteJob", job: parameters.jobId }),
    "POST /jobs/{jobId}/disable": async ({ parameters, body }) => {
      const { disableTasks } = await body();
      return await accept({ kind: "disableJob", job: parameters.jobId, disableTasks });
    },
    "POST /jobs/{jobId}/enable": ({ parameters }) =>
      accept({ kind: "enableJob", job: parameters.jobId }),
    "POST /jobs/{jobId}/terminate": async ({ parameters, body }) => {
      // An empty reason is none.
      const reason = (await body()).terminateReason || "UserTerminate";
      return await accept({ kind: "terminateJob", job: parameters.jobId, reason });
    },
    "GET /jobs/{jobId}/taskcounts": async ({ parameters }) =>
      countsView((await findJob(context, parameters.jobId)).counts),
    "GET /jobs/{jobId}/jobpreparationandreleasetaskstatus": async ({ parameters, query }) => {
      const { record } = await findJob(context, parameters.jobId);
      const { spec } = record;
      if (spec.preparation === null) throw noPreparation(spec.id);
      const page = await context.store.listNodeJobs(record.number, pageRequest(query));
      const items = page.items.flatMap((item) => preparationStatusView(item, spec) ?? []);
      return pageAnswer({ ...page, items }, (item) => item);
    },
    ...specialHandlers(context),
  };
}

function specialHandlers(context: ServerContext): SpecialHandlers {
  return {
    "GET /jobs/{jobId}/jobpreparation/{nodeId}/stdout": ({ parameters, request }) =>
      specialOutput(context, parameters, "preparation", "stdout", request),
    "GET /jobs/{jobId}/jobpreparation/{nodeId}/stderr": ({ parameters, request }) =>
      specialOutput(context, parameters, "preparation", "stderr", request),
    "GET /jobs/{jobId}/jobrelease/{nodeId}/stdout": ({ parameters, request }) =>
      specialOutput(context, parameters, "release", "stdout", request),
    "GET /jobs/{jobId}/jobrelease/{nodeId}/stderr": ({ parameters, request }) =>
      specialOutput(context, parameters, "release", "stderr", request),
  };
}

/** The pool that the job has already is no change, so that it may be named while the job is not disabled. */
function withoutSamePool(changes: JobChanges, poolId: string): JobChanges {
  if (changes.poolId === undefined || foldId(changes.poolId) !== foldId(poolId)) return changes;
  const { poolId: _, ...others } = changes;
  return others;
}

function noPreparation(jobId: string) {
  return refuse(
    "JobPreparationTaskNotSpecified",
    `Expected a job with a preparation task, and ${jobId} has none.`,
    "Ask for a job that was created with a jobPreparationTask.",
  );
}
