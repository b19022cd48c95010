import type { JobSpec } from "../../model/job.ts";
import type { Job } from "../state.ts";
import { groupsOf } from "./jobGroups.ts";

/** The very job that is there: it makes no further version (Nomad). */
export function isSameSpec(one: JobSpec, other: JobSpec): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What to know when the job is submitted once more as it is; null: that does something, as it begins anew or goes on. */
export function sameAgainNote(job: Job): string | null {
  const { state, terminateReason, spec } = job.record;
  const { deployment, version } = groupsOf(job).record;
  const hasRun = state === "completed" && terminateReason === "AllTasksComplete";
  if (state !== "active" && !hasRun) return null;
  const same = `Job ${spec.id} is at version ${version} already: the same again changes nothing.`;
  if (hasRun) {
    const failed =
      job.counts.failed === 0 ? "" : `; what failed, with stint jobtask retry ${spec.id} TASK`;
    return `${same} It has run to its end. To run it again, change something, if only meta${failed}.`;
  }
  if (deployment?.status !== "failed" || deployment.version !== version) return same;
  const why = deployment.failure?.message ?? deployment.description;
  return `${same} That version has failed and is not tried again (${why}). Change something, if only meta, or go back: stint job history ${spec.id}.`;
}
