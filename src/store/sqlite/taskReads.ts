import { foldId, type JobNumber, type TaskNumber, taskNumberOf } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import { numberCursor, pageOf } from "../page.ts";
import type { Page, PageRequest, TaskFilter } from "../store.ts";
import { TASK_RESULT, TASK_STATE } from "./codes.ts";
import { Condition } from "./condition.ts";
import { type Span, scan, spanAfter } from "./scan.ts";
import { comparison, direction } from "./smallLists.ts";
import type { Statements } from "./statements.ts";
import {
  PROGRESS_SELECT,
  type ProgressRow,
  SPEC_COLUMNS,
  type SpecRow,
  TASK_COLUMNS,
  type TaskRow,
  taskOf,
  unmovedTask,
} from "./taskRows.ts";

/** Ids or numbers looked up by one statement. */
const KEYS_PER_STATEMENT = 100;

const FROM_TASKS = "FROM tasks AS t LEFT JOIN task_progress AS p ON p.number = t.number";

export function readTasks(
  statements: Statements,
  job: JobNumber,
  foldedIds: readonly string[],
): TaskRecord[] {
  const select = `SELECT ${TASK_COLUMNS} ${FROM_TASKS} WHERE t.job = ? AND t.folded_id IN`;
  return chunks(foldedIds).flatMap((ids) =>
    statements.all<TaskRow>(`${select} (${marks(ids)})`, job, ...ids).map(taskOf),
  );
}

export function findTaskIds(
  statements: Statements,
  job: JobNumber,
  foldedIds: readonly string[],
): Set<string> {
  const found = new Set<string>();
  for (const ids of chunks(foldedIds)) {
    const select = `SELECT folded_id FROM tasks WHERE job = ? AND folded_id IN (${marks(ids)})`;
    for (const [id] of statements.prepare(select).values(job, ...ids)) found.add(String(id));
  }
  return found;
}

export function readTasksByNumber(
  statements: Statements,
  numbers: readonly TaskNumber[],
): TaskRecord[] {
  const select = `SELECT ${TASK_COLUMNS} ${FROM_TASKS} WHERE t.number IN`;
  const rising = numbers.toSorted((a, b) => a - b);
  return chunks(rising).flatMap((some) =>
    statements.all<TaskRow>(`${select} (${marks(some)}) ORDER BY t.number`, ...some).map(taskOf),
  );
}

/** Mostly tasks that have not moved yet: the few that have are looked up apart, at half the cost of a join. */
export function readTaskRange(
  statements: Statements,
  first: TaskNumber,
  last: TaskNumber,
  limit: number,
): TaskRecord[] {
  const select = `SELECT ${SPEC_COLUMNS} FROM tasks AS t
    WHERE t.number BETWEEN ? AND ? AND t.job NOT IN (SELECT job FROM purges)
    ORDER BY t.number LIMIT ?`;
  const rows = statements.all<SpecRow>(select, first, last, limit);
  const selectMoved = `SELECT p.number, ${PROGRESS_SELECT} FROM task_progress AS p
    WHERE p.number BETWEEN ? AND ?`;
  const moved = new Map(
    statements
      .all<SpecRow & ProgressRow>(selectMoved, first, rows.at(-1)?.number ?? first)
      .map((row) => [row.number, row]),
  );
  return rows.map((row) => {
    const progress = moved.get(row.number);
    return progress === undefined ? unmovedTask(row) : taskOf({ ...progress, ...row });
  });
}

export async function listTasks(
  statements: Statements,
  job: JobNumber,
  filter: TaskFilter,
  page: PageRequest,
): Promise<Page<TaskRecord>> {
  const after = numberCursor(page);
  const condition = conditionOf(filter);
  const rows =
    filter.idPrefix === undefined
      ? await listByNumber(statements, job, condition, filter, after, page)
      : listByPrefix(statements, job, condition, foldId(filter.idPrefix), after, page);
  return pageOf(rows, page.limit, (row) => row.number, taskOf);
}

function conditionOf(filter: TaskFilter): Condition {
  const condition = new Condition();
  if (filter.state !== undefined) {
    const state = TASK_STATE.numberOf[filter.state];
    // A task that has not moved has no row of progress.
    if (filter.state === "active") condition.and("coalesce(p.state, ?) = ?", state, state);
    else condition.and("p.state = ?", state);
  }
  if (filter.result !== undefined) {
    condition.and("p.result = ?", TASK_RESULT.numberOf[filter.result]);
  }
  if (filter.node !== undefined) condition.and("p.node = ?", filter.node);
  return condition;
}

async function listByNumber(
  statements: Statements,
  job: JobNumber,
  condition: Condition,
  filter: TaskFilter,
  after: number | null,
  page: PageRequest,
): Promise<TaskRow[]> {
  const span = spanAfter(taskSpan(statements, job), after, page.order);
  const needsMoved =
    filter.node !== undefined ||
    filter.result !== undefined ||
    (filter.state !== undefined && filter.state !== "active");
  // The rows of progress are few and short beside those of the tasks.
  const from = needsMoved
    ? "FROM task_progress AS p CROSS JOIN tasks AS t ON t.number = p.number"
    : FROM_TASKS;
  const number = needsMoved ? "p.number" : "t.number";
  const select = `SELECT ${TASK_COLUMNS} ${from} WHERE ${number} BETWEEN ? AND ?
    AND ${condition.text} ORDER BY ${number} ${direction(page)} LIMIT ?`;
  return await scan(span, page.order, page.limit + 1, (window, limit) =>
    statements.all<TaskRow>(select, window.first, window.last, ...condition.parameters, limit),
  );
}

/** Prefixes fit few tasks as a rule: found by the index of ids, then sorted. */
function listByPrefix(
  statements: Statements,
  job: JobNumber,
  condition: Condition,
  prefix: string,
  after: number | null,
  page: PageRequest,
): TaskRow[] {
  condition.and(
    "t.job = ? AND t.folded_id >= ? AND t.folded_id < ?",
    job,
    prefix,
    `${prefix}\u{10ffff}`,
  );
  if (after !== null) condition.and(`t.number ${comparison(page)} ?`, after);
  return statements.all<TaskRow>(
    `SELECT ${TASK_COLUMNS} FROM tasks AS t INDEXED BY tasks_by_id
      LEFT JOIN task_progress AS p ON p.number = t.number
      WHERE ${condition.text} ORDER BY t.number ${direction(page)} LIMIT ?`,
    ...condition.parameters,
    page.limit + 1,
  );
}

/** From the job's first to its last task; empty when it has none. */
function taskSpan(statements: Statements, job: JobNumber): Span {
  const among = "FROM tasks WHERE number >= ? AND number < ?";
  const bounds = statements.first<{ first: number | null; last: number | null }>(
    `SELECT (SELECT min(number) ${among}) AS first, (SELECT max(number) ${among}) AS last`,
    taskNumberOf(job, 0),
    taskNumberOf(job + 1, 0),
    taskNumberOf(job, 0),
    taskNumberOf(job + 1, 0),
  );
  return { first: bounds?.first ?? 0, last: bounds?.last ?? -1 };
}

function chunks<Key>(keys: readonly Key[]): Key[][] {
  const result: Key[][] = [];
  for (let at = 0; at < keys.length; at += KEYS_PER_STATEMENT) {
    result.push(keys.slice(at, at + KEYS_PER_STATEMENT));
  }
  return result;
}

function marks(keys: readonly unknown[]): string {
  return Array(keys.length).fill("?").join(", ");
}
