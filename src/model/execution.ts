import type { AllocationState } from "./allocation.ts";
import type { FailureInfo } from "./failure.ts";
import type { ExecutionAllocation } from "./groupJob.ts";
import type { ExecutionNumber, JobNumber, NodeNumber, TaskNumber } from "./id.ts";

export type ExecutionKind = "task" | "preparation" | "release";

/**
 * The states of an execution (DESIGN 1).
 * assigned: placed, the node has not said that it took it. preparing: waits for the node's preparation.
 * running: the node has it (downloads included). stopping: told to stop. ended: the node confirmed its end.
 * unknown: the node is unreachable, not given up. lost: given up; a late result is ignored.
 */
export type ExecutionState =
  | "assigned"
  | "preparing"
  | "running"
  | "stopping"
  | "ended"
  | "unknown"
  | "lost";

/** Why an execution was told to stop; the first reason wins. Each says what becomes of the task afterwards. */
export type StopReason =
  /** A user terminated the task. */
  | "terminated"
  /** The job ends: terminate, delete, wall clock. */
  | "jobEnded"
  /** The task is being deleted. */
  | "deleted"
  /** Back to the queue, requeueCount + 1: disable, node removal, reboot, disableScheduling with `requeue`. */
  | "requeued"
  /** As `terminated`, by disable, removal, reboot or disableScheduling with `terminate`. */
  | "nodeTaken"
  /** The server let go of it before (settle table). */
  | "superseded"
  /** Of groups: its task is not wanted any more (a smaller count, a group taken out). */
  | "unwanted"
  /** Of groups: its task goes on in another execution (a new version, a drained node, a person's wish). */
  | "replaced";

/** One stream of output as it was at the end. */
export interface OutputInfo {
  /** Bytes that were written in all. */
  readonly sizeBytes: number;
  /** Bytes in the middle that were not kept; 0 unless the file passed its limit. */
  readonly droppedBytes: number;
  /** Where the bytes are: with the result (base64), in the blob store, only on the node, or nothing was written. */
  readonly place:
    | { readonly kind: "inline"; readonly base64: string }
    | { readonly kind: "blob"; readonly key: string }
    | { readonly kind: "node" }
    | { readonly kind: "empty" };
}

/** One start of one member (DESIGN 1). */
export interface ProcessRecord {
  readonly member: string;
  /** From 1 within the member. */
  readonly number: number;
  readonly outcome: ProcessOutcome;
  readonly startedAt: number | null;
  readonly endedAt: number;
  readonly peakMemoryBytes: number | null;
  readonly cpuMs: number | null;
}

/** How a process came to its end. */
export type ProcessOutcome =
  | { readonly state: "exited"; readonly exitCode: number }
  /** `reason` is the first cause: a stop, a wall clock, or null when the signal came from elsewhere. */
  | {
      readonly state: "killed";
      readonly signal: number;
      readonly reason: "stopped" | "wallClock" | null;
    }
  /** No process ran: command not found, files not to be had, user not allowed. */
  | { readonly state: "failedToStart"; readonly failure: FailureInfo }
  /** It ended and nobody saw how. */
  | { readonly state: "unseen" };

/** What the node reports at the end of an execution. */
export interface ExecutionResult {
  readonly processes: readonly ProcessRecord[];
  readonly outcome: ProcessOutcome;
  /** The node's clock; null when nothing started. */
  readonly startedAt: number | null;
  readonly endedAt: number;
  readonly stdout: OutputInfo;
  readonly stderr: OutputInfo;
  /** Of a group: how its members ended. */
  readonly allocation?: AllocationState;
}

/** An execution of a task as the store holds it. Preparations and releases are kept in NodeJobRecord. */
export interface ExecutionRecord {
  readonly number: ExecutionNumber;
  readonly job: JobNumber;
  readonly task: TaskNumber;
  /** Numbered from 1 within the task: systemTaskVersion + 1. */
  readonly ordinal: number;
  /** One node, or N for a gang, the primary first. */
  readonly nodes: readonly NodeNumber[];
  /** The primary's node id as it was then. */
  readonly nodeId: string;
  /** A retry on its node: the directory is kept as it is (Azure Batch 6.6). */
  readonly keepDirectory: boolean;
  state: ExecutionState;
  /** Null unless a stop was ordered. */
  stopReason: StopReason | null;
  readonly assignedAt: number;
  /** Clamped between assignment and receipt; null before the start. */
  startedAt: number | null;
  endedAt: number | null;
  result: ExecutionResult | null;
  /** If and only if it runs a group. */
  allocation?: ExecutionAllocation;
}
