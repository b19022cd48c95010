import { foldId } from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import type { NodeJobRecord, SpecialInstance } from "../../model/nodeJob.ts";
import { taskRootDirectory } from "../views/url.ts";
import type { ServerContext } from "./context.ts";
import type { StreamName } from "./executionRun.ts";
import { findJob } from "./lookup.ts";
import { fileSource, keptSource, outputResponse, outputUnavailable } from "./outputSource.ts";
import { refuse } from "./refusal.ts";

export type SpecialKind = "preparation" | "release";

/** What the preparation or release of a job wrote on one node, also when the node is gone. */
export async function specialOutput(
  context: ServerContext,
  at: { readonly jobId: string; readonly nodeId: string },
  kind: SpecialKind,
  stream: StreamName,
  request: Request,
): Promise<Response> {
  const { record: job } = await findJob(context, at.jobId);
  const { nodeJob, instance } = await findInstance(context, job, at.nodeId, kind);
  const output = instance.state === "completed" ? instance.output?.[stream] : undefined;
  const kept = await keptSource(context, output);
  if (kept !== null) return await outputResponse(kept, request);
  const id = job.spec[kind]?.id ?? kind;
  const file = await fileSource(context, {
    node: nodeJob.node,
    path: `${taskRootDirectory(job.spec.id, id)}/${stream}.txt`,
    offset: 0,
    sizeBytes: null,
    execution: instance.execution,
  });
  if (file === null) throw outputUnavailable(`the ${kind} of ${job.spec.id}`, nodeJob.nodeId);
  return await outputResponse(file, request);
}

interface FoundInstance {
  readonly nodeJob: NodeJobRecord;
  readonly instance: SpecialInstance;
}

async function findInstance(
  context: ServerContext,
  job: JobRecord,
  nodeId: string,
  kind: SpecialKind,
): Promise<FoundInstance> {
  const records = await context.store.readNodeJobs(job.number);
  // A node id may have been used again: the last is meant.
  const nodeJob = records.findLast((record) => foldId(record.nodeId) === foldId(nodeId));
  const instance = nodeJob?.[kind];
  if (nodeJob !== undefined && instance) return { nodeJob, instance };
  throw refuse(
    "ExecutionNotFound",
    `The ${kind} of the job ${job.spec.id} has not run on a node ${nodeId}.`,
    `See where it ran with GET /api/v1/jobs/${job.spec.id}/jobpreparationandreleasetaskstatus.`,
  );
}
