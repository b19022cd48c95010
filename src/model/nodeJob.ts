import type { ExecutionResult } from "./execution.ts";
import type { FailureInfo } from "./failure.ts";
import type { ExecutionNumber, JobNumber, NodeNumber } from "./id.ts";

/** A preparation or release instance that has not finished. */
interface SpecialRunning {
  readonly state: "running";
  readonly execution: ExecutionNumber;
  /** Whether the node said that it took it. */
  accepted: boolean;
  readonly assignedAt: number;
  startedAt: number | null;
  readonly retryCount: number;
  readonly lastRetryAt: number | null;
  /** Results are not wanted any more; it was told to stop. */
  stopping: boolean;
}

/** A preparation or release instance that has finished. */
interface SpecialCompleted {
  readonly state: "completed";
  readonly execution: ExecutionNumber;
  readonly result: "success" | "failure";
  readonly exitCode: number | null;
  readonly failure: FailureInfo | null;
  readonly startedAt: number | null;
  readonly endedAt: number;
  readonly retryCount: number;
  readonly lastRetryAt: number | null;
  /** The node's boot id then: a success counts for another boot only by rerunOnNodeRebootAfterSuccess. */
  readonly bootId: string | null;
  readonly output: Pick<ExecutionResult, "stdout" | "stderr"> | null;
}

export type SpecialInstance = SpecialRunning | SpecialCompleted;

/** What a node and a job have to do with each other: made at the first assignment of one of its tasks there. */
export interface NodeJobRecord {
  readonly node: NodeNumber;
  readonly job: JobNumber;
  /** As they were, for the status list after the node is gone. */
  readonly poolId: string;
  readonly nodeId: string;
  /** Whether a task of the job got past preparation here: then it owes a release. */
  ranTask: boolean;
  /** Null: never needed, or to be run again. */
  preparation: SpecialInstance | null;
  /** Null: not due, or not begun. */
  release: SpecialInstance | null;
  /** While the job is being deleted: the number under which the node confirms that its directories are gone. */
  removal: number | null;
}

/** The key of a NodeJobRecord in maps. */
export function nodeJobKey(node: NodeNumber, job: JobNumber): string {
  return `${node}:${job}`;
}
