/** Why a task waits, as data; the answer of `explain` (people's reading is `message`). */
export interface WaitReason {
  readonly code:
    | "PoolNotFound"
    | "PoolBeingDeleted"
    | "PoolEmpty"
    | "PoolDoesNotAccept"
    | "JobDisabled"
    | "JobDisabling"
    | "JobEnded"
    | "MaxParallelTasks"
    | "NoFreeSlot"
    | "RequiredSlotsTooLarge"
    | "NodeBarredByPreparation"
    | "SchedulingDisabled"
    | "NodeNotReady"
    | "NodeUnreachable"
    | "WaitsForPreparation"
    | "WaitsForNode"
    | "WaitsForTurn"
    /** Of a rolling run. */
    | "WaitsForBatch"
    | "TooOld"
    /** Of fleet runs. */
    | "FleetLimit"
    /** Of groups. */
    | "WaitsForReschedule"
    | "WaitsForPromotion"
    | "NoNodeSuits"
    | "WaitsForTemplate"
    | "WaitsForRestart";
  /** A true sentence: what it waits for, and what would help. */
  readonly message: string;
  /** The nodes it speaks of, by node id; empty when it is about the job or pool as a whole. At most 20 are named. */
  readonly nodes: readonly string[];
  /** How many nodes it speaks of. */
  readonly nodeCount: number;
}

export interface Explanation {
  readonly state: string;
  /** One sentence that sums it up. */
  readonly summary: string;
  /** Empty when nothing waits. */
  readonly reasons: readonly WaitReason[];
}
