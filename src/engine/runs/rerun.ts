import { foldId } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { Reply } from "../input.ts";
import { setJobState } from "../jobEnding.ts";
import { watchWallClock } from "../jobs.ts";
import { refuse } from "../nodes.ts";
import { saveJobProgress } from "../record.ts";
import type { Engine, Job } from "../state.ts";
import { setTaskState } from "../taskState.ts";
import { holdTarget } from "./held.ts";
import { makeReady, watchStart } from "./startRun.ts";

/**
 * Targets run once more, each under the next number of its executions (OPMATE 7.4). Only what has ended can be run again;
 * either all targets that are named are, or none. A run that was complete is so again when they have ended.
 */
export function rerunTargets(
  engine: Engine,
  job: Job,
  {
    targets: ids,
    isHeld = false,
  }: { readonly targets: readonly string[]; readonly isHeld?: boolean },
  loaded: ReadonlyMap<string, TaskRecord>,
): Reply {
  const targets: TaskRecord[] = [];
  for (const key of new Set(ids.map(foldId))) {
    const task = loaded.get(key);
    const refused = refusedTarget(job, key, task);
    if (refused !== null || task === undefined) return refused ?? { ok: true };
    targets.push(task);
  }
  if (job.record.state === "completed") reopen(engine, job);
  if (job.record.state !== "active") {
    return refuse(
      "JobBeingTerminated",
      `Job ${job.record.spec.id} is being stopped.`,
      "Wait until it has stopped.",
    );
  }
  for (const task of targets) runAgain(engine, job, task, isHeld);
  watchStart(engine, job);
  return { ok: true };
}

function refusedTarget(job: Job, id: string, task: TaskRecord | undefined): Reply | null {
  if (task === undefined) {
    return refuse(
      "TaskNotFound",
      `Job ${job.record.spec.id} has no target ${id}.`,
      "List the nodes of the task instance.",
    );
  }
  if (task.progress.state === "completed") return null;
  return refuse(
    "TaskNotCompleted",
    `Target ${task.id} has not ended; it is ${task.progress.state}.`,
    "Wait until it has ended, or stop it.",
  );
}

function reopen(engine: Engine, job: Job): void {
  const { record } = job;
  record.endedAt = null;
  record.terminateReason = null;
  setJobState(engine, job, "active");
  watchWallClock(engine, job);
}

function runAgain(engine: Engine, job: Job, task: TaskRecord, isHeld: boolean): void {
  const { counts } = job;
  if (task.progress.outcome?.result === "success") counts.succeeded -= 1;
  else counts.failed -= 1;
  counts.active += 1;
  saveJobProgress(engine, job);
  task.progress.systemTaskVersion += 1;
  task.progress.outcome = null;
  task.progress.startedAt = null;
  task.progress.endedAt = null;
  setTaskState(engine, task, "active");
  if (isHeld) holdTarget(engine, job, task);
  else makeReady(engine, job, task);
}
