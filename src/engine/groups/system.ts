import { foldId } from "../../model/id.ts";
import { takesWork } from "../nodeIndex.ts";
import { poolOf } from "../ring.ts";
import type { Engine, Job, Node } from "../state.ts";
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
import { lookAgain, revive, runsAgain } from "./wanted.ts";

/** Makes the tasks of system jobs on a node that has begun to take work. */
export function nodeIsReady(engine: Engine, node: Node): void {
  for (const number of engine.groupJobs) {
    const job = engine.jobs.get(number);
    if (job !== undefined && isSystemType(job)) wantOnNode(engine, job, node);
  }
}

/** Makes the tasks of a system job on all nodes that take work. */
export function wantOnNodes(engine: Engine, job: Job): void {
  const pool = poolOf(engine, job);
  for (const number of pool?.nodes ?? []) {
    const node = engine.nodes.get(number);
    if (node !== undefined) wantOnNode(engine, job, node);
  }
}

function wantOnNode(engine: Engine, job: Job, node: Node): void {
  if (job.record.state !== "active" || !runsItself(job) || !takesWork(node)) return;
  const { live, spec } = groupsOf(job);
  for (const group of spec.groups) {
    if (group.count === 0 || !wantsSystemTask(engine, job, group, node)) continue;
    const number = live.byId.get(foldId(groupTaskId(job, group.name, 0, node)));
    const task = number === undefined ? undefined : live.tasks.get(number);
    if (task === undefined) {
      queueForPlacing(engine, job, addGroupTask(engine, job, group, 0, node));
    } else if (task.progress.state === "completed") {
      // Another machine under the name of one that is gone begins anew.
      const isNew = progressOf(task).boundTo !== node.record.number;
      if (isNew) setProgress(engine, task, { boundTo: node.record.number });
      if (isNew || runsAgain(job, task)) revive(engine, job, task);
    } else lookAgain(engine, job, task);
  }
}
