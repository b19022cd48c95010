import type { GroupSpec } from "../../model/group.ts";
import type { DeploymentGroup, JobVersion } from "../../model/groupJob.ts";
import type { TaskRecord } from "../../model/task.ts";
import { decideRollout, type RolloutTask } from "../../policy/rollout.ts";
import { type Engine, type Job, liveOf } from "../state.ts";
import { stopExecution } from "../taskEnd.ts";
import { allocationOf, describeStop, rolloutOf, setAllocation } from "./allocation.ts";
import { canariesDecision } from "./canaries.ts";
import { endDeployment, pauseProgress } from "./deployment.ts";
import { faultOfGroup } from "./fault.ts";
import {
  changeSince,
  groupOf,
  groupsOf,
  isSystemType,
  setGroupsRecord,
  setProgress,
  wakeJob,
} from "./jobGroups.ts";
import { isKept } from "./kept.ts";
import { promoteByItself } from "./promotion.ts";
import { isSameSpec } from "./sameAgain.ts";
import { revertUntried } from "./versions.ts";
import { holdsPlace } from "./wanted.ts";

/** A new version takes the place of the old one, as fast as each group's `update` allows. */

/** Stops what may be replaced now, and says how the deployment stands. */
export function settleRollout(engine: Engine, job: Job): void {
  if (job.record.state !== "active") return;
  const { spec } = groupsOf(job);
  const states = spec.groups.map((group) => settleGroup(engine, job, group));
  settleDeployment(engine, job, states);
}

interface GroupState {
  readonly group: GroupSpec;
  /** All that is wanted of it runs the new version. */
  readonly isDone: boolean;
  /** Why the deployment has failed; null: it has not. */
  readonly failure: string | null;
}

function settleGroup(engine: Engine, job: Job, group: GroupSpec): GroupState {
  return isKept(job, group.name)
    ? settleCanaryGroup(engine, job, group)
    : settleRolling(engine, job, group);
}

/** Nothing of the version before is replaced until the canaries are promoted. */
function settleCanaryGroup(engine: Engine, job: Job, group: GroupSpec): GroupState {
  const { failure, isReady } = canariesDecision(engine, job, group);
  if (failure === null) pauseProgress(engine, job, group.name, isReady);
  return { group, isDone: false, failure };
}

function settleRolling(engine: Engine, job: Job, group: GroupSpec): GroupState {
  const { record, live } = groupsOf(job);
  const tasks = [...live.tasks.values()].filter(
    // Failed ones count: their places are not filled.
    (task) => task.spec.place?.group === group.name && holdsPlace(task),
  );
  for (const task of tasks) adoptVersion(engine, job, task);
  const { deployment } = record;
  const isDeployed = deployment !== null && deployment.version === record.version;
  const { isDone, failure, replace } = decideRollout({
    policy: isSystemType(job) ? withoutHealth(group) : group.update,
    deployment: isDeployed ? deployment.status : null,
    progressBy: isDeployed ? (deployment.groups[group.name]?.progressBy ?? null) : null,
    desired: isSystemType(job) ? tasks.length : group.count,
    tasks: tasks.map((task) => rolloutTask(engine, task)),
    now: engine.now,
  });
  if (failure === null) pauseProgress(engine, job, group.name, isDone);
  const replaced = isSystemType(job) ? staggered(engine, job, group, replace) : replace;
  for (const index of replaced) {
    const task = tasks[index];
    const current = task === undefined ? null : liveOf(engine, task);
    if (current === null) continue;
    describeStop(engine, current, "alloc is being updated due to job update");
    stopExecution(engine, current, "replaced");
  }
  return { group, isDone, failure };
}

/** Batches of a system job follow each other by `stagger` at least; what is left waits for its time. */
function staggered(
  engine: Engine,
  job: Job,
  group: GroupSpec,
  replace: readonly number[],
): readonly number[] {
  const { lastBatchAt } = groupsOf(job).record;
  if (replace.length === 0 || group.update === null) return replace;
  const dueAt = lastBatchAt === null ? engine.now : lastBatchAt + group.update.staggerMs;
  if (engine.now < dueAt) {
    wakeJob(engine, job, dueAt);
    return [];
  }
  setGroupsRecord(engine, job, { lastBatchAt: engine.now });
  return replace;
}

function withoutHealth(group: GroupSpec): GroupSpec["update"] {
  return group.update === null ? null : { ...group.update, healthCheck: "manual" };
}

/** What a new version does not change for the processes is the new version's already. */
function adoptVersion(engine: Engine, job: Job, task: TaskRecord): void {
  const live = liveOf(engine, task);
  const { record, spec } = groupsOf(job);
  if (live === null || allocationOf(live).version === record.version) return;
  const group = groupOf(job, task);
  const { version } = allocationOf(live);
  if (group === null || changeSince(job, version, spec, group) === "destructive") return;
  setAllocation(engine, live, { version: record.version });
  setProgress(engine, task, { ranVersion: record.version });
}

function rolloutTask(engine: Engine, task: TaskRecord): RolloutTask {
  const live = liveOf(engine, task);
  if (task.progress.state === "completed") return { state: "failed" };
  if (live === null || task.progress.state === "active") return { state: "waiting" };
  return rolloutOf(live);
}

function settleDeployment(engine: Engine, job: Job, states: readonly GroupState[]): void {
  const { record } = groupsOf(job);
  const { deployment } = record;
  if (deployment?.status !== "running" || deployment.version !== record.version) return;
  const failed = states.find(({ failure }) => failure !== null);
  if (failed?.failure != null) failDeployment(engine, job, failed.group, failed.failure);
  else if (Object.values(deployment.groups).some(isUnpromoted)) promoteByItself(engine, job);
  else if (states.every(({ isDone }) => isDone)) {
    endDeployment(engine, job, deployment, "successful", "Deployment completed successfully");
    setGroupsRecord(engine, job, { stable: true });
  }
}

function isUnpromoted({ canaries, promoted }: DeploymentGroup): boolean {
  return canaries > 0 && !promoted;
}

function failDeployment(engine: Engine, job: Job, group: GroupSpec, why: string): void {
  const { record } = groupsOf(job);
  const { deployment } = record;
  if (deployment === null) return;
  const wantsRevert = Object.values(deployment.groups).some(({ autoRevert }) => autoRevert);
  const found = wantsRevert ? record.history.find((version) => version.stable) : undefined;
  const isSame = found !== undefined && isSameSpec(found.spec, job.record.spec);
  const stable = isSame ? undefined : found;
  const text = `${why}${wantsRevert ? revertText(stable, isSame) : ""}`;
  const failure = faultOfGroup(engine, job, group);
  endDeployment(engine, job, deployment, "failed", text, failure);
  // Its canaries are not wanted any more.
  engine.unsettledJobs.add(job.record.number);
  if (stable !== undefined) revertUntried(engine, job, stable, failure);
}

function revertText(stable: JobVersion | undefined, isSame: boolean): string {
  if (stable !== undefined) return ` - rolling back to job version ${stable.version}`;
  return isSame
    ? " - not rolling back, as the current job has the same specification as the stable version"
    : " - no stable job version to auto revert to";
}
