import {
  type DocumentEvent,
  type EventRecord,
  type EventType,
  isTaskEvent,
  type TaskEvent,
  type TaskEventType,
} from "../../model/event.ts";
import { EVENT_TYPE } from "./codes.ts";
import type { RowWriter } from "./rowWriter.ts";

export const REPLACE_EVENT = "REPLACE INTO events";
export const EVENT_COLUMNS = 18;

export function addEventRow(writer: RowWriter, event: EventRecord): void {
  if (isTaskEvent(event)) addTaskEventRow(writer, event);
  else addDocumentEventRow(writer, event);
}

function addTaskEventRow(writer: RowWriter, event: TaskEvent): void {
  const { schedulingError } = event;
  writer.values.push(
    event.sequence,
    event.at,
    EVENT_TYPE.numberOf[event.type],
    event.jobId,
    event.poolId,
    event.taskId,
    event.taskType === "JobManager" ? 1 : 0,
    event.systemTaskVersion,
    event.requiredSlots,
    event.nodeId,
    event.numberOfInstances,
    event.maxTaskRetryCount,
    event.retryCount,
    event.requeueCount,
    event.startedAt,
    event.endedAt,
    event.exitCode,
    schedulingError === null ? null : JSON.stringify(schedulingError),
  );
  writer.written();
}

function addDocumentEventRow(writer: RowWriter, event: DocumentEvent): void {
  const { sequence, at, type, jobId, poolId, body } = event;
  const rest = Array<null>(EVENT_COLUMNS - 6).fill(null);
  const document = JSON.stringify(body);
  writer.values.push(sequence, at, EVENT_TYPE.numberOf[type], jobId, poolId, ...rest, document);
  writer.written();
}

interface TaskEventRow {
  readonly sequence: number;
  readonly at: number;
  readonly type: number;
  readonly job_id: string;
  readonly pool_id: string;
  readonly task_id: string;
  readonly is_job_manager: number;
  readonly system_task_version: number;
  readonly required_slots: number;
  readonly node_id: string;
  readonly instances: number;
  readonly max_retry_count: number;
  readonly retry_count: number;
  readonly requeue_count: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly exit_code: number | null;
  readonly document: string | null;
}

interface DocumentEventRow {
  readonly sequence: number;
  readonly at: number;
  readonly type: number;
  readonly job_id: string | null;
  readonly pool_id: string;
  readonly task_id: null;
  readonly document: string;
}

export type EventRow = TaskEventRow | DocumentEventRow;

export function eventOf(row: EventRow): EventRecord {
  const type = EVENT_TYPE.wordOf(row.type);
  if (row.task_id === null) {
    const { sequence, at, job_id: jobId, pool_id: poolId } = row;
    const document = { sequence, at, jobId, poolId, body: JSON.parse(row.document) };
    return { ...document, type: type as DocumentEvent["type"] };
  }
  return taskEventOf(row, type);
}

function taskEventOf(row: TaskEventRow, type: EventType): TaskEvent {
  return {
    sequence: row.sequence,
    at: row.at,
    type: type as TaskEventType,
    jobId: row.job_id,
    taskId: row.task_id,
    taskType: row.is_job_manager === 1 ? "JobManager" : "User",
    systemTaskVersion: row.system_task_version,
    requiredSlots: row.required_slots,
    poolId: row.pool_id,
    nodeId: row.node_id,
    numberOfInstances: row.instances,
    maxTaskRetryCount: row.max_retry_count,
    retryCount: row.retry_count,
    requeueCount: row.requeue_count,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    exitCode: row.exit_code,
    schedulingError: row.document === null ? null : JSON.parse(row.document),
  };
}
