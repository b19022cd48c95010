import type { JobState } from "../model/job.ts";
import { RELEASE_WALL_CLOCK_MAX_MS } from "../model/limits.ts";
import { describeStop, NOT_NEEDED } from "./groups/allocation.ts";
import { cancelDeployment } from "./groups/deployment.ts";
import { noteChange, runsItself } from "./groups/jobGroups.ts";
import { planLaunchAfresh } from "./groups/launchPlan.ts";
import { effect, saveJob, saveNodeJob } from "./record.ts";
import { notRun, owesRelease, startRelease } from "./release.ts";
import { removeJobDirectories } from "./removal.ts";
import { stopWaiting, wait } from "./ring.ts";
import { endAllUnsent } from "./runs/targetEnd.ts";
import { type Engine, executionsOf, type Job, mustHave } from "./state.ts";
import { stopExecution } from "./taskEnd.ts";

/** `terminateReason` of a job that ran longer than it may (Azure Batch 3.2). */
export const WALL_CLOCK_OVER = "MaxWallClockTimeExpiry";

export function setJobState(engine: Engine, job: Job, state: JobState): void {
  const { record } = job;
  record.previousState = record.state;
  record.previousStateAt = record.stateAt;
  record.state = state;
  record.stateAt = engine.now;
  saveJob(engine, job);
}

/** Begins the way down, once: stop, release, and for a deletion remove (Azure Batch 3.2, 3.3). */
export function endJob(
  engine: Engine,
  job: Job,
  state: "terminating" | "deleting",
  reason: string,
): void {
  const { record } = job;
  const wasCompleted = record.state === "completed";
  const isUnderWay = record.ending !== null;
  // Work that is done ends the job by itself, which changes nothing of what it is.
  if (reason !== "AllTasksComplete") noteChange(engine, job);
  setJobState(engine, job, state);
  stopWaiting(engine, job);
  if (wasCompleted) {
    record.ending = "removing";
    removeJobDirectories(engine, job);
  } else if (!isUnderWay) {
    record.ending = "stopping";
    record.terminateReason = reason;
    stopEverything(engine, job);
  }
  jobMovesOn(engine, job);
}

function stopEverything(engine: Engine, job: Job): void {
  if (job.groups !== null) {
    engine.unsettledJobs.add(job.record.number);
    cancelDeployment(engine, job, "Cancelled because job is stopped");
  }
  const isTimeOver = job.record.terminateReason === WALL_CLOCK_OVER;
  endAllUnsent(engine, job, { why: isTimeOver ? "timeOver" : "stopped" });
  for (const live of executionsOf(engine, job)) {
    if (live.execution.allocation !== undefined) describeStop(engine, live, NOT_NEEDED);
    stopExecution(engine, live, "jobEnded");
  }
  for (const number of [...job.specials]) {
    const special = mustHave(engine.specials, number, "special");
    const nodeJob = mustHave(special.node.jobs, job.record.number, "node job");
    if (special.kind !== "preparation" || nodeJob.preparation?.state !== "running") continue;
    nodeJob.preparation = { ...nodeJob.preparation, stopping: true };
    saveNodeJob(engine, nodeJob);
    effect(engine, {
      effect: "stop",
      node: special.node.record.number,
      execution: number,
      graceMs: engine.settings.stopGraceMs,
    });
  }
}

/** Called whenever something of the job ended: does the next step of whatever the job is on its way to. */
export function jobMovesOn(engine: Engine, job: Job): void {
  const { record } = job;
  if (!engine.jobs.has(record.number)) return;
  if (record.state === "active") {
    endIfAllComplete(engine, job);
    return;
  }
  if (record.state === "disabling" && !isRunning(engine, job)) {
    setJobState(engine, job, "disabled");
    return;
  }
  if (record.ending === "stopping" && !isRunning(engine, job) && job.specials.size === 0) {
    record.ending = "releasing";
    saveJob(engine, job);
    beginReleases(engine, job);
  }
  if (record.ending === "releasing" && job.specials.size === 0) afterReleases(engine, job);
  if (record.ending === "removing") finishRemoval(engine, job);
}

