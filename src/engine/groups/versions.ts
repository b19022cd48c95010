import type { GroupSpec } from "../../model/group.ts";
import {
  type DeploymentFailure,
  type GroupsRecord,
  type JobVersion,
  presentVersion,
  type Reversion,
  VERSIONS_MAX,
} from "../../model/groupJob.ts";
import type { JobSpec } from "../../model/job.ts";
import type { TaskRecord } from "../../model/task.ts";
import { saveJob } from "../record.ts";
import { type Engine, type Job, liveOf } from "../state.ts";
import { allocationOf } from "./allocation.ts";
import { cancelDeployment, newDeployment } from "./deployment.ts";
import { emitRevert } from "./emitDeployment.ts";
import {
  changeSince,
  groupOf,
  groupsOf,
  nextChange,
  progressOf,
  setProgress,
} from "./jobGroups.ts";
import { isKept, keptVersion, ordinaryCount } from "./kept.ts";
import { executionsOfTask, holdsPlace, isEnding } from "./wanted.ts";

export function firstRecord(
  engine: Engine,
  origin: Pick<GroupsRecord, "parentJobId" | "payload" | "meta">,
): GroupsRecord {
  return {
    version: 0,
    modifyIndex: nextChange(engine),
    submittedAt: engine.now,
    stable: false,
    reverted: null,
    promotions: [],
    history: [],
    deployment: null,
    nextLaunchAt: null,
    lastChildSecond: null,
    lastBatchAt: null,
    ...origin,
  };
}

/**
 * A further version takes the place of the current one, which is kept. `kept`: the versions that groups keep which it is
 * tried in, by group; asked for while the deployment before still says what is kept. `reverted`: if it is an earlier one
 * again, how that came about.
 */
export function newVersion(
  engine: Engine,
  job: Job,
  spec: JobSpec,
  kept: ReadonlyMap<string, number> = keptByCanaries(engine, job, spec),
  reverted: Reversion | null = null,
): void {
  const { record } = groupsOf(job);
  cancelDeployment(engine, job, "Cancelled due to newer version of job");
  // What a failed deployment goes back to is kept, however old.
  const stable = record.history.find((earlier) => earlier.stable)?.version;
  const inUse = new Set([...versionsInUse(engine, job), ...kept.values()]);
  const history = [presentVersion(job.record.spec, groupsOf(job).record), ...record.history].filter(
    (earlier, index) =>
      index < VERSIONS_MAX || inUse.has(earlier.version) || earlier.version === stable,
  );
  const version = record.version + 1;
  job.record.spec = spec;
  job.record.groups = {
    ...groupsOf(job).record,
    version,
    modifyIndex: nextChange(engine),
    submittedAt: engine.now,
    stable: false,
    reverted,
    promotions: [],
    history,
  };
  const deployment = newDeployment(engine, job, version, kept);
  job.record.groups = { ...job.record.groups, deployment };
  forgetFailures(engine, job);
  saveJob(engine, job);
  engine.unsettledJobs.add(job.record.number);
}

/**
 * The groups that the new spec tries in canaries first, each with the version that its other executions keep: those that
 * it changes for a place that has run, be it that nothing runs there at the moment. (Nomad looks at what runs alone.)
 */
export function keptByCanaries(engine: Engine, job: Job, spec: JobSpec): Map<string, number> {
  const kept = new Map<string, number>();
  // What was stopped as a whole begins anew with its latest version.
  if (spec.type !== "service" || isEnding(job)) return kept;
  for (const group of spec.groups?.groups ?? []) {
    if ((group.update?.canary ?? 0) === 0) continue;
    if (isReplacedBy(engine, job, spec, group)) kept.set(group.name, keptVersion(job, group.name));
  }
  return kept;
}

function isReplacedBy(engine: Engine, job: Job, spec: JobSpec, group: GroupSpec): boolean {
  const { groups: after } = spec;
  const present = groupsOf(job).spec.groups.find(({ name }) => name === group.name);
  if (after === undefined || present === undefined) return false;
  const ordinary = ordinaryCount(job, present);
  return [...groupsOf(job).live.tasks.values()].some((task) => {
    const { place } = task.spec;
    if (place?.group !== group.name || place.index >= ordinary) return false;
    const version = versionOfPlace(engine, task);
    return version !== null && changeSince(job, version, after, group) === "destructive";
  });
}

/** What a task runs, or ran last and comes back as, its canary aside; null: it never ran, or is over. */
function versionOfPlace(engine: Engine, task: TaskRecord): number | null {
  if (!holdsPlace(task)) return null;
  const live = liveOf(engine, task);
  if (live === null) return progressOf(task).ranVersion;
  const { canary, version } = allocationOf(live);
  return canary ? null : version;
}

/** What an execution runs, or ran last in its place, has to be known as long as it has that. */
function versionsInUse(engine: Engine, job: Job): Set<number> {
  const tasks = [...groupsOf(job).live.tasks.values()];
  const executions = tasks.flatMap((task) => executionsOfTask(engine, task));
  const places = tasks.flatMap((task) => versionOfPlace(engine, task) ?? []);
  return new Set([...executions.map((live) => allocationOf(live).version), ...places]);
}

/** An earlier version's spec again, as a new version: what a person goes back to is tried as any other. */
export function revertTo(engine: Engine, job: Job, to: JobVersion, by: string): void {
  const reverted = { from: groupsOf(job).record.version, to: to.version, by, failure: null };
  newVersion(engine, job, to.spec, undefined, reverted);
  emitRevert(engine, job, reverted);
}

/** What auto_revert goes back to has run well, and nobody may be there to promote it. */
export function revertUntried(
  engine: Engine,
  job: Job,
  to: JobVersion,
  failure: DeploymentFailure | null,
): void {
  const from = groupsOf(job).record.version;
  const reverted = { from, to: to.version, by: null, failure };
  newVersion(engine, job, to.spec, new Map(), reverted);
  emitRevert(engine, job, reverted);
}

/** What failed was another version: the new one is tried at once, without its delays. */
function forgetFailures(engine: Engine, job: Job): void {
  const { live, record, spec } = groupsOf(job);
  for (const task of live.tasks.values()) {
    if (task.progress.state !== "active" || progressOf(task).actsAt === null) continue;
    const group = groupOf(job, task);
    // What keeps its version has failed in that.
    if (group === null || isKept(job, group.name)) continue;
    if (changeSince(job, record.version - 1, spec, group) !== "destructive") continue;
    setProgress(engine, task, { actsAt: null, delayMs: null, rescheduled: [] });
  }
}
