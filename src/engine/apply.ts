import { foldId, type NodeNumber } from "../model/id.ts";
import type { TaskRecord } from "../model/task.ts";
import { addTasks } from "./addTasks.ts";
import { emitExec } from "./emit.ts";
import { drainNode, stopDrain } from "./groups/drainRequests.ts";
import { planSpec } from "./groups/planSpec.ts";
import { registerJob } from "./groups/register.ts";
import {
  applyToExecution,
  applyToGroupJob,
  refusedForGroups,
  retryNow,
} from "./groups/requests.ts";
import type { Input, JobRequest, NodeInput, PoolRequest, Reply, TaskRequest } from "./input.ts";
import {
  createJob,
  deleteJob,
  disableJob,
  enableJob,
  findJob,
  refusedByState,
  terminateJob,
  updateJob,
} from "./jobs.ts";
import {
  disableScheduling,
  enableScheduling,
  isReply,
  nodeDisconnected,
  nodeFailed,
  nodeJoined,
  nodeRemoved,
  rebootNode,
} from "./nodes.ts";
import { createPool, findPool, updatePool } from "./pools.ts";
import { nodeReports } from "./reports.ts";
import { deletePool, removeNodes, resizePool, stopResize } from "./resize.ts";
import { refusedForRuns, refusedForTargets } from "./runs/refusals.ts";
import { rerunTargets } from "./runs/rerun.ts";
import { startRun } from "./runs/startRun.ts";
import { nodeConnected } from "./settle.ts";
import type { Engine } from "./state.ts";
import {
  currentTask,
  deleteTask,
  reactivateTask,
  terminateTask,
  updateTask,
} from "./taskRequests.ts";

/** What the loop read from the store for a request, with uncommitted changes laid over. */
export interface Loaded {
  /** Those of the tasks that the request names that there are, by folded id. */
  readonly tasks: ReadonlyMap<string, TaskRecord>;
  /** For addTasks: folded ids that the job has already. */
  readonly existingIds: ReadonlySet<string>;
}

export const NOTHING_LOADED: Loaded = { tasks: new Map(), existingIds: new Set() };

/** The folded id of the job that a request names, which has to be in memory before it is applied; null: none. */
export function jobNamed(input: Input): string | null {
  if (
    input.kind === "createJob" ||
    input.kind === "createJobWithTasks" ||
    input.kind === "registerJob" ||
    input.kind === "planJob" ||
    input.kind === "startRun"
  ) {
    return foldId(input.spec.id);
  }
  return "job" in input ? foldId(input.job) : null;
}

/** The folded ids of the tasks that have to be loaded. */
export function tasksNamed(input: Input): string[] {
  if (input.kind === "rerunTargets") return input.targets.map(foldId);
  return "task" in input ? [foldId(input.task)] : [];
}

/** Applies one input. The reply is for its caller, after the commit. */
export function apply(engine: Engine, input: Input, loaded: Loaded): Reply {
  switch (input.kind) {
    case "createPool":
      return createPool(engine, input.spec);
    case "updatePool":
    case "resizePool":
    case "stopResize":
    case "removeNodes":
    case "deletePool":
      return applyToPool(engine, input);
    case "rebootNode":
      return rebootNode(engine, input.node, input.option);
    case "disableScheduling":
      return disableScheduling(engine, input.node, input.option);
    case "enableScheduling":
      return enableScheduling(engine, input.node);
    case "drainNode":
      return drainNode(engine, input.node, input.drain);
    case "stopDrain":
      return stopDrain(engine, input.node, input.isEligible);
    case "registerJob":
      return registerJob(engine, input.spec, input.checkIndex);
    case "planJob":
      return { ok: true, plan: planSpec(engine, input.spec) };
    case "restartExecution":
    case "stopExecution":
      return applyToExecution(engine, input);
    case "noteExec":
      emitExec(engine, input.note);
      return { ok: true };
    case "startRun":
      return startRun(engine, input.spec, input.targets, input.released ?? null);
    case "createJob":
      return createJob(engine, input.spec, []);
    case "createJobWithTasks":
      return createJob(engine, input.spec, input.tasks);
    case "updateJob":
    case "disableJob":
    case "enableJob":
    case "terminateJob":
    case "deleteJob":
    case "addTasks":
    case "rerunTargets":
    case "revertJob":
    case "promoteJob":
    case "dispatchJob":
    case "forceLaunch":
      return applyToJob(engine, input, loaded);
    case "updateTask":
    case "terminateTask":
    case "reactivateTask":
    case "deleteTask":
      return applyToTask(engine, input, loaded);
    case "nodeJoined":
    case "nodeConnected":
    case "nodeDisconnected":
    case "nodeReports":
    case "nodeFailed":
    case "nodeRemoved":
      return applyNode(engine, input);
  }
}

