import { foldId, type JobNumber } from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import type { NodeJobRecord } from "../../model/nodeJob.ts";
import type { PoolRecord } from "../../model/pool.ts";
import { placedNodeJob } from "../outputPlaces.ts";
import { numberCursor, pageOf, pairCursor, textCursor } from "../page.ts";
import type { JobFilter, NodeFilter, Page, PageRequest, PoolFilter, Store } from "../store.ts";
import { Condition } from "./condition.ts";
import { finderOf } from "./places.ts";
import { JOB_SELECT, type JobRow, jobOf, NODE_SELECT, type NodeRow, nodeOf } from "./smallRows.ts";
import type { Statements } from "./statements.ts";

type JobEntry = Awaited<ReturnType<Store["listJobs"]>>["items"][number];
type NodeEntry = Awaited<ReturnType<Store["listNodes"]>>["items"][number];

interface DocumentRow {
  readonly document: string;
}

export function readPool(statements: Statements, foldedId: string): PoolRecord | null {
  const select = "SELECT document FROM pools WHERE folded_id = ?";
  const row = statements.first<DocumentRow>(select, foldedId);
  return row === null ? null : JSON.parse(row.document);
}

export function listPools(
  statements: Statements,
  { idPrefix }: PoolFilter,
  page: PageRequest,
): Page<PoolRecord> {
  const condition = new Condition();
  if (idPrefix !== undefined) condition.andPrefix("folded_id", foldId(idPrefix));
  const after = textCursor(page);
  if (after !== null) condition.and(`folded_id ${comparison(page)} ?`, after);
  const rows = statements.all<DocumentRow & { folded_id: string }>(
    `SELECT folded_id, document FROM pools WHERE ${condition.text}
      ORDER BY folded_id ${direction(page)} LIMIT ?`,
    ...condition.parameters,
    page.limit + 1,
  );
  return pageOf(
    rows,
    page.limit,
    (row) => row.folded_id,
    (row): PoolRecord => JSON.parse(row.document),
  );
}

export function listNodes(
  statements: Statements,
  filter: NodeFilter,
  page: PageRequest,
): Page<NodeEntry> {
  const condition = new Condition();
  const after = numberCursor(page);
  if (after !== null) condition.and(`n.number ${comparison(page)} ?`, after);
  if (filter.pool !== undefined) condition.and("n.pool = ?", filter.pool);
  if (filter.idPrefix !== undefined) condition.andPrefix("n.folded_id", foldId(filter.idPrefix));
  if (filter.numbers !== undefined) {
    const numbers = JSON.stringify(filter.numbers);
    condition.and("n.number IN (SELECT value FROM json_each(?))", numbers);
  }
  const rows = statements.all<NodeRow>(
    `${NODE_SELECT} WHERE ${condition.text} ORDER BY n.number ${direction(page)} LIMIT ?`,
    ...condition.parameters,
    page.limit + 1,
  );
  return pageOf(rows, page.limit, (row) => row.number, nodeOf);
}

export function readJob(statements: Statements, foldedId: string): JobEntry | null {
  const row = statements.first<JobRow>(`${JOB_SELECT} WHERE j.folded_id = ?`, foldedId);
  return row === null ? null : jobOf(row);
}

export function readJobsByNumber(
  statements: Statements,
  numbers: readonly JobNumber[],
): JobRecord[] {
  const select = `SELECT document FROM jobs
    WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number`;
  return statements
    .all<DocumentRow>(select, JSON.stringify(numbers))
    .map((row): JobRecord => JSON.parse(row.document));
}

export function listJobs(
  statements: Statements,
  filter: JobFilter,
  page: PageRequest,
): Page<JobEntry> {
  const condition = new Condition();
  const after = numberCursor(page);
  if (after !== null) condition.and(`j.number ${comparison(page)} ?`, after);
  if (filter.state !== undefined) condition.and("j.state = ?", filter.state);
  if (filter.poolId !== undefined) condition.and("j.folded_pool_id = ?", foldId(filter.poolId));
  if (filter.idPrefix !== undefined) condition.andPrefix("j.folded_id", foldId(filter.idPrefix));
  const rows = statements.all<JobRow>(
    `${JOB_SELECT} WHERE ${condition.text} ORDER BY j.number ${direction(page)} LIMIT ?`,
    ...condition.parameters,
    page.limit + 1,
  );
  return pageOf(rows, page.limit, (row) => row.number, jobOf);
}

export function readNodeJobs(statements: Statements, job: JobNumber): NodeJobRecord[] {
  const select = "SELECT document FROM node_jobs WHERE job = ? ORDER BY node";
  const find = finderOf(statements);
  return statements
    .all<DocumentRow>(select, job)
    .map((row) => placedNodeJob(JSON.parse(row.document), find));
}

export function listNodeJobs(
  statements: Statements,
  job: JobNumber,
  page: PageRequest,
): Page<NodeJobRecord> {
  const condition = new Condition().and("job = ?", job);
  const after = pairCursor(page);
  if (after !== null) condition.and(`(node_id, node) ${comparison(page)} (?, ?)`, ...after);
  const order = direction(page);
  const find = finderOf(statements);
  const rows = statements.all<DocumentRow & { node_id: string; node: number }>(
    `SELECT node_id, node, document FROM node_jobs WHERE ${condition.text}
      ORDER BY node_id ${order}, node ${order} LIMIT ?`,
    ...condition.parameters,
    page.limit + 1,
  );
  return pageOf(
    rows,
    page.limit,
    (row) => [row.node_id, row.node],
    (row) => placedNodeJob(JSON.parse(row.document), find),
  );
}

/** How a row after the cursor compares with it. */
export function comparison(page: PageRequest): "<" | ">" {
  return page.order === "ascending" ? ">" : "<";
}

export function direction(page: PageRequest): "ASC" | "DESC" {
  return page.order === "ascending" ? "ASC" : "DESC";
}
