import type { ExecutionRecord } from "../../model/execution.ts";
import { type ExecutionNumber, taskNumberOf } from "../../model/id.ts";
import { placedExecution } from "../outputPlaces.ts";
import { numberCursor, pageOf } from "../page.ts";
import type { ExecutionFilter, Page, PageRequest } from "../store.ts";
import { Condition } from "./condition.ts";
import { type ExecutionRow, executionOf } from "./executionRows.ts";
import { finderOf } from "./places.ts";
import { scan, spanAfter } from "./scan.ts";
import { comparison, direction } from "./smallLists.ts";
import type { Statements } from "./statements.ts";

export function readExecution(
  statements: Statements,
  number: ExecutionNumber,
): ExecutionRecord | null {
  const row =
    statements.first<ExecutionRow>("SELECT * FROM live_executions WHERE number = ?", number) ??
    statements.first<ExecutionRow>("SELECT * FROM executions WHERE number = ?", number);
  return row === null ? null : placedExecution(executionOf(row), finderOf(statements));
}

export async function listExecutions(
  statements: Statements,
  filter: ExecutionFilter,
  page: PageRequest,
): Promise<Page<ExecutionRecord>> {
  const after = numberCursor(page);
  const rows = listLive(statements, filter, after, page);
  if (filter.live !== true) {
    const isByTask = filter.task !== undefined || filter.job !== undefined;
    const over = isByTask
      ? listOverByTask(statements, filter, after, page)
      : await listOverByNumber(statements, filter, after, page);
    const sign = page.order === "ascending" ? 1 : -1;
    rows.push(...over);
    rows.sort((a, b) => sign * (a.number - b.number));
  }
  const find = finderOf(statements);
  return pageOf(
    rows,
    page.limit,
    (row) => row.number,
    (row) => placedExecution(executionOf(row), find),
  );
}

function conditionOf(filter: ExecutionFilter): Condition {
  const condition = new Condition();
  if (filter.task !== undefined) condition.and("task = ?", filter.task);
  if (filter.job !== undefined) {
    const [first, end] = [taskNumberOf(filter.job, 0), taskNumberOf(filter.job + 1, 0)];
    condition.and("task >= ? AND task < ?", first, end);
  }
  if (filter.node !== undefined) {
    const inGang = "nodes IS NOT NULL AND ? IN (SELECT value FROM json_each(nodes))";
    condition.and(`(node = ? OR (${inGang}))`, filter.node, filter.node);
  }
  return condition;
}

function listLive(
  statements: Statements,
  filter: ExecutionFilter,
  after: number | null,
  page: PageRequest,
): ExecutionRow[] {
  const condition = conditionOf(filter);
  if (after !== null) condition.and(`number ${comparison(page)} ?`, after);
  return statements.all<ExecutionRow>(
    `SELECT * FROM live_executions WHERE ${condition.text}
      ORDER BY number ${direction(page)} LIMIT ?`,
    ...condition.parameters,
    page.limit + 1,
  );
}

/** Numbers by the index of tasks, sorted; then the rows of the page alone. */
function listOverByTask(
  statements: Statements,
  filter: ExecutionFilter,
  after: number | null,
  page: PageRequest,
): ExecutionRow[] {
  const condition = conditionOf(filter);
  if (after !== null) condition.and(`number ${comparison(page)} ?`, after);
  return statements.all<ExecutionRow>(
    `SELECT * FROM executions WHERE number IN (
        SELECT number FROM executions INDEXED BY executions_by_task
        WHERE ${condition.text} ORDER BY number ${direction(page)} LIMIT ?
      ) ORDER BY number ${direction(page)}`,
    ...condition.parameters,
    page.limit + 1,
  );
}

async function listOverByNumber(
  statements: Statements,
  filter: ExecutionFilter,
  after: number | null,
  page: PageRequest,
): Promise<ExecutionRow[]> {
  const bounds = statements.first<{ first: number | null; last: number | null }>(
    `SELECT (SELECT min(number) FROM executions) AS first,
      (SELECT max(number) FROM executions) AS last`,
  );
  const whole = { first: bounds?.first ?? 0, last: bounds?.last ?? -1 };
  // See the purger: what it has not deleted yet is gone all the same.
  const isThere = "task / 134217728 NOT IN (SELECT job FROM purges)";
  const condition = conditionOf(filter).and(isThere);
  const select = `SELECT * FROM executions WHERE number BETWEEN ? AND ? AND ${condition.text}
    ORDER BY number ${direction(page)} LIMIT ?`;
  return await scan(
    spanAfter(whole, after, page.order),
    page.order,
    page.limit + 1,
    (window, limit) =>
      statements.all(select, window.first, window.last, ...condition.parameters, limit),
  );
}
