import type { ExecutionRecord } from "../model/execution.ts";
import type { ExecutionAllocation } from "../model/groupJob.ts";
import type { ExecutionNumber, NodeNumber } from "../model/id.ts";
import type { StartOrder } from "../model/order.ts";
import type { TaskRecord } from "../model/task.ts";
import { slotsOf } from "../model/taskSpec.ts";
import { emitTaskStart } from "./emit.ts";
import { allocationStartOrder } from "./groups/allocation.ts";
import { useForGroup, useSlots } from "./nodeIndex.ts";
import { prepareFor } from "./preparation.ts";
import { retriedOn } from "./queueing.ts";
import { effect, saveExecution, saveJobProgress, saveNodeJob, saveNodeProgress } from "./record.ts";
import { workOf } from "./runs/fleetOrder.ts";
import { type Engine, type Job, type LiveTask, mustHave, type Node } from "./state.ts";
import { setTaskState } from "./taskState.ts";

/** Places a queued task on a node: a new execution, its start event, and the way into preparation or to the node. */
export function assign(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  nodeNumber: NodeNumber,
  allocationFor?: (execution: ExecutionNumber) => ExecutionAllocation,
): LiveTask {
  const node = mustHave(engine.nodes, nodeNumber, "node");
  const { progress } = task;
  countExecution(task);
  const live = newExecution(engine, job, task, node, allocationFor);
  const { execution } = live;
  progress.node = nodeNumber;
  progress.nodeId = node.record.id;
  progress.execution = execution.number;
  progress.endedAt = null;
  countAssigned(engine, live);
  emitTaskStart(engine, job, task, node.record.id);
  openNodeJob(engine, job, node);
  if (prepareFor(engine, live, node) === "wait") {
    execution.state = "preparing";
    setTaskState(engine, task, "preparing");
    saveExecution(engine, live);
  } else {
    run(engine, live, node);
  }
  return live;
}

/** Places a second execution of a task of a group beside the one that it has; the task itself stays as it is. */
export function assignBeside(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  nodeNumber: NodeNumber,
  allocationFor: (execution: ExecutionNumber) => ExecutionAllocation,
): LiveTask {
  const node = mustHave(engine.nodes, nodeNumber, "node");
  countExecution(task);
  const live = newExecution(engine, job, task, node, allocationFor);
  emitTaskStart(engine, job, task, node.record.id);
  openNodeJob(engine, job, node);
  sendStart(engine, live, node);
  return live;
}

/**
 * One that has only had a canary had no execution of its own, and is not at its first for that. A fleet script's number
 * rises with each rerun, also with one whose script was never sent.
 */
function countExecution({ progress, spec }: TaskRecord): void {
  if (spec.target !== undefined) return;
  const hasRun = progress.execution !== null || (progress.group?.ranVersion ?? null) !== null;
  progress.systemTaskVersion = hasRun ? progress.systemTaskVersion + 1 : 0;
}

function newExecution(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  node: Node,
  allocationFor?: (execution: ExecutionNumber) => ExecutionAllocation,
): LiveTask {
  engine.counters.execution += 1;
  const execution: ExecutionRecord = {
    number: engine.counters.execution,
    job: job.record.number,
    task: task.number,
    ordinal: task.progress.systemTaskVersion + 1,
    nodes: [node.record.number],
    nodeId: node.record.id,
    keepDirectory: retriedOn(task) === node.record.id,
    state: "assigned",
    stopReason: null,
    assignedAt: engine.now,
    startedAt: null,
    endedAt: null,
    result: null,
    ...(allocationFor === undefined
      ? {}
      : { allocation: allocationFor(engine.counters.execution) }),
  };
  const live: LiveTask = { job, task, execution, node, slots: slotsOf(task.spec) };
  engine.executions.set(execution.number, live);
  node.executions.add(execution.number);
  useSlots(node, live.slots);
  useForGroup(node, execution);
  if (task.spec.target !== undefined) node.targets.running += 1;
  return live;
}

function countAssigned(engine: Engine, { job, slots }: LiveTask): void {
  job.counts.active -= 1;
  job.counts.activeSlots -= slots;
  job.counts.running += 1;
  job.counts.runningSlots += slots;
  saveJobProgress(engine, job);
}

/** The record of what node and job have to do with each other begins with the first assignment. */
function openNodeJob(engine: Engine, job: Job, node: Node): void {
  if (node.jobs.has(job.record.number)) return;
  const record = {
    node: node.record.number,
    job: job.record.number,
    poolId: job.record.spec.poolId,
    nodeId: node.record.id,
    ranTask: false,
    preparation: null,
    release: null,
    removal: null,
  };
  node.jobs.set(job.record.number, record);
  job.nodes.add(node.record.number);
  saveNodeJob(engine, record);
}

/** Nothing is to be waited for: the task is `running`, and its order goes to the node. */
export function run(engine: Engine, live: LiveTask, node: Node): void {
  live.task.progress.startedAt = engine.now;
  setTaskState(engine, live.task, "running");
  sendStart(engine, live, node);
}

function sendStart(engine: Engine, live: LiveTask, node: Node): void {
  live.execution.state = "assigned";
  saveExecution(engine, live);
  const nodeJob = mustHave(node.jobs, live.job.record.number, "node job");
  // Nobody waits for what a script leaves behind, and its records are never deleted.
  if (!nodeJob.ranTask && live.job.run === null) {
    nodeJob.ranTask = true;
    saveNodeJob(engine, nodeJob);
    node.progress.retainingJobs += 1;
    saveNodeProgress(engine, node);
  }
  effect(engine, {
    effect: "start",
    node: node.record.number,
    order: startOrder(live, node),
  });
}

export function startOrder(live: LiveTask, node: Node): StartOrder {
  if (live.execution.allocation !== undefined) return allocationStartOrder(live, node);
  const { job, task, execution } = live;
  return {
    execution: execution.number,
    kind: "task",
    jobId: job.record.spec.id,
    taskId: task.id,
    poolId: job.record.spec.poolId,
    nodeId: node.record.id,
    commonEnvironmentSettings: job.record.spec.commonEnvironmentSettings,
    preparationId: job.record.spec.preparation?.id ?? null,
    keepDirectory: execution.keepDirectory,
    ordinal: execution.ordinal,
    ...workOf(live),
  };
}
