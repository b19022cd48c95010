import type { Attributes, GroupSpec } from "../../model/group.ts";
import { foldId } from "../../model/id.ts";
import { emptyCounts, type JobRecord, type JobSpec } from "../../model/job.ts";
import { GROUP_COUNT_MAX } from "../../model/limits.ts";
import type { Reply } from "../input.ts";
import { setJobState } from "../jobEnding.ts";
import { admitJob, newRecord } from "../jobs.ts";
import { refuse } from "../nodes.ts";
import { saveJob, saveJobProgress } from "../record.ts";
import type { Engine, Job } from "../state.ts";
import { newDeployment } from "./deployment.ts";
import { groupsOf, noteChange, setGroupsRecord } from "./jobGroups.ts";
import { planLaunch, planLaunchAfresh } from "./launchPlan.ts";
import { isSameSpec, sameAgainNote } from "./sameAgain.ts";
import { firstRecord, newVersion, revertTo } from "./versions.ts";

/** Whose child a job is, and what it was dispatched with. */
export interface JobOrigin {
  readonly parentJobId: string | null;
  /** Base64; null: none. */
  readonly payload: string | null;
  readonly meta: Attributes;
}

export const NO_ORIGIN: JobOrigin = { parentJobId: null, payload: null, meta: {} };

/**
 * Registers a job of groups: a new one, a further version of the one of this id, or the same again, which changes
 * nothing (Nomad `job run`). `checkIndex`: only if that is the job's modify index, 0: only if there is no job of this id;
 * null: in any case.
 */
export function registerJob(
  engine: Engine,
  given: JobSpec,
  checkIndex: number | null,
  origin: JobOrigin = NO_ORIGIN,
): Reply {
  const spec = withEnd(given);
  const refused = refusedSpec(engine, spec, origin);
  if (refused !== null) return refused;
  const number = engine.jobsById.get(foldId(spec.id));
  const job = number === undefined ? undefined : engine.jobs.get(number);
  const changed = refusedByIndex(job, spec.id, checkIndex);
  if (changed !== null) return changed;
  if (job === undefined) return create(engine, spec, origin);
  return change(engine, job, spec);
}

/** Batch work is over with its last task; services and system jobs are over when they are stopped. */
export function withEnd(spec: JobSpec): JobSpec {
  const isBatch = spec.type === "batch" || spec.type === "sysbatch";
  return { ...spec, onAllTasksComplete: isBatch ? "terminatejob" : "noaction" };
}

/** Why no job of this form can be registered now, whatever there is of its id; null: it can. */
export function refusedSpec(
  engine: Engine,
  spec: JobSpec,
  origin: JobOrigin = NO_ORIGIN,
): (Reply & { ok: false }) | null {
  return refusedByPool(engine, spec) ?? refusedByForm(spec, origin);
}

function refusedByPool(engine: Engine, spec: JobSpec): (Reply & { ok: false }) | null {
  const pool = engine.poolsById.get(foldId(spec.poolId));
  const accepts = pool === undefined ? undefined : engine.pools.get(pool)?.record.spec.accepts;
  if (accepts === undefined) {
    return refuse(
      "PoolNotFound",
      `There is no pool ${spec.poolId}.`,
      "List the pools for their ids, or create it first.",
      "poolId",
    );
  }
  if (accepts.includes("groups")) return null;
  return refuse(
    "OperationNotValidOnPool",
    `Pool ${spec.poolId} accepts ${accepts.join(", ")}; it does not accept groups.`,
    `Submit to a pool that accepts groups, or let a manager change this one: stint pool edit -id ${spec.poolId} -ac ${[...accepts, "groups"].join(",")}.`,
  );
}

/** Ids of children are made here alone, and a count is bounded: each place of a group is in memory. */
function refusedByForm(spec: JobSpec, { parentJobId }: JobOrigin): (Reply & { ok: false }) | null {
  if (parentJobId === null && CHILD_ID.test(spec.id)) {
    return refuse(
      "InvalidPropertyValue",
      `Expected an id that is no child's, got ${spec.id}.`,
      "Ids that end with /periodic-N or /dispatch-N are given by periodic and parameterized jobs.",
      "id",
    );
  }
  const large = spec.groups?.groups.find((group) => executionsWanted(group) > GROUP_COUNT_MAX);
  if (large === undefined) return null;
  return refuse(
    "OutOfRangeInput",
    `Expected at most ${GROUP_COUNT_MAX} executions of a group, got ${executionsWanted(large)} of ${large.name}.`,
    "Make several groups or jobs, or add tasks to a batch job, of which there may be millions.",
    "count",
  );
}

/** Its count, or its canaries if there are more of them. */
function executionsWanted({ count, update }: GroupSpec): number {
  return Math.max(count, update?.canary ?? 0);
}

