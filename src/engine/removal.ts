import { foldId } from "../model/id.ts";
import type { TaskRecord } from "../model/task.ts";
import { effect, saveNodeJob, saveNodeProgress } from "./record.ts";
import { type Engine, type Job, mustHave, type Node, touchNode } from "./state.ts";

/** Directory removals on nodes: stored until the node confirms them, ordered again at every connect. */

function remove(engine: Engine, node: Node, jobId: string, taskId: string | null): number {
  engine.counters.removal += 1;
  const record = {
    number: engine.counters.removal,
    node: node.record.number,
    jobId,
    taskId,
  };
  engine.removals.set(record.number, record);
  engine.outcome.changes.removals.set(record.number, record);
  effect(engine, { effect: "remove", node: record.node, removal: record.number, jobId, taskId });
  return record.number;
}

/** The directory of a deleted task, on the node that it ran on last; a node that is gone took it along. */
export function removeTaskDirectory(engine: Engine, job: Job, task: TaskRecord): void {
  const number = task.progress.node;
  const node = number === null ? undefined : engine.nodes.get(number);
  if (node !== undefined) remove(engine, node, job.record.spec.id, task.id);
}

/** Everything that a deleted job left on its nodes. */
export function removeJobDirectories(engine: Engine, job: Job): void {
  for (const number of job.nodes) {
    const node = mustHave(engine.nodes, number, "node");
    const nodeJob = mustHave(node.jobs, job.record.number, "node job");
    nodeJob.removal = remove(engine, node, job.record.spec.id, null);
    saveNodeJob(engine, nodeJob);
    if (nodeJob.ranTask) endRetention(engine, node);
  }
}

/** A job with directories on the node is deleted: with the last one, nothing there is worth waiting for. */
function endRetention(engine: Engine, node: Node): void {
  const { progress } = node;
  progress.retainingJobs -= 1;
  if (progress.retainingJobs === 0) progress.retainedUntil = 0;
  saveNodeProgress(engine, node);
  touchNode(engine, node);
}

export function removalConfirmed(engine: Engine, number: number): void {
  const record = engine.removals.get(number);
  if (record === undefined) return;
  dropRemoval(engine, number);
  if (record.taskId !== null) return;
  const job = engine.jobsById.get(foldId(record.jobId));
  if (job !== undefined) engine.touchedJobs.add(job);
}

/** The node is gone, and its files with it. */
export function dropRemovalsOf(engine: Engine, node: Node): void {
  for (const record of [...engine.removals.values()]) {
    if (record.node === node.record.number) dropRemoval(engine, record.number);
  }
}

function dropRemoval(engine: Engine, number: number): void {
  engine.removals.delete(number);
  engine.outcome.changes.removals.set(number, null);
}

/** Orders everything again that the node has not confirmed; before any start, so that ids can be used again. */
export function orderRemovals(engine: Engine, node: Node): void {
  for (const record of engine.removals.values()) {
    if (record.node !== node.record.number) continue;
    effect(engine, {
      effect: "remove",
      node: record.node,
      removal: record.number,
      jobId: record.jobId,
      taskId: record.taskId,
    });
  }
}
