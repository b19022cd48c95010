import { foldId } from "../../model/id.ts";
import { emptyCounts, type JobSpec } from "../../model/job.ts";
import type { TaskRecord } from "../../model/task.ts";
import { newTaskRecord } from "../addTasks.ts";
import type { NewTask, Reply } from "../input.ts";
import { admitJob, newRecord, watchWallClock } from "../jobs.ts";
import { refuse } from "../nodes.ts";
import { saveJob, saveJobProgress } from "../record.ts";
import { type Engine, type Job, touchJob } from "../state.ts";
import { holdTarget } from "./held.ts";
import { startBeforeOf, waitForNode } from "./nodeTargets.ts";
import { endUnsent } from "./targetEnd.ts";

/**
 * The work of a task instance begins: its targets are frozen here, each a task that waits for its own node. A node that
 * is gone or disabled by now has failed at once, so that every target is in an explicit state.
 */
export function startRun(
  engine: Engine,
  spec: JobSpec,
  targets: readonly NewTask[],
  released: number | null,
): Reply {
  if (engine.jobsById.has(foldId(spec.id))) {
    return refuse(
      "JobExists",
      `There is a job ${spec.id} already.`,
      "Give the run another number.",
    );
  }
  engine.counters.job += 1;
  const job = admitJob(engine, newRecord(engine, spec), { counts: emptyCounts() }, []);
  for (const [index, target] of targets.entries()) {
    const task = newTaskRecord(engine, job, target);
    if (released !== null && index >= released) holdTarget(engine, job, task);
    else makeReady(engine, job, task);
  }
  saveJob(engine, job);
  saveJobProgress(engine, job);
  watchStart(engine, job);
  watchWallClock(engine, job);
  touchJob(engine, job);
  return { ok: true };
}

/** The target waits for its node, if that takes scripts at all. */
export function makeReady(engine: Engine, job: Job, task: TaskRecord): void {
  const node = waitForNode(engine, job, task);
  if (node === null) endUnsent(engine, job, task, { why: "removed" });
  else if (node.record.fleetStatus === "disable") endUnsent(engine, job, task, { why: "disabled" });
}

/** The wait for nodes is bounded. */
export function watchStart(engine: Engine, job: Job): void {
  const { run } = job;
  const dueAt = nextDeadline(job);
  if (run === null || dueAt === null || (run.wakesAt !== null && run.wakesAt <= dueAt)) return;
  run.wakesAt = dueAt;
  engine.timers.add(dueAt, { timer: "runStart", job: job.record.number });
}

/** Targets whose time is over end; the others are looked at when theirs is. */
export function runStartDue(engine: Engine, job: Job): void {
  const { run } = job;
  if (run === null) return;
  run.wakesAt = null;
  const startWithinMs = job.record.spec.run?.startWithinMs ?? 0;
  for (const task of [...(job.run?.waiting.values() ?? [])]) {
    if (startBeforeOf(job, task) > engine.now) continue;
    endUnsent(engine, job, task, { why: "didNotAnswer", startWithinMs });
  }
  watchStart(engine, job);
}

function nextDeadline(job: Job): number | null {
  let next: number | null = null;
  for (const task of job.run?.waiting.values() ?? []) {
    const dueAt = startBeforeOf(job, task);
    if (next === null || dueAt < next) next = dueAt;
  }
  return next;
}
