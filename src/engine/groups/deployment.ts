import type { Deployment } from "../../model/groupJob.ts";
import type { Engine, Job } from "../state.ts";
import { groupsOf, setGroupsRecord, wakeJob } from "./jobGroups.ts";

/** The deployment of a version that has just been registered; null: its type has none. */
export function newDeployment(engine: Engine, job: Job, version: number): Deployment | null {
  const { spec } = groupsOf(job);
  if (job.record.spec.type !== "service") return null;
  const rolling = spec.groups.filter((group) => group.update !== null && group.count > 0);
  if (rolling.length === 0) return null;
  const groups = rolling.map((group) => {
    const progressDeadlineMs = group.update?.progressDeadlineMs ?? 0;
    return [
      group.name,
      {
        desired: group.count,
        autoRevert: group.update?.autoRevert ?? false,
        progressBy: progressDeadlineMs === 0 ? null : engine.now + progressDeadlineMs,
      },
    ] as const;
  });
  const deployment: Deployment = {
    id: `${job.record.number}-${version}`,
    version,
    status: "running",
    description: "Deployment is running",
    createdAt: engine.now,
    endedAt: null,
    groups: Object.fromEntries(groups),
  };
  watchDeployment(engine, job, deployment);
  return deployment;
}

export function watchDeployment(engine: Engine, job: Job, deployment: Deployment): void {
  if (deployment.status !== "running") return;
  for (const { progressBy } of Object.values(deployment.groups)) {
    // What is past is looked at anyway, as soon as the job may move.
    if (progressBy === null || progressBy <= engine.now) continue;
    wakeJob(engine, job, progressBy);
  }
}

export function endDeployment(
  engine: Engine,
  job: Job,
  deployment: Deployment,
  status: Exclude<Deployment["status"], "running">,
  description: string,
): void {
  setGroupsRecord(engine, job, {
    deployment: { ...deployment, status, description, endedAt: engine.now },
  });
}

/** Nothing happens when none is running. */
export function cancelDeployment(engine: Engine, job: Job, description: string): void {
  const { deployment } = groupsOf(job).record;
  if (deployment?.status !== "running") return;
  endDeployment(engine, job, deployment, "cancelled", description);
}

/** An execution of the deployed version has become healthy: there is progress. */
export function noteProgress(engine: Engine, job: Job, group: string): void {
  const { record, spec } = groupsOf(job);
  const { deployment } = record;
  const progressDeadlineMs =
    spec.groups.find(({ name }) => name === group)?.update?.progressDeadlineMs ?? 0;
  const state = deployment?.groups[group];
  if (deployment?.status !== "running" || state === undefined || progressDeadlineMs === 0) return;
  const changed: Deployment = {
    ...deployment,
    groups: {
      ...deployment.groups,
      [group]: { ...state, progressBy: engine.now + progressDeadlineMs },
    },
  };
  setGroupsRecord(engine, job, { deployment: changed });
  watchDeployment(engine, job, changed);
}
