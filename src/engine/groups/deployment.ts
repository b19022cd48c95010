import type { Deployment, DeploymentGroup } from "../../model/groupJob.ts";
import { runningDescription } from "../../policy/canary.ts";
import type { Engine, Job } from "../state.ts";
import { groupsOf, setGroupsRecord, wakeJob } from "./jobGroups.ts";

/**
 * The deployment of a version that has just been registered; null: its type has none. `kept`: the versions that groups
 * keep whose canaries try the new one, by group.
 */
export function newDeployment(
  engine: Engine,
  job: Job,
  version: number,
  kept: ReadonlyMap<string, number> = new Map(),
): Deployment | null {
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
        canaries: kept.has(group.name) ? (group.update?.canary ?? 0) : 0,
        autoPromote: group.update?.autoPromote ?? false,
        promoted: false,
        keepsVersion: kept.get(group.name) ?? null,
      },
    ] as const;
  });
  const deployment: Deployment = {
    id: `${job.record.number}-${version}`,
    version,
    status: "running",
    description: descriptionOf(groups.map(([, group]) => group)),
    createdAt: engine.now,
    endedAt: null,
    groups: Object.fromEntries(groups),
  };
  watchDeployment(engine, job, deployment);
  return deployment;
}

function descriptionOf(groups: readonly DeploymentGroup[]): string {
  return runningDescription(
    groups.map(({ canaries, promoted, autoPromote }) => ({
      wanted: canaries,
      isPromoted: promoted,
      autoPromote,
    })),
  );
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
  const progressBy = progressFrom(engine, job, group);
  if (progressBy !== null) setDeploymentGroup(engine, job, group, { progressBy });
}

/**
 * The deadline rests while nothing of the group is on its way: it is done, or only its promotion is waited for. When that
 * is over it begins anew.
 */
export function pauseProgress(engine: Engine, job: Job, group: string, isAtRest: boolean): void {
  const progressBy = groupsOf(job).record.deployment?.groups[group]?.progressBy ?? null;
  if (isAtRest === (progressBy === null)) return;
  const next = isAtRest ? null : progressFrom(engine, job, group);
  if (next !== progressBy) setDeploymentGroup(engine, job, group, { progressBy: next });
}

/** The canaries of the groups are ordinary executions from now on. */
export function markPromoted(engine: Engine, job: Job, groups: readonly string[]): void {
  for (const group of groups) {
    const progressBy = progressFrom(engine, job, group);
    setDeploymentGroup(engine, job, group, { promoted: true, progressBy });
  }
  const { deployment } = groupsOf(job).record;
  if (deployment === null) return;
  const description = descriptionOf(Object.values(deployment.groups));
  setGroupsRecord(engine, job, { deployment: { ...deployment, description } });
}

/** When a group must have made progress that makes some now; null: it has no such deadline. */
function progressFrom(engine: Engine, job: Job, group: string): number | null {
  const { update } = groupsOf(job).spec.groups.find(({ name }) => name === group) ?? {};
  const progressDeadlineMs = update?.progressDeadlineMs ?? 0;
  return progressDeadlineMs === 0 ? null : engine.now + progressDeadlineMs;
}

function setDeploymentGroup(
  engine: Engine,
  job: Job,
  group: string,
  changes: Partial<DeploymentGroup>,
): void {
  const { deployment } = groupsOf(job).record;
  const state = deployment?.groups[group];
  if (deployment?.status !== "running" || state === undefined) return;
  const groups = { ...deployment.groups, [group]: { ...state, ...changes } };
  const changed: Deployment = { ...deployment, groups };
  setGroupsRecord(engine, job, { deployment: changed });
  watchDeployment(engine, job, changed);
}
