import type { ExecutionResult, ProcessOutcome } from "../../model/execution.ts";
import type { TaskOutcome, TaskRecord } from "../../model/task.ts";
import { decideExecutionEnd, type ExecutionEndDecision } from "../../policy/executionEnd.ts";
import type { DeploymentView } from "../../policy/groupEnd.ts";
import type { RescheduleTracker } from "../../policy/reschedule.ts";
import { type ExecutionEnd, exitCodeOf } from "../../policy/taskEnd.ts";
import { saveNodeProgress } from "../record.ts";
import { type Engine, type Job, type LiveTask, touchJob } from "../state.ts";
import { complete } from "../taskEnd.ts";
import { allocationOf, setAllocation } from "./allocation.ts";
import { canaryEnded, isBeside, isCanaryWanted } from "./canaries.ts";
import { noteFailedEnd } from "./fault.ts";
import {
  groupOf,
  groupOfVersion,
  groupsOf,
  groupTypeOf,
  isSystemType,
  mayMoveOthers,
  progressOf,
  setProgress,
  trackerFrom,
  trackerOf,
} from "./jobGroups.ts";
import { queueForPlacing } from "./placing.ts";
import { finishTask, isEnding, isWanted, runsAgain } from "./wanted.ts";
import { whatFailed } from "./whatFailed.ts";

/** What becomes of a task of a group when an execution of it is over. */
export function groupExecutionEnded(engine: Engine, live: LiveTask, end: ExecutionEnd): void {
  const { execution, job, task } = live;
  keepLastState(engine, live);
  noteFailedEnd(engine, live, end);
  countOnNode(engine, live);
  if (mayMoveOthers(live)) engine.movingJobs.add(job.record.number);
  touchJob(engine, job);
  if (progressOf(task).original === execution.number) {
    setProgress(engine, task, { original: null });
  }
  if (isBeside(live)) {
    const { rescheduled } = progressOf(task).canary ?? { rescheduled: [] };
    const isStillWanted = !isEnding(job) && isCanaryWanted(job, task);
    canaryEnded(engine, live, decide(engine, live, end, isStillWanted, trackerFrom(rescheduled)));
    return;
  }
  // What is not current any more leaves its task to the one that is, or to nobody if it is not wanted.
  if (task.progress.state === "active") engine.unsettledJobs.add(job.record.number);
  if (task.progress.execution !== execution.number || task.progress.state !== "running") return;
  job.counts.running -= 1;
  const isTaskWanted = isWanted(engine, job, task);
  follow(engine, live, decide(engine, live, end, isTaskWanted, trackerOf(task)));
}

/** The node's last word is kept with the execution; the result need not repeat it. */
function keepLastState(engine: Engine, live: LiveTask): void {
  const { execution } = live;
  const state = execution.result?.allocation ?? allocationOf(live).state;
  if (execution.result !== null) {
    const { allocation: _state, ...result } = execution.result;
    execution.result = result;
  }
  const { desired } = allocationOf(live);
  // Why the server wanted it stopped comes before a limit that the node found.
  const found = desired === "run" ? state?.description : undefined;
  setAllocation(engine, live, {
    state,
    unknownAt: null,
    ...(found === undefined ? {} : { description: found }),
  });
}

function countOnNode(engine: Engine, { node, execution }: LiveTask): void {
  node.progress.tasksRun += 1;
  if (execution.allocation?.state?.status === "complete") node.progress.tasksSucceeded += 1;
  saveNodeProgress(engine, node);
}

/** Why a failed one is placed again, or is not, begins with what failed. */
function decide(
  engine: Engine,
  live: LiveTask,
  end: ExecutionEnd,
  isTaskWanted: boolean,
  tracker: RescheduleTracker | null,
): ExecutionEndDecision {
  const { job, task, execution } = live;
  const allocation = allocationOf(live);
  const group = groupOfVersion(job, task, allocation.version);
  const decision = decideExecutionEnd({
    jobType: groupTypeOf(job),
    isWanted: isTaskWanted,
    stopReason: execution.stopReason,
    end,
    status: allocation.state?.status ?? null,
    endedWell: endedWell(execution.result),
    // A node's clock may be ahead: what has happened lies in the past.
    finishedAt: Math.min(lastFinishedAt(live) ?? engine.now, engine.now),
    policy: group?.reschedule ?? null,
    isKeptWaiting: isNodeAway(live) && group?.disconnect.replace === false,
    tracker,
    deployment: deploymentOf(live),
    now: engine.now,
  });
  if (decision.action !== "reschedule" && decision.action !== "fail") return decision;
  const what = whatFailed(allocation.state, end);
  return what === null ? decision : { ...decision, reason: `${what}. ${decision.reason}` };
}

