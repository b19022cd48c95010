import { type CompactResult, compactResult, wholeResult } from "../../model/compactResult.ts";
import type { ExecutionRecord, ExecutionState } from "../../model/execution.ts";
import { jobOfTask } from "../../model/id.ts";
import { EXECUTION_STATE, STOP_REASON } from "./codes.ts";
import type { RowWriter } from "./rowWriter.ts";

export const REPLACE_LIVE_EXECUTION = "REPLACE INTO live_executions";
export const REPLACE_EXECUTION = "REPLACE INTO executions";
export const EXECUTION_COLUMNS = 14;

/** Whether nothing more is awaited from the execution, so that a restart need not know it. */
export function isOver(state: ExecutionState): boolean {
  return state === "ended" || state === "lost";
}

export function addExecutionRow(writer: RowWriter, execution: ExecutionRecord): void {
  const { nodes, stopReason, result } = execution;
  writer.values.push(
    execution.number,
    execution.task,
    execution.ordinal,
    nodes[0] ?? 0,
    nodes.length === 1 ? null : JSON.stringify(nodes),
    execution.nodeId,
    execution.keepDirectory ? 1 : 0,
    EXECUTION_STATE.numberOf[execution.state],
    stopReason === null ? null : STOP_REASON.numberOf[stopReason],
    execution.assignedAt,
    execution.startedAt,
    execution.endedAt,
    result === null ? null : JSON.stringify(compactResult(result, execution)),
    execution.allocation === undefined ? null : JSON.stringify(execution.allocation),
  );
  writer.written();
}

export interface ExecutionRow {
  readonly number: number;
  readonly task: number;
  readonly ordinal: number;
  readonly node: number;
  /** A gang's nodes; null: `node` alone. */
  readonly nodes: string | null;
  readonly node_id: string;
  readonly keep_directory: number;
  readonly state: number;
  readonly stop_reason: number | null;
  readonly assigned_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly result: string | null;
  readonly allocation: string | null;
}

export function executionOf(row: ExecutionRow): ExecutionRecord {
  return {
    number: row.number,
    job: jobOfTask(row.task),
    task: row.task,
    ordinal: row.ordinal,
    nodes: row.nodes === null ? [row.node] : JSON.parse(row.nodes),
    nodeId: row.node_id,
    keepDirectory: row.keep_directory === 1,
    state: EXECUTION_STATE.wordOf(row.state),
    stopReason: row.stop_reason === null ? null : STOP_REASON.wordOf(row.stop_reason),
    assignedAt: row.assigned_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    result: row.result === null ? null : resultOf(row.result, row),
    ...(row.allocation === null ? {} : { allocation: JSON.parse(row.allocation) }),
  };
}

function resultOf(text: string, row: ExecutionRow): ExecutionRecord["result"] {
  const span = { startedAt: row.started_at, endedAt: row.ended_at };
  return wholeResult(JSON.parse(text) as CompactResult, span);
}
