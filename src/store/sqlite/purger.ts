import { type JobNumber, taskNumberOf } from "../../model/id.ts";
import type { Statements } from "./statements.ts";

/** Rows deleted in one transaction: some milliseconds. */
const ROWS_PER_STEP = 1000;
/** Between two steps, so that purging takes a small part of the time. */
const PAUSE_MS = 20;
const PAUSE_AFTER_FAILURE_MS = 5_000;

/**
 * Deletes the tasks and executions of jobs that are gone, a few at a time: at once, a million tasks would hold up
 * everybody for seconds. To readers they are gone from the beginning (isPurged). Goes on after a restart.
 */
export class Purger {
  readonly #statements: Statements;
  readonly #jobs: Set<JobNumber>;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(statements: Statements) {
    this.#statements = statements;
    const rows = statements.all<{ job: number }>("SELECT job FROM purges ORDER BY job");
    this.#jobs = new Set(rows.map((row) => row.job));
    this.#schedule();
  }

  /** Whether the job's tasks and executions are to be taken as gone. */
  isPurged(job: JobNumber): boolean {
    return this.#jobs.has(job);
  }

  /** Takes up jobs whose purge has just been committed. */
  add(jobs: readonly JobNumber[]): void {
    for (const job of jobs) this.#jobs.add(job);
    this.#schedule();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Deletes some rows; false: there is nothing to delete any more. */
  step(): boolean {
    const [job] = this.#jobs;
    if (job === undefined) return false;
    const isDone = this.#statements.transaction(() => deleteSome(this.#statements, job));
    if (isDone) this.#jobs.delete(job);
    return this.#jobs.size > 0;
  }

  #schedule(pauseMs = PAUSE_MS): void {
    if (this.#jobs.size === 0 || this.#timer !== null) return;
    this.#timer = setTimeout(() => this.#onTimer(), pauseMs);
    this.#timer.unref();
  }

  #onTimer(): void {
    this.#timer = null;
    try {
      this.step();
      this.#schedule();
    } catch {
      // A full disk, say: the next commit tells it to somebody who can act.
      this.#schedule(PAUSE_AFTER_FAILURE_MS);
    }
  }
}

/** True when nothing of the job is left. */
function deleteSome(statements: Statements, job: JobNumber): boolean {
  const [first, end] = [taskNumberOf(job, 0), taskNumberOf(job + 1, 0)];
  removePlaces(statements, first, end);
  const tables = [
    ["executions", "task"],
    ["task_progress", "number"],
    ["tasks", "number"],
  ] as const;
  for (const [table, column] of tables) {
    const some = `SELECT number FROM ${table} WHERE ${column} >= ? AND ${column} < ? LIMIT ?`;
    const remove = `DELETE FROM ${table} WHERE number IN (${some})`;
    const { changes } = statements.prepare(remove).run(first, end, ROWS_PER_STEP);
    if (changes === ROWS_PER_STEP) return false;
  }
  statements.run("DELETE FROM purges WHERE job = ?", job);
  return true;
}

/** Of the executions that go in this step. */
function removePlaces(statements: Statements, first: number, end: number): void {
  const some = "SELECT number FROM executions WHERE task >= ? AND task < ? LIMIT ?";
  const remove = `DELETE FROM output_places WHERE execution IN (${some})`;
  statements.run(remove, first, end, ROWS_PER_STEP);
}
