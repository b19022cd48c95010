import type { Engine, Job } from "../state.ts";
import { allocationOf } from "./allocation.ts";
import { checkUnknown } from "./contactLoss.ts";
import { watchDeployment } from "./deployment.ts";
import { groupsOf, progressOf } from "./jobGroups.ts";
import { watchLaunch } from "./launchPlan.ts";
import { queueCanary, queueForPlacing } from "./placing.ts";
import { executionsOfTask } from "./wanted.ts";

/** What follows from the stored state of a job of groups after a restart: waits, deadlines, launches. */
export function resumeGroups(engine: Engine, job: Job): void {
  const { live, record } = groupsOf(job);
  watchLaunch(engine, job);
  if (record.deployment !== null) watchDeployment(engine, job, record.deployment);
  for (const task of live.tasks.values()) {
    if (task.progress.state === "active") queueForPlacing(engine, job, task);
    if (progressOf(task).canary?.state === "waiting") queueCanary(engine, job, task);
    for (const execution of executionsOfTask(engine, task)) {
      if (allocationOf(execution).unknownAt !== null) checkUnknown(engine, execution);
    }
  }
  if (isMoving(engine, job)) engine.unsettledJobs.add(job.record.number);
}

/** Whether anything of it may be on its way to another version; a job at rest need not be looked at. */
function isMoving(engine: Engine, job: Job): boolean {
  const { live, record } = groupsOf(job);
  if (record.deployment?.status === "running") return true;
  const executions = [...live.tasks.values()].flatMap((task) => executionsOfTask(engine, task));
  return executions.some((execution) => allocationOf(execution).version !== record.version);
}