function applyToPool(engine: Engine, input: PoolRequest): Reply {
  const pool = findPool(engine, input.pool);
  if (isReply(pool)) return pool;
  switch (input.kind) {
    case "updatePool":
      return updatePool(engine, pool, input.patch);
    case "resizePool":
      return resizePool(engine, pool, input.targetDedicatedNodes, input.option, input.timeoutMs);
    case "stopResize":
      return stopResize(engine, pool);
    case "removeNodes":
      return removeNodes(engine, pool, input.nodes, input.option, input.timeoutMs);
    case "deletePool":
      return deletePool(engine, pool);
  }
}

function applyToJob(engine: Engine, input: JobRequest, loaded: Loaded): Reply {
  const job = findJob(engine, input.job);
  if (isReply(job)) return job;
  const refused = refusedForRuns(job, input);
  if (refused !== null) return refused;
  switch (input.kind) {
    case "rerunTargets":
      return rerunTargets(engine, job, input, loaded.tasks);
    case "updateJob":
      return (
        refusedForGroups(job, "it is changed as a whole", "Submit it again as it shall be.") ??
        updateJob(engine, job, input.patch)
      );
    case "disableJob":
      return disableJob(engine, job, input.disableTasks);
    case "enableJob":
      return enableJob(engine, job);
    case "terminateJob":
      return terminateJob(engine, job, input.reason);
    case "deleteJob":
      return deleteJob(engine, job);
    case "addTasks":
      return (
        refusedForGroups(
          job,
          "its tasks follow from its groups",
          "Submit it again with other groups.",
        ) ??
        refusedByState(job) ??
        addTasks(engine, job, input.tasks, loaded.existingIds)
      );
    case "revertJob":
    case "promoteJob":
    case "dispatchJob":
    case "forceLaunch":
      return applyToGroupJob(engine, job, input);
  }
}

function applyToTask(engine: Engine, input: TaskRequest, loaded: Loaded): Reply {
  const job = findJob(engine, input.job);
  if (isReply(job)) return job;
  const task = currentTask(engine, job, input.task, loaded.tasks.get(foldId(input.task)) ?? null);
  if (isReply(task)) return task;
  if (input.kind === "reactivateTask" && job.groups !== null) return retryNow(engine, job, task);
  const refused =
    refusedForTargets(job, input) ??
    refusedForGroups(
      job,
      "its tasks follow from its groups",
      "Submit it again with other groups, or stop an execution.",
    );
  if (refused !== null) return refused;
  switch (input.kind) {
    case "updateTask":
      return updateTask(engine, job, task, input.constraints);
    case "terminateTask":
      return terminateTask(engine, job, task);
    case "reactivateTask":
      return reactivateTask(engine, job, task);
    case "deleteTask":
      return deleteTask(engine, job, task);
  }
}

function applyNode(engine: Engine, input: NodeInput): Reply {
  switch (input.kind) {
    case "nodeJoined":
      return nodeJoined(engine, input);
    case "nodeConnected":
      nodeConnected(engine, input);
      return { ok: true, ...nodeOf(engine, input.guid) };
    case "nodeDisconnected":
      nodeDisconnected(engine, input.node);
      return { ok: true };
    case "nodeReports":
      nodeReports(engine, input);
      return { ok: true };
    case "nodeFailed":
      nodeFailed(engine, input.node, input.message);
      return { ok: true };
    case "nodeRemoved":
      nodeRemoved(engine, input.node);
      return { ok: true };
  }
}

/** What the node's link has to know: its number, and which of its reports need not come again. */
function nodeOf(
  engine: Engine,
  guid: string,
): { node: NodeNumber; lastApplied: number } | Record<string, never> {
  const number = engine.nodesByGuid.get(guid);
  const node = number === undefined ? undefined : engine.nodes.get(number);
  if (node === undefined) return {};
  return { node: node.record.number, lastApplied: node.progress.lastApplied };
}
