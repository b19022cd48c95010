import type { SchedulingError } from "./failure.ts";
import { FLEET_EVENT_TYPES } from "./fleet/fleetEvent.ts";
import type { EventSequence, ExecutionNumber } from "./id.ts";

/** Azure Batch 1: the operation names. */
export const EVENT_TYPES = [
  "PoolCreateEvent",
  "PoolResizeStartEvent",
  "PoolResizeCompleteEvent",
  "PoolDeleteStartEvent",
  "PoolDeleteCompleteEvent",
  "TaskStartEvent",
  "TaskCompleteEvent",
  "TaskFailEvent",
  "TaskScheduleFailEvent",
  "SpecialTaskEvent",
  // Ours: what a person did inside an execution, which Azure Batch has no event for.
  "ExecStartEvent",
  "ExecEndEvent",
  // Ours: what became of versions of jobs of groups.
  "DeploymentEndEvent",
  "DeploymentPromoteEvent",
  "JobRevertEvent",
  // Ours: a rolling run begins a batch, pauses, is stopped by failures or resumed by a person.
  "RollingRunEvent",
  ...FLEET_EVENT_TYPES,
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export type TaskEventType =
  | "TaskStartEvent"
  | "TaskCompleteEvent"
  | "TaskFailEvent"
  | "TaskScheduleFailEvent";

/**
 * An event of a task, as facts; its body is composed when it is read (taskEventBody). Whatever can change later is
 * copied here.
 */
export interface TaskEvent {
  readonly sequence: EventSequence;
  readonly at: number;
  readonly type: TaskEventType;
  readonly jobId: string;
  readonly taskId: string;
  readonly taskType: "User" | "JobManager";
  readonly systemTaskVersion: number;
  readonly requiredSlots: number;
  readonly poolId: string;
  /** A single space when no node was involved (Azure Batch 1.6). */
  readonly nodeId: string;
  readonly numberOfInstances: number;
  readonly maxTaskRetryCount: number;
  readonly retryCount: number;
  readonly requeueCount: number;
  /** For complete and fail events; null: no process ran, or another type. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly exitCode: number | null;
  /** TaskScheduleFailEvent only. */
  readonly schedulingError: SchedulingError | null;
}

/** Any other event: rare, kept as its body. */
export interface DocumentEvent {
  readonly sequence: EventSequence;
  readonly at: number;
  readonly type: Exclude<EventType, TaskEventType>;
  /** For filters; null for pool events. */
  readonly jobId: string | null;
  readonly poolId: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export type EventRecord = TaskEvent | DocumentEvent;

export function isTaskEvent(event: EventRecord): event is TaskEvent {
  return "systemTaskVersion" in event;
}

/** A command that a person runs inside an execution, as it is put on record when it begins and again when it ends. */
export interface ExecNote {
  readonly jobId: string;
  readonly taskId: string;
  readonly poolId: string;
  readonly nodeId: string;
  readonly execution: ExecutionNumber;
  /** Null: the execution of a task that has no members of a name. */
  readonly member: string | null;
  readonly sessionId: string;
  /** Name of the caller's token. */
  readonly user: string;
  readonly command: readonly string[];
  readonly hasTerminal: boolean;
  readonly startedAt: number;
  /** Null: it begins. */
  readonly end: {
    readonly endedAt: number;
    /** Null: it did not end by itself. */
    readonly exitCode: number | null;
    /** Why it ended, if not by itself; null: it did. */
    readonly reason: string | null;
  } | null;
}

/** How far a rolling run has come, as it is put on record whenever it takes a step. */
export interface RollingNote {
  readonly instanceNo: number;
  readonly definitionId: string;
  readonly step: "batch" | "paused" | "stopped" | "resumed";
  readonly batch: number;
  readonly batchNodes: number;
  /** Nodes that no batch has taken yet. */
  readonly heldNodes: number;
  readonly failedInBatch: number;
  readonly failedInTotal: number;
  /** Of a pause: when it goes on by itself; null: it does not. */
  readonly until: number | null;
  /** Why it was stopped, or who resumed it; null: neither. */
  readonly reason: string | null;
}
