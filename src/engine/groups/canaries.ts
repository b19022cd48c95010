import type { GroupSpec } from "../../model/group.ts";
import { type CanaryProgress, newCanaryProgress } from "../../model/groupJob.ts";
import { foldId } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import { type CanariesDecision, decideCanaries } from "../../policy/canary.ts";
import type { ExecutionEndDecision } from "../../policy/executionEnd.ts";
import type { RolloutTask } from "../../policy/rollout.ts";
import { type Engine, type Job, type LiveTask, liveOf } from "../state.ts";
import { stopExecution } from "../taskEnd.ts";
import { allocationOf, describeStop, NOT_NEEDED, rolloutOf } from "./allocation.ts";
import {
  groupOf,
  groupsOf,
  groupTaskId,
  progressOf,
  runsItself,
  setProgress,
} from "./jobGroups.ts";
import { canariesWanted, ordinaryCount } from "./kept.ts";
import { dropCanaryFromPlacing, queueCanary } from "./placing.ts";

/**
 * Canaries: executions of a new version beside those of the version before, until they are promoted or fail. One stands
 * beside the execution of its task, declared in the task's progress; a lone one, of which there are as many as there are
 * more canaries than ordinary tasks, is the execution of a task of its own.
 */

export function setCanary(
  engine: Engine,
  task: TaskRecord,
  changes: Partial<CanaryProgress>,
): void {
  const { canary } = progressOf(task);
  if (canary === null) throw new Error(`task ${task.id} has no canary`);
  setProgress(engine, task, { canary: { ...canary, ...changes } });
}

/** Whether a canary is to stand beside what the task has. */
export function isCanaryWanted(job: Job, task: TaskRecord): boolean {
  return canaryPlaceOf(job, task) === "beside";
}

/** Whether what the task runs is nothing but a canary. */
export function isLoneCanary(job: Job, task: TaskRecord): boolean {
  return canaryPlaceOf(job, task) === "lone";
}

/** Where the task's canary belongs: beside what it runs, or in its place. null: it is to have none. */
function canaryPlaceOf(job: Job, task: TaskRecord): "beside" | "lone" | null {
  const group = groupOf(job, task);
  const index = task.spec.place?.index ?? 0;
  if (group === null || !runsItself(job) || index >= canariesWanted(job, group.name)) return null;
  return index < ordinaryCount(job, group) ? "beside" : "lone";
}

/** The execution is its task's canary, and stands beside another. */
export function isBeside({ task, execution }: LiveTask): boolean {
  const { canary } = progressOf(task);
  return canary?.state === "running" && canary.execution === execution.number;
}

/** Makes the canaries that are wanted and not there, and stops those that are there and not wanted. */
export function settleCanaries(engine: Engine, job: Job): void {
  const { live, record } = groupsOf(job);
  // A job that is disabled keeps what it has: that is stopped or waited for as was asked.
  if (job.record.state === "disabling" || job.record.state === "disabled") return;
  const isActive = job.record.state === "active";
  for (const task of live.tasks.values()) {
    const { canary } = progressOf(task);
    const isWanted = isActive && isCanaryWanted(job, task);
    const isOld = canary !== null && canary.version !== record.version;
    if (canary !== null && (isOld || !isWanted)) dropCanary(engine, job, task, canary);
    makeWay(engine, job, task);
    if (!isWanted) continue;
    if (progressOf(task).canary === null) {
      setProgress(engine, task, { canary: newCanaryProgress(record.version) });
      queueCanary(engine, job, task);
    } else canaryDue(engine, job, task);
  }
}

/** Queues a canary that waits, once the instant of its reschedule is there. */
export function canaryDue(engine: Engine, job: Job, task: TaskRecord): void {
  const isQueued = groupsOf(job).live.canaries.placing.has(task.number);
  const { canary } = progressOf(task);
  if (canary?.state === "waiting" && !isQueued && (canary.actsAt ?? engine.now) <= engine.now) {
    queueCanary(engine, job, task);
  }
}

function dropCanary(engine: Engine, job: Job, task: TaskRecord, canary: CanaryProgress): void {
  dropCanaryFromPlacing(job, task);
  setProgress(engine, task, { canary: null });
  const live = engine.executions.get(canary.execution ?? 0);
  if (live !== undefined) giveUp(engine, live, "unwanted");
}

/** What is in the place of a lone canary and is none of this version makes way, and a canary whose place is an ordinary one. */
function makeWay(engine: Engine, job: Job, task: TaskRecord): void {
  const live = liveOf(engine, task);
  if (live === null) return;
  const { canary, version } = allocationOf(live);
  const isPresent = canary && version === groupsOf(job).record.version;
  if (isLoneCanary(job, task) ? !isPresent : canary) giveUp(engine, live, "replaced");
}

function giveUp(engine: Engine, live: LiveTask, reason: "unwanted" | "replaced"): void {
  describeStop(engine, live, NOT_NEEDED);
  stopExecution(engine, live, reason);
}

/** What becomes of the canary beside a task when its execution is over. */
export function canaryEnded(engine: Engine, live: LiveTask, decision: ExecutionEndDecision): void {
  const { job, task, execution } = live;
  const { reason } = decision;
  switch (decision.action) {
    case "stop":
    case "complete":
      setProgress(engine, task, { canary: null });
      // It may be wanted again by now.
      engine.unsettledJobs.add(job.record.number);
      return;
    case "fail":
      setCanary(engine, task, { state: "failed", decision: reason, actsAt: null });
      return;
    case "replace":
    case "reschedule":
      setCanary(engine, task, {
        state: "waiting",
        decision: reason,
        actsAt: decision.at,
        delayMs: decision.action === "reschedule" ? decision.delayMs : null,
        previous: execution.number,
      });
      queueCanary(engine, job, task);
      return;
  }
}

/** The canaries of a group in the order of their tasks, beside others or alone. */
function canariesOf(engine: Engine, job: Job, group: GroupSpec): readonly RolloutTask[] {
  const { live } = groupsOf(job);
  return Array.from({ length: canariesWanted(job, group.name) }, (_, index) => {
    const number = live.byId.get(foldId(groupTaskId(job, group.name, index, null)));
    const task = number === undefined ? undefined : live.tasks.get(number);
    return task === undefined ? { state: "waiting" } : canaryState(engine, job, task);
  });
}

/** How the canaries of a group stand; a group without a deployment has none. */
export function canariesDecision(engine: Engine, job: Job, group: GroupSpec): CanariesDecision {
  const { deployment } = groupsOf(job).record;
  const state = deployment?.groups[group.name];
  return decideCanaries({
    policy: group.update,
    deployment: deployment?.status ?? "cancelled",
    wanted: state?.canaries ?? 0,
    canaries: canariesOf(engine, job, group),
    progressBy: state?.progressBy ?? null,
    now: engine.now,
  });
}

function canaryState(engine: Engine, job: Job, task: TaskRecord): RolloutTask {
  const isLone = isLoneCanary(job, task);
  const { canary } = progressOf(task);
  const hasFailed = isLone ? task.progress.state === "completed" : canary?.state === "failed";
  if (hasFailed) return { state: "failed" };
  const live = isLone ? liveOf(engine, task) : engine.executions.get(canary?.execution ?? 0);
  if (live === null || live === undefined) return { state: "waiting" };
  const { state, stopReason } = live.execution;
  return state === "unknown" && stopReason === null ? { state: "waiting" } : rolloutOf(live);
}

/** Whether it tries its version, beside another or alone: nobody depends on it until that is promoted. */
export function isCanary(live: LiveTask): boolean {
  return allocationOf(live).canary;
}
