import type { HeldExecution } from "../../model/order.ts";
import { decideReconcile, type ReconcileSide } from "../../policy/disconnect.ts";
import { decideNodeLoss, type NodeLossDecision, survivesSilence } from "../../policy/nodeLoss.ts";
import { saveExecution, saveJobProgress } from "../record.ts";
import type { Engine, LiveTask, Node } from "../state.ts";
import { executionLost, stopExecution } from "../taskEnd.ts";
import { setTaskState } from "../taskState.ts";
import { allocationOf, describeStop, setAllocation } from "./allocation.ts";
import { isCanary } from "./canaries.ts";
import { groupOfVersion, groupTypeOf, progressOf, setProgress, trackerOf } from "./jobGroups.ts";
import { dropFromPlacing, queueForPlacing, watchTask } from "./placing.ts";
import { isWanted } from "./wanted.ts";

/** The executions of groups on a node. */
export function groupExecutionsOn(engine: Engine, node: Node): LiveTask[] {
  return [...node.executions].flatMap((number) => {
    const live = engine.executions.get(number);
    return live?.execution.allocation === undefined ? [] : [live];
  });
}

/** Contact is lost: each group's `disconnect` says whether its execution is lost at once or waits as `unknown`. */
export function groupsLoseContact(engine: Engine, node: Node): void {
  for (const live of groupExecutionsOn(engine, node)) loseContact(engine, live);
}

function loseContact(engine: Engine, live: LiveTask): void {
  const { job, task, execution, node } = live;
  if (execution.state === "unknown") return;
  // A canary is not waited for: what it tries is learnt from another one, and nobody depends on it.
  const mayWait = !hasOriginal(engine, live) && !isCanary(live);
  const isWaited = execution.stopReason === null && mayWait;
  const decision = isWaited ? lookAtLoss(engine, live) : null;
  if (decision?.action !== "unknown") {
    executionLost(engine, live, `Contact with node ${node.record.id} was lost`);
    return;
  }
  execution.state = "unknown";
  setAllocation(engine, live, { unknownAt: engine.now, description: decision.reason });
  if (decision.nextAt !== null) watchTask(engine, task, decision.nextAt);
  const { replacement, reason } = decision;
  if (replacement.kind === "none" || task.progress.execution !== execution.number) return;
  setProgress(engine, task, {
    original: execution.number,
    previous: execution.number,
    actsAt: replacement.at > engine.now ? replacement.at : null,
    delayMs: replacement.delayMs,
    decision: reason,
  });
  job.counts.running -= 1;
  job.counts.active += 1;
  queueForPlacing(engine, job, task, true);
}

/** Whether it stands in for one that is out of contact itself: one of a task is waited for, and that is the first. */
function hasOriginal(engine: Engine, { task, execution }: LiveTask): boolean {
  const { original } = progressOf(task);
  if (original === null || original === execution.number) return false;
  return engine.executions.get(original)?.execution.state === "unknown";
}

/** What becomes of an execution whose node is out of contact; null: its version is not kept, nobody can say. */
function lookAtLoss(engine: Engine, live: LiveTask): NodeLossDecision | null {
  const { job, task } = live;
  const allocation = allocationOf(live);
  const group = groupOfVersion(job, task, allocation.version);
  if (group === null) return null;
  const { disconnect: policy } = group;
  const outSince = allocation.unknownAt ?? engine.now;
  const isWaited = survivesSilence("running", policy, outSince, engine.now);
  return decideNodeLoss(
    {
      jobType: groupTypeOf(job),
      status: live.execution.state === "unknown" ? "unknown" : "running",
      policy,
      reschedule: group.reschedule,
      tracker: trackerOf(task),
      killTimeoutsMs: group.members.map(({ killTimeoutMs }) => killTimeoutMs),
      outSince,
    },
    isWaited ? "disconnected" : "down",
    engine.now,
  );
}

/** The lost_after of an unknown execution may have run out. */
export function checkUnknown(engine: Engine, live: LiveTask): void {
  if (live.execution.state !== "unknown") return;
  const decision = lookAtLoss(engine, live);
  if (decision?.action === "unknown") {
    if (decision.nextAt !== null && decision.nextAt > engine.now) {
      watchTask(engine, live.task, decision.nextAt);
    }
    return;
  }
  executionLost(engine, live, `Node ${live.node.record.id} did not come back in time`);
}

/** The node is back: what waited as unknown goes on or gives way to its replacement. */
export function groupsRegainContact(
  engine: Engine,
  node: Node,
  held: ReadonlyMap<number, HeldExecution>,
): void {
  for (const live of groupExecutionsOn(engine, node)) {
    if (live.execution.state !== "unknown") continue;
    if (held.has(live.execution.number)) comeBack(engine, live);
    else executionLost(engine, live, `Node ${node.record.id} came back without the execution`);
  }
}

function comeBack(engine: Engine, live: LiveTask): void {
  const { job, task, execution } = live;
  execution.state = execution.stopReason === null ? "running" : "stopping";
  setAllocation(engine, live, { unknownAt: null, reconnectedAt: engine.now, description: "" });
  engine.movingJobs.add(job.record.number);
  const isReplaced = progressOf(task).original === execution.number;
  if (!isReplaced) return;
  if (task.progress.state === "active" && isWanted(engine, job, task)) {
    dropFromPlacing(job, task);
    job.counts.active -= 1;
    job.counts.running += 1;
    saveJobProgress(engine, job);
    makeCurrent(engine, live, "The original came back before its replacement was placed");
    setTaskState(engine, task, "running");
    return;
  }
  const current = task.progress.execution;
  const replacement = current === null ? undefined : engine.executions.get(current);
  if (replacement === undefined || replacement === live) {
    giveWay(engine, live, "alloc not needed any more");
    return;
  }
  reconcile(engine, live, replacement);
}

/** Both live: the group's strategy says which one stays (Nomad `disconnect.reconcile`). */
function reconcile(engine: Engine, original: LiveTask, replacement: LiveTask): void {
  const { job, task } = original;
  const group = groupOfVersion(job, task, allocationOf(original).version);
  const strategy = group?.disconnect.reconcile ?? "best_score";
  const decision = decideReconcile(strategy, sideOf(original), sideOf(replacement));
  if (decision.keep === "replacement") {
    giveWay(engine, original, decision.reason);
    return;
  }
  makeCurrent(engine, original, decision.reason);
  giveWay(engine, replacement, decision.reason);
}

function sideOf(live: LiveTask): ReconcileSide {
  const { version, scores } = allocationOf(live);
  const { startedAt } = live.execution;
  return { version, startedAt, score: scores.at(0)?.final ?? null };
}

function makeCurrent(engine: Engine, live: LiveTask, reason: string): void {
  const { task, execution, node } = live;
  task.progress.execution = execution.number;
  task.progress.node = node.record.number;
  task.progress.nodeId = node.record.id;
  setProgress(engine, task, { original: null, actsAt: null, decision: reason });
  saveExecution(engine, live);
}

function giveWay(engine: Engine, live: LiveTask, reason: string): void {
  describeStop(engine, live, reason);
  stopExecution(engine, live, "replaced");
}
