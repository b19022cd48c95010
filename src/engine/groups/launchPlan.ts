import type { JobSpec } from "../../model/job.ts";
import { nextDueAt } from "../../schedule/cron.ts";
import type { Engine, Job } from "../state.ts";
import { groupsOf, setGroupsRecord, wakeJob } from "./jobGroups.ts";

/** Stores when the job's next child is due, and sees to it that it is looked at then. One that is due now stays so. */
export function planLaunch(engine: Engine, job: Job): void {
  const { nextLaunchAt } = groupsOf(job).record;
  const isDueNow = nextLaunchAt !== null && nextLaunchAt <= engine.now && launches(job);
  if (!isDueNow) storeNext(engine, job);
  watchLaunch(engine, job);
}

/** From now on: what was due while the job was held, or was launched just now, is past. */
export function planLaunchAfresh(engine: Engine, job: Job): void {
  storeNext(engine, job);
  watchLaunch(engine, job);
}

function storeNext(engine: Engine, job: Job): void {
  const { spec, record } = groupsOf(job);
  const next =
    spec.periodic !== null && launches(job) ? nextDueAt(spec.periodic, engine.now) : null;
  if (next !== record.nextLaunchAt) setGroupsRecord(engine, job, { nextLaunchAt: next });
}

/** When a job that is registered now launches its first child; null: it launches none. */
export function firstLaunchAt({ groups }: JobSpec, now: number): number | null {
  const periodic = groups?.periodic ?? null;
  return periodic?.enabled === true ? nextDueAt(periodic, now) : null;
}

function launches(job: Job): boolean {
  const { spec, record } = groupsOf(job);
  if (record.parentJobId !== null || job.record.state !== "active") return false;
  return spec.periodic?.enabled === true;
}

export function watchLaunch(engine: Engine, job: Job): void {
  const { nextLaunchAt } = groupsOf(job).record;
  // One that is held launches nothing; it is planned afresh when it goes on.
  if (nextLaunchAt !== null && launches(job)) wakeJob(engine, job, nextLaunchAt);
}
