import type { GroupsSpec } from "../../model/group.ts";
import { groupChange } from "../../model/groupChange.ts";
import type { GroupsRecord, JobVersion } from "../../model/groupJob.ts";
import { VERSIONS_MAX } from "../../model/groupJob.ts";
import type { JobSpec } from "../../model/job.ts";
import { saveJob } from "../record.ts";
import type { Engine, Job } from "../state.ts";
import { allocationOf } from "./allocation.ts";
import { cancelDeployment, newDeployment } from "./deployment.ts";
import { groupOf, groupsOf, progressOf, setProgress } from "./jobGroups.ts";
import { executionsOfTask } from "./wanted.ts";

export function firstRecord(
  engine: Engine,
  origin: Pick<GroupsRecord, "parentJobId" | "payload" | "meta">,
): GroupsRecord {
  return {
    version: 0,
    submittedAt: engine.now,
    stable: false,
    history: [],
    deployment: null,
    nextLaunchAt: null,
    lastChildSecond: null,
    lastBatchAt: null,
    ...origin,
  };
}

/** The job as it is now, as a version. */
export function currentVersion(job: Job): JobVersion {
  const { version, submittedAt, stable } = groupsOf(job).record;
  return { version, submittedAt, stable, spec: job.record.spec };
}

/** A further version takes the place of the current one, which is kept. */
export function newVersion(engine: Engine, job: Job, spec: JobSpec): void {
  const { record } = groupsOf(job);
  cancelDeployment(engine, job, "Cancelled due to newer version of job");
  // What a failed deployment goes back to is kept, however old.
  const stable = record.history.find((earlier) => earlier.stable)?.version;
  const inUse = versionsInUse(engine, job);
  const history = [currentVersion(job), ...record.history].filter(
    (earlier, index) =>
      index < VERSIONS_MAX || inUse.has(earlier.version) || earlier.version === stable,
  );
  const version = record.version + 1;
  const before = groupsOf(job).spec;
  job.record.spec = spec;
  forgetFailures(engine, job, before);
  job.record.groups = {
    ...groupsOf(job).record,
    version,
    submittedAt: engine.now,
    stable: false,
    history,
  };
  job.record.groups = { ...job.record.groups, deployment: newDeployment(engine, job, version) };
  saveJob(engine, job);
  engine.unsettledJobs.add(job.record.number);
}

/** What an execution runs has to be known as long as it does. */
function versionsInUse(engine: Engine, job: Job): Set<number> {
  const tasks = [...groupsOf(job).live.tasks.values()];
  const executions = tasks.flatMap((task) => executionsOfTask(engine, task));
  return new Set(executions.map((live) => allocationOf(live).version));
}

/** An earlier version's spec again, as a new version. */
export function revertTo(engine: Engine, job: Job, to: JobVersion): void {
  newVersion(engine, job, to.spec);
}

/** What failed was another version: the new one is tried at once, without its delays. */
function forgetFailures(engine: Engine, job: Job, before: GroupsSpec): void {
  const { live, spec } = groupsOf(job);
  for (const task of live.tasks.values()) {
    if (task.progress.state !== "active" || progressOf(task).actsAt === null) continue;
    const now = groupOf(job, task);
    const old = before.groups.find(({ name }) => name === now?.name);
    if (now === null || old === undefined) continue;
    if (groupChange(before, old, spec, now) !== "destructive") continue;
    setProgress(engine, task, { actsAt: null, delayMs: null, rescheduled: [] });
  }
}
