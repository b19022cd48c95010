import { foldId, TASKS_PER_JOB, taskNumberOf } from "../model/id.ts";
import type { JobSpec } from "../model/job.ts";
import { type RequestError, requestError } from "../model/requestError.ts";
import { newTaskProgress, type TaskRecord } from "../model/task.ts";
import { slotsOf } from "../model/taskSpec.ts";
import type { AddTaskAnswer, NewTask, Reply } from "./input.ts";
import { WINDOW_MAX } from "./queueing.ts";
import { saveJobProgress, saveOrdinals } from "./record.ts";
import { wait } from "./ring.ts";
import type { Engine, Job } from "./state.ts";

/**
 * Adds tasks, each accepted or refused for itself. `existing` are the folded ids that the job has already. A run of
 * tasks with the same slots is queued as one range.
 */
export function addTasks(
  engine: Engine,
  job: Job,
  tasks: readonly NewTask[],
  existing: ReadonlySet<string>,
): Reply {
  const refused = checkNumber(job, tasks.length);
  if (refused !== null) return { ok: false, error: refused };
  const ordinal = job.record.nextOrdinal;
  const answers: AddTaskAnswer[] = [];
  const seen = new Set<string>();
  const special = specialIds(job.record.spec);
  const run = { first: 0, last: 0, slots: 0 };
  for (const task of tasks) {
    const key = foldId(task.id);
    const error = idError(
      job.record.spec,
      task.id,
      key,
      existing.has(key) || seen.has(key),
      special,
    );
    if (error !== null) {
      answers.push({ status: "clienterror", id: task.id, error });
      continue;
    }
    seen.add(key);
    answers.push({ status: "success", id: task.id });
    const record = newTaskRecord(engine, job, task);
    readAhead(job, record);
    extendRun(job, run, record.number, slotsOf(task.spec));
  }
  closeRun(job, run);
  if (job.record.nextOrdinal > ordinal) {
    saveOrdinals(engine, job);
    saveJobProgress(engine, job);
    wait(engine, job);
  }
  return { ok: true, tasks: answers };
}

/** The first error among the first tasks of a new job, which takes all of them or none; null: there is none. */
export function refusedTask(spec: JobSpec, tasks: readonly NewTask[]): RequestError | null {
  const special = specialIds(spec);
  const seen = new Set<string>();
  for (const { id } of tasks) {
    const key = foldId(id);
    const error = idError(spec, id, key, seen.has(key), special);
    if (error !== null) return error;
    seen.add(key);
  }
  return null;
}

function checkNumber(job: Job, count: number): RequestError | null {
  if (job.record.nextOrdinal + count <= TASKS_PER_JOB) return null;
  return requestError(
    "OutOfRangeInput",
    `Expected at most ${TASKS_PER_JOB} tasks in a job.`,
    "Use several jobs.",
  );
}

interface SpecialIds {
  readonly preparation: string | null;
  readonly release: string | null;
}

function specialIds({ preparation, release }: JobSpec): SpecialIds {
  return {
    preparation: preparation === null ? null : foldId(preparation.id),
    release: release === null ? null : foldId(release.id),
  };
}

function idError(
  spec: JobSpec,
  id: string,
  key: string,
  exists: boolean,
  special: SpecialIds,
): RequestError | null {
  if (exists) {
    return requestError(
      "TaskExists",
      `Job ${spec.id} has a task ${id} already.`,
      "Choose another id.",
      "id",
    );
  }
  if (key === special.preparation) {
    return requestError(
      "TaskIdSameAsJobPreparationTask",
      `${id} is the id of the job's preparation task.`,
      "Choose another id.",
      "id",
    );
  }
  if (key === special.release) {
    return requestError(
      "TaskIdSameAsJobReleaseTask",
      `${id} is the id of the job's release task.`,
      "Choose another id.",
      "id",
    );
  }
  return null;
}

/** A new task of the job, counted as active; it is queued by whoever calls. */
export function newTaskRecord(engine: Engine, job: Job, task: NewTask): TaskRecord {
  const number = taskNumberOf(job.record.number, job.record.nextOrdinal);
  job.record.nextOrdinal += 1;
  const record: TaskRecord = {
    number,
    id: task.id,
    createdAt: engine.now,
    spec: task.spec,
    progress: newTaskProgress(engine.now),
  };
  engine.outcome.changes.newTasks.push(record);
  const slots = slotsOf(task.spec);
  job.counts.active += 1;
  job.counts.activeSlots += slots;
  // A copy, as the one in the changes has to stay what it is while the task moves on.
  return { ...record, progress: { ...record.progress } };
}

/** What will be placed soon need not be read from the store. */
function readAhead(job: Job, task: TaskRecord): void {
  const isSoon = job.queue.size < WINDOW_MAX && job.window.size < WINDOW_MAX;
  if (isSoon && job.record.state === "active") job.window.set(task.number, task);
}

interface Run {
  first: number;
  last: number;
  slots: number;
}

function extendRun(job: Job, run: Run, number: number, slots: number): void {
  if (run.slots === slots && run.last === number - 1) {
    run.last = number;
    return;
  }
  closeRun(job, run);
  run.first = number;
  run.last = number;
  run.slots = slots;
}

function closeRun(job: Job, run: Run): void {
  if (run.slots > 0) job.queue.addRange(run.first, run.last, run.slots);
  run.slots = 0;
}