/** Whether anything of it runs; of groups also canaries and originals out of contact, which tasks do not count. */
function isRunning(engine: Engine, job: Job): boolean {
  if (job.counts.running > 0) return true;
  return job.groups !== null && executionsOf(engine, job).length > 0;
}

/** onAllTasksComplete; a job without tasks counts as all complete (Azure Batch 3.1). */
export function endIfAllComplete(engine: Engine, job: Job): void {
  if (job.record.spec.onAllTasksComplete !== "terminatejob") return;
  if (job.counts.active > 0 || job.counts.running > 0) return;
  if (job.groups !== null && !isDone(engine, job)) return;
  endJob(engine, job, "terminating", "AllTasksComplete");
}

/** Tasks of groups are made a moment after their job; a parent has children in their place. */
function isDone(engine: Engine, job: Job): boolean {
  const isSettled = !engine.unsettledJobs.has(job.record.number);
  return isSettled && runsItself(job) && (job.groups?.tasks.size ?? 0) > 0;
}

function beginReleases(engine: Engine, job: Job): void {
  const { release } = job.record.spec;
  if (release === null) return;
  for (const number of job.nodes) {
    const node = mustHave(engine.nodes, number, "node");
    if (owesRelease(job, node)) startRelease(engine, job, node);
  }
  if (job.specials.size > 0) watchReleases(engine, job, engine.now);
}

/** The wait for releases ordered at that instant is bounded. */
export function watchReleases(engine: Engine, job: Job, orderedAt: number): void {
  const asked = job.record.spec.release?.maxWallClockMs ?? RELEASE_WALL_CLOCK_MAX_MS;
  const wallClockMs = Math.min(asked, RELEASE_WALL_CLOCK_MAX_MS);
  engine.timers.add(orderedAt + wallClockMs + engine.settings.releaseGraceMs, {
    timer: "releaseDeadline",
    job: job.record.number,
  });
}

/** The bounded wait is over: nodes that did not answer are recorded as not run (Azure Batch 5.5). */
export function releaseDeadline(engine: Engine, job: Job): void {
  if (job.record.ending !== "releasing") return;
  for (const number of [...job.specials]) {
    const special = mustHave(engine.specials, number, "special");
    if (special.kind === "release") notRun(engine, job, special.node, "did not answer in time");
  }
  jobMovesOn(engine, job);
}

function afterReleases(engine: Engine, job: Job): void {
  const { record } = job;
  if (record.state === "deleting") {
    record.ending = "removing";
    saveJob(engine, job);
    removeJobDirectories(engine, job);
    return;
  }
  record.ending = null;
  record.endedAt = engine.now;
  setJobState(engine, job, "completed");
  if (job.run !== null) engine.endedRuns.add(record.number);
}

/** Gone when every node that can be reached has confirmed; the others are told when they come back. */
function finishRemoval(engine: Engine, job: Job): void {
  for (const number of job.nodes) {
    const node = mustHave(engine.nodes, number, "node");
    const removal = node.jobs.get(job.record.number)?.removal ?? null;
    if (removal === null || !engine.removals.has(removal)) continue;
    if (node.record.contact === "connected") return;
  }
  forgetJob(engine, job);
  engine.outcome.changes.jobs.set(job.record.number, null);
  engine.outcome.changes.jobProgress.delete(job.record.number);
  engine.outcome.changes.purgedJobs.push(job.record.number);
}

/** Takes a job out of memory: it is gone, or it is completed and in the store. */
export function forgetJob(engine: Engine, job: Job): void {
  const { number, spec } = job.record;
  stopWaiting(engine, job);
  for (const node of job.nodes) engine.nodes.get(node)?.jobs.delete(number);
  engine.jobs.delete(number);
  engine.hungryJobs.delete(number);
  engine.groupJobs.delete(number);
  const key = spec.id.toLowerCase();
  if (engine.jobsById.get(key) === number) engine.jobsById.delete(key);
}

/** `enabling` is passed through at once. */
export function activate(engine: Engine, job: Job): void {
  noteChange(engine, job);
  setJobState(engine, job, "enabling");
  setJobState(engine, job, "active");
  job.record.disableTasks = null;
  if (job.groups !== null) {
    engine.unsettledJobs.add(job.record.number);
    planLaunchAfresh(engine, job);
  }
  wait(engine, job);
  endIfAllComplete(engine, job);
}
