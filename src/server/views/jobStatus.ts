import type { JobCounts, JobRecord } from "../../model/job.ts";

/** A job's state in Nomad's words. */
export type JobStatus = "pending" | "running" | "dead";

/**
 * `pending` while all that it has waits, be it for a first node or for another one; `dead` when it is over, or when each
 * task of its groups has ended for good (Nomad). System jobs, and those that only have children, run as long as they are there.
 */
export function jobStatusOf(job: JobRecord, counts: JobCounts): JobStatus {
  const { state, spec } = job;
  if (state === "completed" || state === "deleting") return "dead";
  if (counts.running > 0 || isAlwaysRunning(job)) return "running";
  if (counts.active > 0) return "pending";
  return spec.groups !== undefined && counts.succeeded + counts.failed > 0 ? "dead" : "running";
}

function isAlwaysRunning({ spec: { type, groups } }: JobRecord): boolean {
  if (type === "system" || groups === undefined) return type === "system";
  return groups.periodic !== null || groups.parameterized !== null;
}