const CHILD_ID = /\/(periodic|dispatch)-\d+/i;

function refusedByIndex(job: Job | undefined, id: string, index: number | null): Reply | null {
  if (index === null) return null;
  // Refused as what it is: a job of tasks, which has none, or one that goes away.
  if (job !== undefined && (job.groups === null || job.record.state === "deleting")) return null;
  const present = job === undefined ? 0 : groupsOf(job).record.modifyIndex;
  if (present === index) return null;
  return refuse(
    "ConditionNotMet",
    `Expected that ${standing(id, index)}, and ${standing(id, present)}.`,
    "It was changed since: make the plan again, and submit with the modify index that it names.",
    "checkIndex",
  );
}

function standing(id: string, index: number): string {
  return index === 0 ? `there is no job ${id}` : `job ${id} has modify index ${index}`;
}

function create(engine: Engine, spec: JobSpec, origin: JobOrigin): Reply {
  engine.counters.job += 1;
  const record = { ...newRecord(engine, spec), groups: firstRecord(engine, origin) };
  const job = admitJob(engine, record, { counts: emptyCounts() }, []);
  setGroupsRecord(engine, job, { deployment: newDeployment(engine, job, 0) });
  begin(engine, job);
  return registered(job);
}

function begin(engine: Engine, job: Job): void {
  saveJob(engine, job);
  saveJobProgress(engine, job);
  planLaunch(engine, job);
  engine.unsettledJobs.add(job.record.number);
}

function change(engine: Engine, job: Job, spec: JobSpec): Reply {
  const { record } = job;
  const refused = refusedChange(job.record, spec);
  if (refused !== null) return refused;
  const isOver = record.state !== "active";
  const isSame = isSameSpec(record.spec, spec);
  const note = isSame ? sameAgainNote(job) : null;
  // What has done all its work is not done again (Nomad).
  if (isSame && record.state === "completed" && record.terminateReason === "AllTasksComplete") {
    return { ...registered(job), ...noted(note) };
  }
  if (!isSame || record.state === "completed") newVersion(engine, job, spec);
  if (isOver) resume(engine, job);
  planLaunch(engine, job);
  return { ...registered(job), ...noted(note) };
}

function registered(job: Job): Reply & { ok: true } {
  const { version, modifyIndex } = groupsOf(job).record;
  return { ok: true, version, modifyIndex };
}

function noted(note: string | null) {
  return note === null ? {} : { note };
}

/** Why the job of this id cannot become what the spec says; null: it can. */
export function refusedChange(record: JobRecord, spec: JobSpec): (Reply & { ok: false }) | null {
  if (record.groups === undefined) {
    return refuse(
      "JobExists",
      `There is a job ${spec.id} of tasks already.`,
      "Choose another id, or delete that job first.",
      "id",
    );
  }
  if (record.state === "deleting") {
    return refuse(
      "JobBeingDeleted",
      `Job ${spec.id} is being deleted.`,
      "Wait until it is gone, then submit it again.",
    );
  }
  if (record.spec.type === spec.type && foldId(record.spec.poolId) === foldId(spec.poolId)) {
    return null;
  }
  return refuse(
    "InvalidPropertyValue",
    `Type and pool of job ${spec.id} can not be changed: it is a ${record.spec.type} job in pool ${record.spec.poolId}, given ${spec.type} in ${spec.poolId}.`,
    "Stop and purge the job first, or choose another id.",
    "type",
  );
}

/** A stopped job runs again. */
export function resume(engine: Engine, job: Job): void {
  job.record.ending = null;
  job.record.terminateReason = null;
  job.record.endedAt = null;
  noteChange(engine, job);
  setJobState(engine, job, "active");
  planLaunchAfresh(engine, job);
  engine.groupJobs.add(job.record.number);
  engine.unsettledJobs.add(job.record.number);
}

/** An earlier version again, as a new one (Nomad `job revert`). */
export function revertJob(engine: Engine, job: Job, version: number, by: string): Reply {
  const { record } = groupsOf(job);
  const { id } = job.record.spec;
  if (version === record.version) {
    return refuse(
      "InvalidPropertyValue",
      `Job ${id} is at version ${version} already.`,
      "Choose one of the earlier versions that its history shows.",
      "version",
    );
  }
  const earlier = record.history.find((candidate) => candidate.version === version);
  if (earlier === undefined) {
    return refuse(
      "VersionNotFound",
      `Job ${id} keeps no version ${version}.`,
      "List the job's history for the versions that are kept.",
      "version",
    );
  }
  revertTo(engine, job, earlier, by);
  if (job.record.state !== "active") resume(engine, job);
  planLaunch(engine, job);
  return registered(job);
}
