import type { Counters, JobProgress } from "../../model/changes.ts";
import type { ExecutionRecord } from "../../model/execution.ts";
import { type TaskNumber, taskNumberOf } from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { LiveState, QueuedRange, QueuedTasks } from "../store.ts";
import { TASK_STATE } from "./codes.ts";
import { type ExecutionRow, executionOf } from "./executionRows.ts";
import { readFleet } from "./fleetRows.ts";
import { JOB_SELECT, type JobRow, jobOf, NODE_SELECT, type NodeRow, nodeOf } from "./smallRows.ts";
import type { Statements } from "./statements.ts";
import { TASK_COLUMNS, type TaskRow, taskOf } from "./taskRows.ts";

/** Tasks looked at together. A block of equal queued tasks, the usual case, costs two aggregates and no row. */
const BLOCK_TASKS = 4096;

/** Everything that is live, in one transaction. */
export function readLiveState(statements: Statements): LiveState {
  return statements.transaction(() => {
    const jobs = statements
      .all<JobRow>(`${JOB_SELECT} WHERE j.state <> 'completed' ORDER BY j.number`)
      .map(jobOf);
    return {
      counters: readCounters(statements),
      pools: documents(statements, "SELECT document FROM pools ORDER BY number"),
      nodes: statements.all<NodeRow>(`${NODE_SELECT} ORDER BY n.number`).map(nodeOf),
      jobs,
      nodeJobs: documents(statements, LIVE_NODE_JOBS),
      executions: readLiveExecutions(statements),
      removals: statements.all(
        `SELECT number, node, job_id AS jobId, task_id AS taskId FROM removals ORDER BY number`,
      ),
      queued: jobs
        .filter(({ record }) => record.spec.groups === undefined)
        .map((job) =>
          job.record.spec.run === undefined
            ? readQueue(statements, job)
            : readTargets(statements, job.record),
        )
        .filter(({ ranges, again }) => ranges.length > 0 || again.length > 0),
      fleet: readFleet(statements),
      groupTasks: jobs.flatMap(({ record }) => readGroupTasks(statements, record)),
    };
  });
}

const LIVE_NODE_JOBS = `SELECT x.document FROM jobs AS j
  CROSS JOIN node_jobs AS x ON x.job = j.number
  CROSS JOIN nodes AS n ON n.number = x.node
  WHERE j.state <> 'completed' ORDER BY x.job, x.node`;

function documents<Document>(statements: Statements, select: string): Document[] {
  return statements
    .all<{ document: string }>(select)
    .map((row): Document => JSON.parse(row.document));
}

function readCounters(statements: Statements): Counters {
  const select = `SELECT pool, node, job, execution, event, removal, job_change AS jobChange, time
    FROM meta WHERE id = 1`;
  const counters = statements.first<Counters>(select);
  if (counters === null) throw new Error("the store has no counters");
  return counters;
}

function readLiveExecutions(
  statements: Statements,
): { record: ExecutionRecord; task: TaskRecord }[] {
  const executions = statements.all<ExecutionRow>("SELECT * FROM live_executions ORDER BY number");
  const select = `SELECT ${TASK_COLUMNS} FROM tasks AS t
    LEFT JOIN task_progress AS p ON p.number = t.number WHERE t.number = ?`;
  return executions.flatMap((row) => {
    const task = statements.first<TaskRow>(select, row.task);
    return task === null ? [] : [{ record: executionOf(row), task: taskOf(task) }];
  });
}

function readQueue(
  statements: Statements,
  job: { readonly record: JobRecord; readonly progress: JobProgress },
): QueuedTasks {
  const { number } = job.record;
  const { firstActive } = job.progress;
  const bounds = statements.first<{ last: number | null }>(
    "SELECT max(number) AS last FROM tasks WHERE number >= ? AND number < ?",
    firstActive,
    taskNumberOf(number + 1, 0),
  );
  const last = bounds?.last ?? null;
  if (last === null) return { job: number, ranges: [], again: [] };
  const ranges: QueuedRange[] = [];
  for (let first = firstActive; first <= last; first += BLOCK_TASKS) {
    addBlock(statements, ranges, first, Math.min(first + BLOCK_TASKS - 1, last));
  }
  return { job: number, ranges, again: readAgain(statements, firstActive, last) };
}

