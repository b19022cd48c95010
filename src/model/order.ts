import type { ExecutionKind } from "./execution.ts";
import type { ExecutionNumber } from "./id.ts";
import type { CommandSpec, EnvironmentSetting } from "./taskSpec.ts";

/** Everything a node needs to run one execution: self-contained, kept in the node's journal. */
export interface StartOrder {
  readonly execution: ExecutionNumber;
  readonly kind: ExecutionKind;
  readonly jobId: string;
  /** Task id, or the id of the preparation or release. */
  readonly taskId: string;
  readonly poolId: string;
  readonly nodeId: string;
  /** DESIGN 1: one member, `main`, for a batch task. */
  readonly members: readonly { readonly name: string; readonly command: CommandSpec }[];
  /** The job's commonEnvironmentSettings; a member's own of the same name win. */
  readonly commonEnvironmentSettings: readonly EnvironmentSetting[];
  /** Of the job's preparation, for AZ_BATCH_JOB_PREP_DIR; null when it has none. */
  readonly preparationId: string | null;
  /**
   * True: a retry in the same directory, without cleaning it and without downloading again. False: the directory is
   * emptied first (requeue, recovery, first run).
   */
  readonly keepDirectory: boolean;
  /** For STINT_EXECUTION_ORDINAL; from 1 within the task. */
  readonly ordinal: number;
  /** Fleet scripts: the node refuses it after this instant. Null: no bound. */
  readonly startBefore: number | null;
}

/** What a node says it holds, at every connect; the other half of the settle table (DESIGN 2). */
export interface HeldExecution {
  readonly execution: ExecutionNumber;
  readonly state: "accepted" | "running" | "ended";
  readonly startedAt: number | null;
}
