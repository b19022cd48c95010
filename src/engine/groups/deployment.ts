import {
  type Deployment,
  type DeploymentFailure,
  type DeploymentFigures,
  type DeploymentGroup,
  deploymentId,
  isDeployed,
} from "../../model/groupJob.ts";
import type { TaskRecord } from "../../model/task.ts";
import { runningDescription } from "../../policy/canary.ts";
import type { Engine, Job, LiveTask } from "../state.ts";
import { emitDeploymentEnd, emitPromotion } from "./emitDeployment.ts";
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
  const { type } = job.record.spec;
  const rolling = spec.groups.filter((group) => isDeployed(type, group));
  if (rolling.length === 0) return null;
  const groups = rolling.map((group) => {
    const progressDeadlineMs = group.update?.progressDeadlineMs ?? 0;
    return [
      group.name,
      {
        desired: group.count,
        placed: 0,
        healthy: 0,
        unhealthy: 0,
        autoRevert: group.update?.autoRevert ?? false,
        progressBy: progressDeadlineMs === 0 ? null : engine.now + progressDeadlineMs,
        canaries: kept.has(group.name) ? (group.update?.canary ?? 0) : 0,
        autoPromote: group.update?.autoPromote ?? false,
        promoted: false,
        keepsVersion: kept.get(group.name) ?? null,
        fault: null,
      },
    ] as const;
  });
  const deployment: Deployment = {
    id: deploymentId(job.record.number, version),
    version,
    status: "running",
    description: descriptionOf(groups.map(([, group]) => group)),
    failure: null,
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
  failure: DeploymentFailure | null = null,
): void {
  const ended = { ...deployment, status, description, failure, endedAt: engine.now };
  setGroupsRecord(engine, job, { deployment: ended });
  emitDeploymentEnd(engine, job, ended);
}

/** Nothing happens when none is running. */
export function cancelDeployment(engine: Engine, job: Job, description: string): void {
  const { deployment } = groupsOf(job).record;
  if (deployment?.status !== "running") return;
  endDeployment(engine, job, deployment, "cancelled", description);
}

/** An execution of the deployed version has become healthy: there is progress. */
export function noteProgress(engine: Engine, job: Job, task: TaskRecord): void {
  const name = task.spec.place?.group ?? "";
  const group = groupsOf(job).record.deployment?.groups[name];
  if (group === undefined) return;
  const progressBy = progressFrom(engine, job, name);
  const fault = group.fault?.taskId === task.id ? null : group.fault;
  if (progressBy === null && fault === group.fault) return;
  setDeploymentGroup(engine, job, name, { progressBy, fault });
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

/** The canaries of the groups are ordinary executions from now on. `by` null: auto_promote did it. */
export function markPromoted(
  engine: Engine,
  job: Job,
  groups: readonly string[],
  by: string | null,
): void {
  for (const group of groups) {
    const progressBy = progressFrom(engine, job, group);
    setDeploymentGroup(engine, job, group, { promoted: true, progressBy });
  }
  const { deployment, promotions } = groupsOf(job).record;
  if (deployment === null) return;
  const description = descriptionOf(Object.values(deployment.groups));
  const promotion = { groups, by, at: engine.now };
  setGroupsRecord(engine, job, {
    deployment: { ...deployment, description },
    promotions: [...promotions, promotion],
  });
  emitPromotion(engine, job, promotion);
}

const NO_PART: DeploymentFigures = { placed: 0, healthy: 0, unhealthy: 0 };

/** What an execution is in the figures of its job's deployment. */
export function partInDeployment({ job, task, execution }: LiveTask): DeploymentFigures {
  const { deployment } = groupsOf(job).record;
  const { allocation, endedAt } = execution;
  const group = deployment?.groups[task.spec.place?.group ?? ""];
  if (group === undefined || allocation?.version !== deployment?.version) return NO_PART;
  const healthy = allocation?.state?.health?.healthy;
  return {
    placed: 1,
    healthy: healthy === true && allocation?.desired === "run" && endedAt === null ? 1 : 0,
    unhealthy: healthy === false ? 1 : 0,
  };
}

/** Counts what has become of an execution that was `before`; a deployment that is over counts nothing more. */
export function countInDeployment(engine: Engine, live: LiveTask, before = NO_PART): void {
  const { job, task } = live;
  const now = partInDeployment(live);
  const name = task.spec.place?.group ?? "";
  const state = groupsOf(job).record.deployment?.groups[name];
  if (state === undefined) return;
  const figures = {
    placed: state.placed + now.placed - before.placed,
    healthy: state.healthy + now.healthy - before.healthy,
    unhealthy: state.unhealthy + now.unhealthy - before.unhealthy,
  };
  const isSame =
    figures.placed === state.placed &&
    figures.healthy === state.healthy &&
    figures.unhealthy === state.unhealthy;
  if (!isSame) setDeploymentGroup(engine, job, name, figures);
}

/** When a group must have made progress that makes some now; null: it has no such deadline. */
function progressFrom(engine: Engine, job: Job, group: string): number | null {
  const { update } = groupsOf(job).spec.groups.find(({ name }) => name === group) ?? {};
  const progressDeadlineMs = update?.progressDeadlineMs ?? 0;
  return progressDeadlineMs === 0 ? null : engine.now + progressDeadlineMs;
}

/** Nothing happens when the deployment is over. */
export function setDeploymentGroup(
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
