import type { AllocationOrder, AllocationState } from "./allocation.ts";
import type { ExecutionKind, ExecutionResult } from "./execution.ts";
import type { ScriptOrder } from "./fleet/run.ts";
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
  /**
   * Fleet scripts: the node does not begin after this instant of the server's time, which it asks for while it prepares. Null:
   * no bound.
   */
  readonly startBefore: number | null;
  /** Of fleet runs: what its one member runs, whose command line is empty. Absent: another kind of work. */
  readonly script?: ScriptOrder;
  /** Of groups; `members` is empty then. Absent: a task, preparation or release. */
  readonly allocation?: AllocationOrder;
}

/** What a node says it holds, at every connect; the other half of the settle table (DESIGN 2). */
export interface HeldExecution {
  readonly execution: ExecutionNumber;
  readonly state: "accepted" | "running" | "ended";
  readonly startedAt: number | null;
}

/** Server to node, numbered within a session, in order, acknowledged when the node's journal has it. */
export type NodeOrder =
  | { readonly kind: "start"; readonly order: StartOrder }
  /** Stop the execution: signal, wait, kill of the whole tree. No error if the node does not hold it. */
  | { readonly kind: "stop"; readonly execution: ExecutionNumber; readonly graceMs: number }
  /**
   * The server let go of it (settle table): stop it, drop its result, and keep nothing of it but its directory.
   */
  | { readonly kind: "discard"; readonly execution: ExecutionNumber }
  /** Remove directories regardless of retention; answered by `removed`. Null taskId: the whole job's. */
  | {
      readonly kind: "remove";
      readonly removal: number;
      readonly jobId: string;
      readonly taskId: string | null;
    }
  /** Restart members of a group's execution in place; null: all that run. `dead`: those that have ended, too. */
  | {
      readonly kind: "restart";
      readonly execution: ExecutionNumber;
      readonly member: string | null;
      readonly dead: boolean;
    }
  /** Run the configured reboot command. */
  | { readonly kind: "reboot" }
  /** The server does not know this node (any more): stop everything, forget the identity, join anew. */
  | { readonly kind: "leave" };

/**
 * Node to server, numbered within a link (one life of the agent process), in order, resent until acknowledged; the
 * server acknowledges after its commit. A result stays in the node's journal until then.
 */
export type NodeReport =
  /** The journal has the order. */
  | { readonly kind: "accepted"; readonly execution: ExecutionNumber }
  | { readonly kind: "started"; readonly execution: ExecutionNumber; readonly startedAt: number }
  /** How an execution of a group is now; the latest counts. */
  | {
      readonly kind: "allocation";
      readonly execution: ExecutionNumber;
      readonly state: AllocationState;
    }
  /** Implies accepted and started. */
  | {
      readonly kind: "ended";
      readonly execution: ExecutionNumber;
      readonly result: ExecutionResult;
    }
  /** Ordered, acknowledged, but in nobody's memory any more: in doubt (a lost journal). */
  | { readonly kind: "missing"; readonly execution: ExecutionNumber }
  | { readonly kind: "removed"; readonly removal: number };
