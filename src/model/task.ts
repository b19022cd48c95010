import type { FailureInfo } from "./failure.ts";
import type { GroupProgress } from "./groupJob.ts";
import type { ExecutionNumber, NodeNumber, TaskNumber } from "./id.ts";
import type { TaskSpec } from "./taskSpec.ts";

/**
 * The states of a task (Azure Batch 6.2).
 * active: queued, also between retries. preparing: placed, waits for the node's preparation. running: on a node,
 * downloads included. completed: final unless reactivated.
 */
export type TaskState = "active" | "preparing" | "running" | "completed";
export type TaskResult = "success" | "failure";

/** How a completed task ended. */
export interface TaskOutcome {
  readonly result: TaskResult;
  /** Null when no process ran. */
  readonly exitCode: number | null;
  /** Present if and only if result is failure. */
  readonly failure: FailureInfo | null;
}

/** Everything about a task that changes. A store keeps these as columns. */
export interface TaskProgress {
  state: TaskState;
  stateAt: number;
  /** Null while in the first state. */
  previousState: TaskState | null;
  previousStateAt: number | null;
  retryCount: number;
  requeueCount: number;
  /** Azure Batch 1.8: rises with every new start event; the next execution is number systemTaskVersion + 1. */
  systemTaskVersion: number;
  /** Recoveries in a row; at RECOVERIES_MAX the task fails. */
  recoveryCount: number;
  lastRetryAt: number | null;
  lastRequeueAt: number | null;
  /** Most recent entry to running; null before. */
  startedAt: number | null;
  endedAt: number | null;
  /** The node of the current or last execution; null before the first. */
  node: NodeNumber | null;
  nodeId: string | null;
  /** Current or last execution; null before the first. */
  execution: ExecutionNumber | null;
  outcome: TaskOutcome | null;
  /** Being deleted: gone when its execution has ended. */
  deleting: boolean;
  /** Of a rolling run: no batch has taken it yet. */
  held: boolean;
  /** If and only if the task is of a group. */
  group?: GroupProgress;
}

/** A task as the store holds it. */
export interface TaskRecord {
  readonly number: TaskNumber;
  readonly id: string;
  readonly createdAt: number;
  spec: TaskSpec;
  progress: TaskProgress;
}

export function newTaskProgress(now: number): TaskProgress {
  return {
    state: "active",
    stateAt: now,
    previousState: null,
    previousStateAt: null,
    retryCount: 0,
    requeueCount: 0,
    systemTaskVersion: 0,
    recoveryCount: 0,
    lastRetryAt: null,
    lastRequeueAt: null,
    startedAt: null,
    endedAt: null,
    node: null,
    nodeId: null,
    execution: null,
    outcome: null,
    deleting: false,
    held: false,
  };
}
