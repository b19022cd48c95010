import { nextDueAt } from "../../schedule/cron.ts";
import type { Engine, Job } from "../state.ts";
import { groupsOf, setGroupsRecord } from "./jobGroups.ts";

/** Stores when the job's next child is due, and sees to it that it is looked at then. */
export function planLaunch(engine: Engine, job: Job): void {
  const { spec, record } = groupsOf(job);
  const { periodic } = spec;
  const isDue = periodic?.enabled === true && job.record.state === "active";
  const next = isDue && record.parentJobId === null ? nextDueAt(periodic, engine.now) : null;
  if (next !== record.nextLaunchAt) setGroupsRecord(engine, job, { nextLaunchAt: next });
  watchLaunch(engine, job);
}

export function watchLaunch(engine: Engine, job: Job): void {
  const { nextLaunchAt } = groupsOf(job).record;
  if (nextLaunchAt === null) return;
  engine.timers.add(nextLaunchAt, { timer: "groupJob", job: job.record.number });
}
