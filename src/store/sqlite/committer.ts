import type { Changes, Counters } from "../../model/changes.ts";
import { type TaskNumber, taskNumberOf } from "../../model/id.ts";
import { slotsOf, type TaskSpec } from "../../model/taskSpec.ts";
import type { IdempotencyRecord } from "../store.ts";
import { isUntouched } from "../untouched.ts";
import { addEventRow, EVENT_COLUMNS, REPLACE_EVENT } from "./eventRows.ts";
import {
  addExecutionRow,
  EXECUTION_COLUMNS,
  isOver,
  REPLACE_EXECUTION,
  REPLACE_LIVE_EXECUTION,
} from "./executionRows.ts";
import { writeFleet } from "./fleetRows.ts";
import { RowWriter } from "./rowWriter.ts";
import {
  addJobProgressRow,
  addNodeJobRow,
  addNodeProgressRow,
  JOB_PROGRESS_COLUMNS,
  NODE_JOB_COLUMNS,
  NODE_PROGRESS_COLUMNS,
  REPLACE_JOB_PROGRESS,
  REPLACE_NODE_JOB,
  REPLACE_NODE_PROGRESS,
  writeJob,
  writeNode,
  writePool,
} from "./smallRows.ts";
import type { Statements } from "./statements.ts";
import {
  addProgressRow,
  addTaskRow,
  INSERT_TASK,
  INSERT_TASK_COLUMNS,
  INSERT_TASK_CONFLICT,
  PROGRESS_COLUMNS,
  REPLACE_PROGRESS,
} from "./taskRows.ts";

/** Writes changes within the transaction that its caller has begun. Applied twice, they are the same as once. */
export class Committer {
  readonly #statements: Statements;
  readonly #tasks: RowWriter;
  readonly #taskProgress: RowWriter;
  readonly #liveExecutions: RowWriter;
  readonly #executions: RowWriter;
  readonly #events: RowWriter;
  readonly #nodeProgress: RowWriter;
  readonly #jobProgress: RowWriter;
  readonly #nodeJobs: RowWriter;
  readonly #goneLive: RowWriter;

  constructor(statements: Statements) {
    this.#statements = statements;
    const writer = (insert: string, columns: number, onConflict?: string) =>
      new RowWriter(statements, insert, columns, onConflict);
    this.#tasks = writer(INSERT_TASK, INSERT_TASK_COLUMNS, INSERT_TASK_CONFLICT);
    this.#taskProgress = writer(REPLACE_PROGRESS, PROGRESS_COLUMNS);
    this.#liveExecutions = writer(REPLACE_LIVE_EXECUTION, EXECUTION_COLUMNS);
    this.#executions = writer(REPLACE_EXECUTION, EXECUTION_COLUMNS);
    this.#events = writer(REPLACE_EVENT, EVENT_COLUMNS);
    this.#nodeProgress = writer(REPLACE_NODE_PROGRESS, NODE_PROGRESS_COLUMNS);
    this.#jobProgress = writer(REPLACE_JOB_PROGRESS, JOB_PROGRESS_COLUMNS);
    this.#nodeJobs = writer(REPLACE_NODE_JOB, NODE_JOB_COLUMNS);
    this.#goneLive = writer("DELETE FROM live_executions WHERE number IN (", 1, ")");
  }

  write(changes: Changes): void {
    this.#forgetGathered();
    // What goes, goes first: its id may be taken by something new in the same changes.
    this.#removeGone(changes);
    this.#writeSmall(changes);
    this.#writeTasks(changes);
    this.#writeExecutions(changes);
    for (const event of changes.events) addEventRow(this.#events, event);
    this.#events.flush();
    for (const job of changes.purgedJobs) this.#purge(job);
    if (changes.fleet !== null) writeFleet(this.#statements, changes.fleet);
    if (changes.counters !== null) this.#writeCounters(changes.counters);
  }

  /** Keeps the first answer of each key. */
  writeIdempotency(records: readonly IdempotencyRecord[]): void {
    const insert = `INSERT INTO idempotency (key, request_hash, status, created_at, body)
      VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`;
    for (const { key, requestHash, status, createdAt, body } of records) {
      this.#statements.run(insert, key, requestHash, status, createdAt, body);
    }
  }

  /** A commit that failed may have left rows behind. */
  #forgetGathered(): void {
    this.#tasks.clear();
    this.#taskProgress.clear();
    this.#liveExecutions.clear();
    this.#executions.clear();
    this.#events.clear();
    this.#nodeProgress.clear();
    this.#jobProgress.clear();
    this.#nodeJobs.clear();
    this.#goneLive.clear();
  }

  #removeGone(changes: Changes): void {
    const statements = this.#statements;
    for (const [number, pool] of changes.pools) {
      if (pool === null) statements.run("DELETE FROM pools WHERE number = ?", number);
    }
    for (const [number, node] of changes.nodes) {
      if (node !== null) continue;
      statements.run("DELETE FROM nodes WHERE number = ?", number);
      statements.run("DELETE FROM node_progress WHERE number = ?", number);
    }
    for (const [number, job] of changes.jobs) {
      if (job !== null) continue;
      statements.run("DELETE FROM jobs WHERE number = ?", number);
      statements.run("DELETE FROM job_progress WHERE number = ?", number);
    }
    const gone: TaskNumber[] = [];
    for (const [number, progress] of changes.tasks) if (progress === null) gone.push(number);
    if (gone.length === 0) return;
    const numbers = JSON.stringify(gone);
    const among = "IN (SELECT value FROM json_each(?))";
    statements.run(`DELETE FROM tasks WHERE number ${among}`, numbers);
    statements.run(`DELETE FROM task_progress WHERE number ${among}`, numbers);
    statements.run(`DELETE FROM live_executions WHERE task ${among}`, numbers);
    const executions = `SELECT number FROM executions WHERE task ${among}`;
    statements.run(`DELETE FROM output_places WHERE execution IN (${executions})`, numbers);
    statements.run(`DELETE FROM executions WHERE task ${among}`, numbers);
  }

