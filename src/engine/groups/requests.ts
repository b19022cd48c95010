import { jobOfTask, type TaskNumber } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { ExecutionRequest, JobRequest, Reply } from "../input.ts";
import { refusedByState } from "../jobs.ts";
import { refuse } from "../nodes.ts";
import type { Engine, Job } from "../state.ts";
import { stopExecution } from "../taskEnd.ts";
import { describeStop } from "./allocation.ts";
import { canaryDue } from "./canaries.ts";
import { checkUnknown } from "./contactLoss.ts";
import { watchDeployment } from "./deployment.ts";
import { groupsOf, progressOf, setProgress } from "./jobGroups.ts";
import { watchLaunch } from "./launchPlan.ts";
import { dispatchJob, forceLaunch, launchDue } from "./periodic.ts";
import { queueForPlacing } from "./placing.ts";
import { promoteJob } from "./promotion.ts";
import { resume, revertJob } from "./register.ts";
import { restartExecution } from "./restart.ts";
import { executionsOfTask, hasPlaceFor, isWanted, revive } from "./wanted.ts";

/** What people ask of jobs of groups, their tasks and executions. */

type GroupJobRequest = Extract<
  JobRequest,
  { kind: "revertJob" | "promoteJob" | "dispatchJob" | "forceLaunch" }
>;

export function applyToGroupJob(engine: Engine, job: Job, input: GroupJobRequest): Reply {
  if (job.groups === null) return notOfGroups(job);
  switch (input.kind) {
    case "revertJob":
      return revertJob(engine, job, input.version, input.user);
    case "promoteJob":
      return promoteJob(engine, job, input.groups, input.user);
    case "dispatchJob":
      return dispatchJob(engine, job, input.dispatch);
    case "forceLaunch":
      return forceLaunch(engine, job);
  }
}

function notOfGroups(job: Job): Reply {
  return refuse(
    "OperationNotValidOnJob",
    `Job ${job.record.spec.id} is a job of tasks; it has no versions and no groups.`,
    "Ask this of a job of groups.",
  );
}

/** For requests that only jobs of tasks take; null: it is one. */
export function refusedForGroups(job: Job, what: string, instead: string): Reply | null {
  if (job.groups === null) return null;
  const { id } = job.record.spec;
  return refuse("OperationNotValidOnJob", `Job ${id} is a job of groups: ${what}.`, instead);
}

export function applyToExecution(engine: Engine, input: ExecutionRequest): Reply {
  const live = engine.executions.get(input.execution);
  if (live?.execution.allocation === undefined) {
    return refuse(
      "ExecutionNotFound",
      `There is no execution ${input.execution} of a group that still runs.`,
      "List the executions of its job.",
    );
  }
  switch (input.kind) {
    case "restartExecution":
      return restartExecution(engine, live, { member: input.member, dead: input.dead });
    // Also where its node is away: it is told when it is back, and if it is given up another takes its place.
    case "stopExecution":
      describeStop(engine, live, "alloc was stopped by a user");
      stopExecution(engine, live, "replaced");
      return { ok: true };
  }
}

/** A person does not want to wait: a failed task is placed again now (the oldest open wish of Nomad's users). */
export function retryNow(engine: Engine, job: Job, task: TaskRecord): Reply {
  const { record } = job;
  const isOver = record.state === "completed" && record.terminateReason === "AllTasksComplete";
  const refused = isOver ? null : refusedByState(job);
  if (refused !== null) return refused;
  if (!(isOver ? hasPlaceFor : isWanted)(engine, job, task)) {
    return refuse(
      "TaskCompleted",
      `Job ${job.record.spec.id} does not want task ${task.id} any more.`,
      "Submit the job again with a count or group that has it.",
    );
  }
  const { state, outcome } = task.progress;
  // Without an exit code it was stopped, and has done nothing.
  if (outcome?.result === "success" && outcome.exitCode !== null) {
    return refuse(
      "TaskSucceeded",
      `Task ${task.id} has succeeded; only a failed task can be run again.`,
      "To run it again, submit its job with a change, if only of meta.",
    );
  }
  // Its last task ended, and this one is to run again: so does the job.
  if (isOver) resume(engine, job);
  switch (state) {
    case "active":
      setProgress(engine, task, { actsAt: null, decision: "A user asked for it now" });
      queueForPlacing(engine, job, task);
      return { ok: true };
    case "completed":
      revive(engine, job, task);
      return { ok: true };
    case "preparing":
    case "running":
      return refuse(
        "TaskNotCompleted",
        `Task ${task.id} is ${state}.`,
        "Restart its execution, if that is what is wanted.",
      );
  }
}

/** The instant of a reschedule, or of giving up an execution out of contact. */
export function groupTaskDue(engine: Engine, number: TaskNumber): void {
  const job = engine.jobs.get(jobOfTask(number));
  const task = job?.groups?.tasks.get(number);
  if (job === undefined || task === undefined) return;
  for (const live of executionsOfTask(engine, task)) checkUnknown(engine, live);
  canaryDue(engine, job, task);
  const { actsAt } = progressOf(task);
  if (task.progress.state !== "active" || actsAt === null || actsAt > engine.now) return;
  if (groupsOf(job).live.placing.has(task.number)) return;
  queueForPlacing(engine, job, task);
}

/** A deployment's deadline or a periodic launch. */
export function groupJobDue(engine: Engine, job: Job): void {
  if (job.groups === null) return;
  const { live, record } = groupsOf(job);
  live.wakesAt = null;
  launchDue(engine, job);
  watchLaunch(engine, job);
  if (record.deployment !== null) watchDeployment(engine, job, record.deployment);
  engine.movingJobs.add(job.record.number);
}
