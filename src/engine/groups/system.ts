import type { GroupSpec } from "../../model/group.ts";
import { foldId } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import { takesWork } from "../nodeIndex.ts";
import { poolOf } from "../ring.ts";
import { type Engine, type Job, type Node, touchJob } from "../state.ts";
import {
  addGroupTask,
  groupsOf,
  groupTaskId,
  isSystemType,
  progressOf,
  runsItself,
  setProgress,
} from "./jobGroups.ts";
import { queueForPlacing } from "./placing.ts";
import { wantsSystemTask } from "./systemFit.ts";
import { letGo, lookAgain, revive, runsAgain } from "./wanted.ts";

/** Settles the tasks of system jobs on a node that has begun to take work, or has come back as another kind of node. */
export function settleSystemJobs(engine: Engine, node: Node): void {
  for (const number of engine.groupJobs) {
    const job = engine.jobs.get(number);
    if (job !== undefined && isSystemType(job)) settleOnNode(engine, job, node);
  }
}

/** Makes the tasks of a system job on all nodes that it belongs on. */
export function wantOnNodes(engine: Engine, job: Job): void {
  const pool = poolOf(engine, job);
  for (const number of pool?.nodes ?? []) {
    const node = engine.nodes.get(number);
    if (node !== undefined) settleOnNode(engine, job, node);
  }
}

/** Tasks of system jobs go with their node, also those that never ran there. */
export function nodeIsGone(engine: Engine, node: Node): void {
  for (const number of engine.groupJobs) {
    const job = engine.jobs.get(number);
    if (job === undefined || !isSystemType(job)) continue;
    for (const group of groupsOf(job).spec.groups) {
      const task = taskOnNode(job, group, node);
      if (task !== undefined) letGo(engine, job, task);
    }
    touchJob(engine, job);
  }
}

function settleOnNode(engine: Engine, job: Job, node: Node): void {
  if (job.record.state !== "active" || !runsItself(job)) return;
  for (const group of groupsOf(job).spec.groups) {
    const task = taskOnNode(job, group, node);
    if (group.count === 0 || !wantsSystemTask(engine, job, group, node, task)) {
      if (task !== undefined) letGo(engine, job, task);
    } else if (mayBegin(job, node)) wantOnNode(engine, job, group, node, task);
  }
}

/**
 * A system job begins on nodes that take work. A sysbatch job has something to do on each node it suits, also on one that
 * is away: it is not over before it was there, or the node is removed.
 */
function mayBegin(job: Job, node: Node): boolean {
  if (job.record.spec.type === "system") return takesWork(node);
  const { life, schedulingState } = node.record;
  return life === "joined" && schedulingState === "enabled";
}

function wantOnNode(
  engine: Engine,
  job: Job,
  group: GroupSpec,
  node: Node,
  task: TaskRecord | undefined,
): void {
  if (task === undefined) {
    queueForPlacing(engine, job, addGroupTask(engine, job, group, 0, node));
  } else if (task.progress.state === "completed") {
    // Another machine under the name of one that is gone begins anew.
    const isNew = progressOf(task).boundTo !== node.record.number;
    if (isNew) setProgress(engine, task, { boundTo: node.record.number });
    if (isNew || runsAgain(job, task, group)) revive(engine, job, task);
  } else lookAgain(engine, job, task);
}

function taskOnNode(job: Job, group: GroupSpec, node: Node): TaskRecord | undefined {
  const { live } = groupsOf(job);
  const number = live.byId.get(foldId(groupTaskId(job, group.name, 0, node)));
  return number === undefined ? undefined : live.tasks.get(number);
}
