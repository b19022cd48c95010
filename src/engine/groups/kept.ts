import type { GroupSpec } from "../../model/group.ts";
import type { DeploymentGroup } from "../../model/groupJob.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { Job } from "../state.ts";
import { groupsOf, specOfVersion } from "./jobGroups.ts";

/**
 * While canaries of a group try the present version, and after they have failed, everything else of it keeps the version
 * before: what is lost, drained or rescheduled comes back as that (Nomad).
 */

/** What the deployment of the job's present version says of a group; null: there is none, or it is over and done with. */
function underDeployment(job: Job, group: string): DeploymentGroup | null {
  const { deployment, version } = groupsOf(job).record;
  if (deployment === null || deployment.version !== version) return null;
  const isHeld = deployment.status === "running" || deployment.status === "failed";
  return isHeld ? (deployment.groups[group] ?? null) : null;
}

/** The version that executions of a group run that are no canaries. */
export function keptVersion(job: Job, group: string): number {
  const state = underDeployment(job, group);
  const { version } = groupsOf(job).record;
  return state === null || state.promoted ? version : (state.keepsVersion ?? version);
}

/** Whether canaries of the group have not been promoted, be it that they may be or that they have failed. */
export function isKept(job: Job, group: string): boolean {
  return keptVersion(job, group) !== groupsOf(job).record.version;
}

/** Whether the version has been found to be no good: nobody makes another place run it by himself. */
export function hasFailed(job: Job, version: number): boolean {
  const { deployment } = groupsOf(job).record;
  return deployment?.status === "failed" && deployment.version === version;
}

/** How many canaries are to run; 0: there are none, or they were promoted, or have failed. */
export function canariesWanted(job: Job, group: string): number {
  const { deployment } = groupsOf(job).record;
  if (deployment?.status !== "running" || !isKept(job, group)) return 0;
  return deployment.groups[group]?.canaries ?? 0;
}

/** How many of a group are no canaries: a larger count waits for the promotion, a smaller one holds at once (Nomad). */
export function ordinaryCount(job: Job, group: GroupSpec): number {
  const version = keptVersion(job, group.name);
  const kept = specOfVersion(job, version)?.groups.find(({ name }) => name === group.name);
  return Math.min(group.count, kept?.count ?? group.count);
}

/** How many tasks a group has: canaries beyond its ordinary ones have tasks of their own. */
export function tasksWanted(job: Job, group: GroupSpec): number {
  return Math.max(ordinaryCount(job, group), canariesWanted(job, group.name));
}

/** The version that the next execution of a task runs, its canary aside. */
export function nextVersion(job: Job, task: TaskRecord, group: GroupSpec): number {
  const isOrdinary = (task.spec.place?.index ?? 0) < ordinaryCount(job, group);
  return isOrdinary ? keptVersion(job, group.name) : groupsOf(job).record.version;
}
