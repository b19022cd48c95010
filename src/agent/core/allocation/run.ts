import type { ExecutionHealth, MemberState } from "../../../model/allocation.ts";
import type { ProcessRecord } from "../../../model/execution.ts";
import type { RestartState } from "../../../policy/restart.ts";
import type { ProcessKey } from "../contract.ts";

/**
 * Where an execution of a group stands, as the journal has it: plain data that is replaced, never changed. What only
 * this life of the agent knows is in `AllocationWatch`.
 */
export interface AllocationRun {
  readonly head: AllocationHead;
  /** In the order of the group. */
  readonly members: readonly MemberRun[];
}

/** Members up to the stage's kind may be started; `poststop` comes when all others are dead. */
export type Stage = "prestart" | "main" | "poststart" | "poststop";

export interface AllocationHead {
  readonly stage: Stage;
  /** When the first member ran; null: none has. */
  readonly startedAt: number | null;
  /** Null: nothing is to be killed. */
  readonly ending: Ending | null;
  /** For deployments and migrations; null: not decided, or nobody asked. */
  readonly health: ExecutionHealth | null;
}

/** Why the members that live are killed, poststop ones apart; the first cause stays. */
export type EndingCause =
  /** The server wants it. */
  | "stopped"
  /** The server let go of it. */
  | "discarded"
  /** Without a server for longer than the group allows. */
  | "outOfContact"
  /** It ran for as long as it may: it counts as complete, and poststop members do not run. */
  | "expired"
  | "siblingFailed"
  | "leaderDead"
  | "mainsDead";

export interface Ending {
  readonly cause: EndingCause;
  readonly at: number;
  /** From when on members are killed: `at` and the group's shutdown delay. */
  readonly killFrom: number;
}

export interface MemberRun {
  /** As people see it. */
  readonly state: MemberState;
  readonly restart: RestartState;
  /** Of its process under way, from preparation to the cleaning after its end; null: none. */
  readonly process: ProcessKey | null;
  /** Processes so far, the one under way included. */
  readonly processCount: number;
  /** A process of it was prepared: what it downloads is there. */
  readonly isPrepared: boolean;
  /** Length of the wait that ends at `state.nextAt`. */
  readonly waitMs: number;
  /** Its process is to end for good; null: no. */
  readonly killing: Killing | null;
  /** Its process is to end and begin anew; null: no. */
  readonly restarting: Restarting | null;
  /** Its latest process that ended; null: none has. */
  readonly last: ProcessRecord | null;
}

export interface Killing {
  readonly at: number;
  /** When the kill signal goes out: `at` and the member's shutdown delay. */
  readonly signalAt: number;
}

export interface Restarting {
  readonly by: "manual" | "failure";
  readonly reason: string;
}