function endedWell(result: ExecutionResult | null): boolean {
  const outcomes = (result?.processes ?? []).map(({ outcome }) => outcome);
  const isGood = (outcome: ProcessOutcome) => outcome.state === "exited" && outcome.exitCode === 0;
  return outcomes.length > 0 && outcomes.every(isGood);
}

/** Out of contact, and not on its way out. */
function isNodeAway({ node: { record } }: LiveTask): boolean {
  return record.contact !== "connected" && record.life !== "leaving";
}

/** A failed execution of the version that is being deployed is replaced as long as its deployment runs (marked at once). */
function deploymentOf(live: LiveTask): DeploymentView {
  const { deployment } = groupsOf(live.job).record;
  if (deployment === null || deployment.version !== allocationOf(live).version) return "none";
  switch (deployment.status) {
    case "running":
      return "runningMarked";
    case "failed":
      return "failed";
    case "successful":
    case "cancelled":
      return "none";
  }
}

/** When the last member of it was over; null: none has been. */
function lastFinishedAt(live: LiveTask): number | null {
  const times = allocationOf(live).state?.members.flatMap(({ finishedAt }) => finishedAt ?? []);
  const { assignedAt } = live.execution;
  if (times === undefined || times.length === 0) return live.execution.endedAt;
  return Math.max(assignedAt, ...times);
}

function follow(engine: Engine, live: LiveTask, decision: ExecutionEndDecision): void {
  const { job, task, execution } = live;
  const { reason } = decision;
  switch (decision.action) {
    case "stop":
      setProgress(engine, task, { decision: reason, actsAt: null });
      finishTask(engine, job, task, null, execution);
      return;
    case "complete":
      setProgress(engine, task, {
        decision: allocationOf(live).state?.description ?? reason,
        actsAt: null,
      });
      finishTask(engine, job, task, exitCodeOfExecution(live) ?? 0, execution);
      return;
    case "replace":
      setProgress(engine, task, {
        decision: reason,
        actsAt: decision.at,
        delayMs: null,
        previous: execution.number,
      });
      backToPlacing(engine, job, live);
      return;
    case "reschedule":
      setProgress(engine, task, {
        decision: reason,
        actsAt: decision.at,
        delayMs: decision.delayMs,
        previous: execution.number,
      });
      backToPlacing(engine, job, live);
      return;
    case "fail":
      setProgress(engine, task, { decision: reason, actsAt: null });
      complete(engine, live, failureOf(live, reason), execution.endedAt ?? engine.now);
      // What has failed for good may be tried again as the version that was to replace it.
      if (isOutdated(job, task)) engine.unsettledJobs.add(job.record.number);
      return;
  }
}

function isOutdated(job: Job, task: TaskRecord): boolean {
  const group = groupOf(job, task);
  return group !== null && runsAgain(job, task, group);
}

function backToPlacing(engine: Engine, job: Job, { task, node }: LiveTask): void {
  job.counts.active += 1;
  // A system task goes on on its own node, whatever happened there, if that still suits it.
  if (isSystemType(job)) {
    setProgress(engine, task, { actsAt: null });
    engine.unsettledNodes.add(node.record.number);
  }
  queueForPlacing(engine, job, task, true);
}

function exitCodeOfExecution({ execution }: LiveTask): number | null {
  return execution.result === null ? null : exitCodeOf(execution.result.outcome);
}

function failureOf(live: LiveTask, decision: string): TaskOutcome {
  return {
    result: "failure",
    exitCode: exitCodeOfExecution(live),
    failure: { category: "usererror", code: "FailureExitCode", message: `${decision}.` },
  };
}