  #writeSmall(changes: Changes): void {
    const statements = this.#statements;
    for (const pool of changes.pools.values()) if (pool !== null) writePool(statements, pool);
    for (const node of changes.nodes.values()) if (node !== null) writeNode(statements, node);
    for (const job of changes.jobs.values()) if (job !== null) writeJob(statements, job);
    for (const [number, progress] of changes.nodeProgress) {
      if (changes.nodes.get(number) === null) continue;
      addNodeProgressRow(this.#nodeProgress, number, progress);
    }
    this.#nodeProgress.flush();
    for (const [number, progress] of changes.jobProgress) {
      if (changes.jobs.get(number) === null) continue;
      addJobProgressRow(this.#jobProgress, number, progress);
    }
    this.#jobProgress.flush();
    for (const record of changes.nodeJobs.values()) addNodeJobRow(this.#nodeJobs, record);
    this.#nodeJobs.flush();
    for (const [number, removal] of changes.removals) {
      if (removal === null) statements.run("DELETE FROM removals WHERE number = ?", number);
      else {
        const { node, jobId, taskId } = removal;
        statements.run("REPLACE INTO removals VALUES (?, ?, ?, ?)", number, node, jobId, taskId);
      }
    }
  }

  #writeTasks(changes: Changes): void {
    for (const task of changes.newTasks) {
      const moved = changes.tasks.get(task.number);
      if (moved === null) continue;
      addTaskRow(this.#tasks, task);
      // One that is in `tasks` too is written below.
      if (moved === undefined && !isUntouched(task, task.progress)) {
        addProgressRow(this.#taskProgress, task.number, task.progress);
      }
    }
    this.#tasks.flush();
    for (const [number, progress] of changes.tasks) {
      if (progress !== null) addProgressRow(this.#taskProgress, number, progress);
    }
    this.#taskProgress.flush();
    for (const [number, spec] of changes.taskSpecs) this.#writeSpec(number, spec);
  }

  #writeSpec(task: TaskNumber, spec: TaskSpec): void {
    const update = "UPDATE tasks SET spec = ?, slots = ? WHERE number = ?";
    this.#statements.run(update, JSON.stringify(spec), slotsOf(spec), task);
  }

  #writeExecutions(changes: Changes): void {
    for (const execution of changes.executions.values()) {
      if (changes.tasks.get(execution.task) === null) continue;
      if (isOver(execution.state)) {
        this.#goneLive.values.push(execution.number);
        this.#goneLive.written();
        addExecutionRow(this.#executions, execution);
      } else addExecutionRow(this.#liveExecutions, execution);
    }
    this.#goneLive.flush();
    this.#executions.flush();
    this.#liveExecutions.flush();
  }

  /** A job of a million tasks takes seconds to delete: only marks it here; the purger deletes bit by bit. */
  #purge(job: number): void {
    const statements = this.#statements;
    const [first, end] = [taskNumberOf(job, 0), taskNumberOf(job + 1, 0)];
    for (const special of ["preparation", "release"]) {
      const executions = `SELECT document ->> '$.${special}.execution' FROM node_jobs WHERE job = ?`;
      statements.run(`DELETE FROM output_places WHERE execution IN (${executions})`, job);
    }
    statements.run("DELETE FROM node_jobs WHERE job = ?", job);
    statements.run("DELETE FROM live_executions WHERE task >= ? AND task < ?", first, end);
    statements.run("INSERT INTO purges (job) VALUES (?) ON CONFLICT (job) DO NOTHING", job);
  }

  #writeCounters(counters: Counters): void {
    const { pool, node, job, execution, event, removal, jobChange, time } = counters;
    const update = `UPDATE meta SET pool = ?, node = ?, job = ?, execution = ?, event = ?,
      removal = ?, job_change = ?, time = ? WHERE id = 1`;
    this.#statements.run(update, pool, node, job, execution, event, removal, jobChange, time);
  }
}
