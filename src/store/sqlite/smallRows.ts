import type { JobProgress } from "../../model/changes.ts";
import { foldId, taskNumberOf } from "../../model/id.ts";
import { emptyCounts, type JobRecord } from "../../model/job.ts";
import { emptyProgress, type NodeProgress, type NodeRecord } from "../../model/node.ts";
import type { NodeJobRecord } from "../../model/nodeJob.ts";
import type { RowWriter } from "./rowWriter.ts";
import type { Statements } from "./statements.ts";

const UPSERT_POOL = `INSERT INTO pools (number, folded_id, document) VALUES (?, ?, ?)
  ON CONFLICT (number) DO UPDATE SET folded_id = excluded.folded_id, document = excluded.document`;

export function writePool(
  statements: Statements,
  pool: { readonly number: number; readonly spec: { readonly id: string } },
): void {
  statements.run(UPSERT_POOL, pool.number, foldId(pool.spec.id), JSON.stringify(pool));
}

const REPLACE_NODE = "REPLACE INTO nodes (number, pool, folded_id, document) VALUES (?, ?, ?, ?)";

export function writeNode(statements: Statements, node: NodeRecord): void {
  statements.run(REPLACE_NODE, node.number, node.pool, foldId(node.id), JSON.stringify(node));
}

const UPSERT_JOB = `INSERT INTO jobs (number, folded_id, folded_pool_id, state, document)
  VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (number) DO UPDATE SET folded_id = excluded.folded_id,
    folded_pool_id = excluded.folded_pool_id, state = excluded.state, document = excluded.document`;

export function writeJob(statements: Statements, job: JobRecord): void {
  const { number, state, spec } = job;
  const document = JSON.stringify(job);
  statements.run(UPSERT_JOB, number, foldId(spec.id), foldId(spec.poolId), state, document);
}

export const REPLACE_NODE_PROGRESS = "REPLACE INTO node_progress";
export const NODE_PROGRESS_COLUMNS = 7;

export function addNodeProgressRow(writer: RowWriter, node: number, progress: NodeProgress): void {
  const { linkId, lastApplied, tasksRun, tasksSucceeded } = progress;
  writer.values.push(node, linkId, lastApplied, tasksRun, tasksSucceeded);
  writer.values.push(progress.retainedUntil, progress.retainingJobs);
  writer.written();
}

export const REPLACE_NODE_JOB = "REPLACE INTO node_jobs (job, node, node_id, document)";
export const NODE_JOB_COLUMNS = 4;

export function addNodeJobRow(writer: RowWriter, record: NodeJobRecord): void {
  writer.values.push(record.job, record.node, record.nodeId, JSON.stringify(record));
  writer.written();
}

export const NODE_SELECT = `SELECT n.number, n.document, p.link_id, p.last_applied, p.tasks_run,
  p.tasks_succeeded, p.retained_until, p.retaining_jobs
  FROM nodes AS n LEFT JOIN node_progress AS p ON p.number = n.number`;

export type NodeRow = { readonly number: number; readonly document: string } & (
  | {
      readonly link_id: string | null;
      readonly last_applied: number;
      readonly tasks_run: number;
      readonly tasks_succeeded: number;
      readonly retained_until: number;
      readonly retaining_jobs: number;
    }
  | { readonly last_applied: null }
);

export function nodeOf(row: NodeRow): { record: NodeRecord; progress: NodeProgress } {
  const record: NodeRecord = JSON.parse(row.document);
  if (row.last_applied === null) return { record, progress: emptyProgress() };
  const progress = {
    linkId: row.link_id,
    lastApplied: row.last_applied,
    tasksRun: row.tasks_run,
    tasksSucceeded: row.tasks_succeeded,
    retainedUntil: row.retained_until,
    retainingJobs: row.retaining_jobs,
  };
  return { record, progress };
}

export const REPLACE_JOB_PROGRESS = "REPLACE INTO job_progress";
export const JOB_PROGRESS_COLUMNS = 10;

export function addJobProgressRow(writer: RowWriter, job: number, progress: JobProgress): void {
  const { counts } = progress;
  writer.values.push(
    job,
    progress.firstActive,
    counts.active,
    counts.running,
    counts.succeeded,
    counts.failed,
    counts.activeSlots,
    counts.runningSlots,
    counts.succeededSlots,
    counts.failedSlots,
  );
  writer.written();
}

export const JOB_SELECT = `SELECT j.number, j.document, p.first_active, p.active, p.running,
  p.succeeded, p.failed, p.active_slots, p.running_slots, p.succeeded_slots, p.failed_slots
  FROM jobs AS j LEFT JOIN job_progress AS p ON p.number = j.number`;

export type JobRow = { readonly number: number; readonly document: string } & (
  | {
      readonly first_active: number;
      readonly active: number;
      readonly running: number;
      readonly succeeded: number;
      readonly failed: number;
      readonly active_slots: number;
      readonly running_slots: number;
      readonly succeeded_slots: number;
      readonly failed_slots: number;
    }
  | { readonly first_active: null }
);

export function jobOf(row: JobRow): { record: JobRecord; progress: JobProgress } {
  const record: JobRecord = JSON.parse(row.document);
  if (row.first_active === null) {
    const firstActive = taskNumberOf(row.number, 1);
    return { record, progress: { counts: emptyCounts(), firstActive } };
  }
  const counts = {
    active: row.active,
    running: row.running,
    succeeded: row.succeeded,
    failed: row.failed,
    activeSlots: row.active_slots,
    runningSlots: row.running_slots,
    succeededSlots: row.succeeded_slots,
    failedSlots: row.failed_slots,
  };
  return { record, progress: { counts, firstActive: row.first_active } };
}