const BLOCK = `SELECT count(*) AS count, min(number) AS first, max(number) AS last,
  min(slots) AS least, max(slots) AS most FROM tasks WHERE number BETWEEN ? AND ?`;

const BLOCK_MOVED = `SELECT count(*) AS count FROM task_progress WHERE number BETWEEN ? AND ?`;

// Row by row, where tasks of a block differ or some have moved: those with a row of progress are left out.
const BLOCK_ROWS = `SELECT t.number, t.slots FROM tasks AS t
  LEFT JOIN task_progress AS p ON p.number = t.number
  WHERE t.number BETWEEN ? AND ? AND p.number IS NULL ORDER BY t.number`;

function addBlock(
  statements: Statements,
  ranges: QueuedRange[],
  from: TaskNumber,
  to: TaskNumber,
): void {
  const moved = statements.first<{ count: number }>(BLOCK_MOVED, from, to)?.count ?? 0;
  if (moved === to - from + 1) return;
  const block = statements.first<BlockRow>(BLOCK, from, to);
  if (block === null || block.first === null || block.count === moved) return;
  const { first, last, least, most } = block;
  if (moved === 0 && least === most && last - first + 1 === block.count) {
    addRange(ranges, first, last, least);
    return;
  }
  for (const [number, slots] of statements.prepare(BLOCK_ROWS).values(from, to)) {
    addRange(ranges, Number(number), Number(number), Number(slots));
  }
}

type BlockRow =
  | { count: 0; first: null }
  | { count: number; first: number; last: number; least: number; most: number };

/** Lengthens the last range where it can. */
function addRange(ranges: QueuedRange[], first: TaskNumber, last: TaskNumber, slots: number): void {
  const before = ranges.at(-1);
  if (before !== undefined && before.last + 1 === first && before.slots === slots) {
    ranges[ranges.length - 1] = { first: before.first, last, slots };
  } else ranges.push({ first, last, slots });
}

function readGroupTasks(statements: Statements, job: JobRecord): TaskRecord[] {
  if (job.spec.groups === undefined) return [];
  const select = `SELECT ${TASK_COLUMNS} FROM tasks AS t
    LEFT JOIN task_progress AS p ON p.number = t.number
    WHERE t.number BETWEEN ? AND ? ORDER BY t.number`;
  const last = taskNumberOf(job.number + 1, 0) - 1;
  return statements.all<TaskRow>(select, taskNumberOf(job.number, 0), last).map(taskOf);
}

/** Targets of a fleet run that wait for their nodes: whole, as each has a node of its own. */
function readTargets(statements: Statements, { number }: JobRecord): QueuedTasks {
  const select = `SELECT ${TASK_COLUMNS} FROM tasks AS t
    LEFT JOIN task_progress AS p ON p.number = t.number
    WHERE t.number BETWEEN ? AND ? AND (p.state IS NULL OR p.state = ${TASK_STATE.numberOf.active})
    ORDER BY t.number`;
  const last = taskNumberOf(number + 1, 0) - 1;
  const again = statements.all<TaskRow>(select, taskNumberOf(number, 0), last).map(taskOf);
  return { job: number, ranges: [], again };
}

/** Active tasks that have moved since their creation. */
function readAgain(statements: Statements, first: TaskNumber, last: TaskNumber): TaskRecord[] {
  const select = `SELECT ${TASK_COLUMNS} FROM task_progress AS p
    CROSS JOIN tasks AS t ON t.number = p.number
    WHERE p.number BETWEEN ? AND ? AND p.state = ${TASK_STATE.numberOf.active} ORDER BY p.number`;
  return statements.all<TaskRow>(select, first, last).map(taskOf);
}
