import { foldId } from "../../model/id.ts";
import {
  newTaskProgress,
  type TaskOutcome,
  type TaskProgress,
  type TaskRecord,
} from "../../model/task.ts";
import { slotsOf } from "../../model/taskSpec.ts";
import { TASK_RESULT, TASK_STATE } from "./codes.ts";
import type { RowWriter } from "./rowWriter.ts";

export const INSERT_TASK = "INSERT INTO tasks (number, folded_id, id, created_at, slots, spec)";
export const INSERT_TASK_COLUMNS = 6;
/** The same task twice is the same as once; another task of the same id is an error. */
export const INSERT_TASK_CONFLICT = "ON CONFLICT (number) DO NOTHING";

export function addTaskRow(writer: RowWriter, task: TaskRecord): void {
  const folded = foldId(task.id);
  const id = folded === task.id ? null : task.id;
  const spec = JSON.stringify(task.spec);
  writer.values.push(task.number, folded, id, task.createdAt, slotsOf(task.spec), spec);
  writer.written();
}

export const REPLACE_PROGRESS = "REPLACE INTO task_progress";
export const PROGRESS_COLUMNS = 22;

export function addProgressRow(writer: RowWriter, task: number, progress: TaskProgress): void {
  const { previousState, outcome } = progress;
  writer.values.push(
    task,
    TASK_STATE.numberOf[progress.state],
    progress.stateAt,
    previousState === null ? null : TASK_STATE.numberOf[previousState],
    progress.previousStateAt,
    progress.retryCount,
    progress.requeueCount,
    progress.systemTaskVersion,
    progress.recoveryCount,
    progress.lastRetryAt,
    progress.lastRequeueAt,
    progress.startedAt,
    progress.endedAt,
    progress.node,
    progress.nodeId,
    progress.execution,
    outcome === null ? null : TASK_RESULT.numberOf[outcome.result],
    outcome === null ? null : outcome.exitCode,
    outcome === null || outcome.failure === null ? null : JSON.stringify(outcome.failure),
    progress.deleting ? 1 : 0,
    progress.group === undefined ? null : JSON.stringify(progress.group),
    progress.held ? 1 : 0,
  );
  writer.written();
}

/** Columns of what never changes of a task, for `tasks AS t`. */
export const SPEC_COLUMNS = "t.number, t.folded_id, t.id, t.created_at, t.spec";

/** Columns of how far a task has come, for `task_progress AS p`. */
export const PROGRESS_SELECT = `p.state, p.state_at, p.previous_state, p.previous_state_at,
  p.retry_count, p.requeue_count, p.system_task_version, p.recovery_count, p.last_retry_at,
  p.last_requeue_at, p.started_at, p.ended_at, p.node, p.node_id, p.execution, p.result,
  p.exit_code, p.failure, p.deleting, p.group_progress, p.held`;

/** Columns of a whole task, for `tasks AS t LEFT JOIN task_progress AS p`. */
export const TASK_COLUMNS = `${SPEC_COLUMNS}, ${PROGRESS_SELECT}`;

export interface ProgressRow {
  readonly state: number;
  readonly state_at: number;
  readonly previous_state: number | null;
  readonly previous_state_at: number | null;
  readonly retry_count: number;
  readonly requeue_count: number;
  readonly system_task_version: number;
  readonly recovery_count: number;
  readonly last_retry_at: number | null;
  readonly last_requeue_at: number | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly node: number | null;
  readonly node_id: string | null;
  readonly execution: number | null;
  readonly result: number | null;
  readonly exit_code: number | null;
  readonly failure: string | null;
  readonly deleting: number;
  readonly group_progress: string | null;
  readonly held: number;
}

interface NoProgressRow {
  readonly state: null;
}

export interface SpecRow {
  readonly number: number;
  readonly folded_id: string;
  readonly id: string | null;
  readonly created_at: number;
  readonly spec: string;
}

export type TaskRow = SpecRow & (ProgressRow | NoProgressRow);

export function taskOf(row: TaskRow): TaskRecord {
  const task = unmovedTask(row);
  if (row.state !== null) task.progress = progressOf(row);
  return task;
}

/** The task of a row that has no progress. */
export function unmovedTask(row: SpecRow): TaskRecord {
  return {
    number: row.number,
    id: row.id ?? row.folded_id,
    createdAt: row.created_at,
    spec: JSON.parse(row.spec),
    progress: newTaskProgress(row.created_at),
  };
}

function progressOf(row: ProgressRow): TaskProgress {
  return {
    state: TASK_STATE.wordOf(row.state),
    stateAt: row.state_at,
    previousState: row.previous_state === null ? null : TASK_STATE.wordOf(row.previous_state),
    previousStateAt: row.previous_state_at,
    retryCount: row.retry_count,
    requeueCount: row.requeue_count,
    systemTaskVersion: row.system_task_version,
    recoveryCount: row.recovery_count,
    lastRetryAt: row.last_retry_at,
    lastRequeueAt: row.last_requeue_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    node: row.node,
    nodeId: row.node_id,
    execution: row.execution,
    outcome: outcomeOf(row),
    deleting: row.deleting === 1,
    held: row.held === 1,
    ...(row.group_progress === null ? {} : { group: JSON.parse(row.group_progress) }),
  };
}

function outcomeOf(row: ProgressRow): TaskOutcome | null {
  if (row.result === null) return null;
  return {
    result: TASK_RESULT.wordOf(row.result),
    exitCode: row.exit_code,
    failure: row.failure === null ? null : JSON.parse(row.failure),
  };
}
