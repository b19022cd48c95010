import type { PoolNumber } from "./id.ts";
import type { MetadataItem } from "./job.ts";

export type NodeFillType = "spread" | "pack";
/** Who makes the pool's nodes: agent processes on the server's machine, or nobody (machines join by themselves). */
export type ProviderName = "local" | "none";
/** What a pool takes (DESIGN 7). */
export type WorkKind = "fleet" | "batch" | "groups";
/** What happens to a node's tasks when it goes (Azure Batch `nodeDeallocationOption`). */
export type DeallocationOption = "requeue" | "terminate" | "taskcompletion" | "retaineddata";

export interface PoolSpec {
  readonly id: string;
  readonly displayName: string | null;
  readonly provider: ProviderName;
  readonly vmSize: string;
  readonly taskSlotsPerNode: number;
  readonly nodeFillType: NodeFillType;
  readonly resizeTimeoutMs: number;
  readonly targetDedicatedNodes: number;
  readonly accepts: readonly WorkKind[];
  readonly metadata: readonly MetadataItem[];
}

/** Azure Batch 4.3. */
export interface ResizeError {
  readonly code:
    | "AllocationFailed"
    | "AllocationTimedout"
    | "RemoveNodesFailed"
    | "ResizeStopped"
    | "Unknown";
  readonly message: string;
}

/** A resize under way; null in the record means `steady`. */
export interface ResizeProgress {
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** `invalid` when growing (Azure Batch 1.2). */
  readonly option: DeallocationOption | "invalid";
  readonly stopping: boolean;
}

export interface PoolRecord {
  readonly number: PoolNumber;
  spec: PoolSpec;
  state: "active" | "deleting";
  stateAt: number;
  createdAt: number;
  lastModifiedAt: number;
  etag: number;
  resize: ResizeProgress | null;
  allocationStateAt: number;
  resizeErrors: readonly ResizeError[];
  /** When the deletion was asked for; null while active. */
  deletedAt: number | null;
  /** Counts the nodes ever made for this pool, for their ids. */
  nodesCreated: number;
}
