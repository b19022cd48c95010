import type { ExecutionResult, OutputInfo, ProcessOutcome } from "../../model/execution.ts";
import type { FailureInfo } from "../../model/failure.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { StartOrder } from "../../model/order.ts";
import type {
  BatchFrame,
  NodeOrder,
  NodeReport,
  WelcomeFrame,
} from "../../protocol/node/message.ts";

/**
 * The node's machine: inputs in, journal entries and effects out. Pure: the runtime passes the time, appends the
 * entries to the journal, flushes it, and only then performs the effects of the same step. The simulator does the same.
 */

/** A process as it is known again after a restart of the agent (DESIGN 2). */
export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot. */
  readonly startTicks: number;
}

/** Size of the output files when a process was about to start, so that a retry's share can be told. */
export interface OutputOffsets {
  readonly stdout: number;
  readonly stderr: number;
}

/**
 * One line of the journal. Replaying all of them gives the machine's state; the runtime compacts by writing
 * `snapshotEntries(machine)` to a new file and renaming it.
 */
export type JournalEntry =
  | { readonly entry: "ordered"; readonly at: number; readonly order: StartOrder }
  /** Directory, files and user are ready; from here on the shim may have been asked to start the process. */
  | {
      readonly entry: "starting";
      readonly execution: ExecutionNumber;
      readonly at: number;
      readonly offsets: OutputOffsets;
    }
  | {
      readonly entry: "started";
      readonly execution: ExecutionNumber;
      readonly at: number;
      readonly process: ProcessIdentity;
    }
  | {
      readonly entry: "stopping";
      readonly execution: ExecutionNumber;
      readonly at: number;
      readonly graceMs: number;
      readonly reason: "stopped" | "wallClock";
    }
  | { readonly entry: "exited"; readonly execution: ExecutionNumber; readonly exit: ProcessExit }
  | {
      readonly entry: "ended";
      readonly execution: ExecutionNumber;
      readonly result: ExecutionResult;
    }
  /** The server has committed the result: nothing is owed but uploads and the directory. */
  | { readonly entry: "acknowledged"; readonly execution: ExecutionNumber }
  | {
      readonly entry: "uploaded";
      readonly execution: ExecutionNumber;
      readonly stream: "stdout" | "stderr";
    }
  /** The server let go: the result is not wanted. */
  | { readonly entry: "discarded"; readonly execution: ExecutionNumber }
  /** A directory that is kept until `expiresAt`, then removed. */
  | {
      readonly entry: "retained";
      readonly jobId: string;
      readonly taskId: string;
      readonly expiresAt: number;
    }
  | { readonly entry: "directoryRemoved"; readonly jobId: string; readonly taskId: string | null }
  /** A removal ordered by the server that is still to be done or confirmed. */
  | {
      readonly entry: "removal";
      readonly removal: number;
      readonly jobId: string;
      readonly taskId: string | null;
    }
  | { readonly entry: "removalConfirmed"; readonly removal: number }
  /** Highest epoch seen. */
  | { readonly entry: "epoch"; readonly epoch: number }
  /** The boot id under which the entries that follow were written. */
  | { readonly entry: "booted"; readonly bootId: string };

/** What the shim (or polling, when the shim is gone) knows of a process's end. */
export interface ProcessExit {
  readonly outcome:
    | { readonly state: "exited"; readonly exitCode: number }
    | { readonly state: "signaled"; readonly signal: number }
    | { readonly state: "unseen" };
  readonly endedAt: number;
  /** Monotonic, from start to end; null when unseen. */
  readonly durationMs: number | null;
  readonly peakMemoryBytes: number | null;
  readonly cpuMs: number | null;
}

/** What a shim says about an execution after the agent came back. */
export type ShimMemory =
  /** No living shim has ever been asked to start it. */
  | { readonly memory: "never" }
  | { readonly memory: "running"; readonly process: ProcessIdentity; readonly startedAt: number }
  | {
      readonly memory: "exited";
      readonly process: ProcessIdentity | null;
      readonly startedAt: number;
      readonly exit: ProcessExit;
    }
  | { readonly memory: "failedToStart"; readonly failure: FailureInfo }
  /** The shim that may have started it is dead and left no word: whether it ran is not known. */
  | { readonly memory: "unknown" };

export type AgentInput =
  /**
   * First input of every life, after the journal was replayed: what the shims remember of executions `starting` or
   * later without an exit (`ordersInDoubt`). Whatever else they remember belongs in it too: it is ended and forgotten.
   */
  | {
      readonly input: "recovered";
      readonly bootId: string;
      readonly memories: ReadonlyMap<ExecutionNumber, ShimMemory>;
    }
  | { readonly input: "welcome"; readonly frame: WelcomeFrame }
  | { readonly input: "disconnected" }
  | { readonly input: "frame"; readonly frame: BatchFrame<NodeOrder> }
  /** Answer to `prepare`. */
  | {
      readonly input: "prepared";
      readonly execution: ExecutionNumber;
      readonly outcome:
        | { readonly ok: true; readonly offsets: OutputOffsets }
        | { readonly ok: false; readonly failure: FailureInfo };
    }
  /** Answers to `spawn`. */
  | {
      readonly input: "spawned";
      readonly execution: ExecutionNumber;
      readonly process: ProcessIdentity;
      readonly startedAt: number;
    }
  | {
      readonly input: "spawnFailed";
      readonly execution: ExecutionNumber;
      readonly failure: FailureInfo;
    }
  | { readonly input: "exited"; readonly execution: ExecutionNumber; readonly exit: ProcessExit }
  /** Answer to `collect`. */
  | {
      readonly input: "collected";
      readonly execution: ExecutionNumber;
      readonly stdout: OutputInfo;
      readonly stderr: OutputInfo;
    }
  | {
      readonly input: "uploaded";
      readonly execution: ExecutionNumber;
      readonly stream: "stdout" | "stderr";
    }
  | {
      readonly input: "directoryRemoved";
      readonly jobId: string;
      readonly taskId: string | null;
      /** The ordered removal it answers; null for an expired retention. */
      readonly removal: number | null;
    }
  /** A timer came due (see `nextDueAt`), or time passed. */
  | { readonly input: "tick" };

/** What the runtime is to do, after the journal has the entries of the same step. */
export type AgentEffect =
  /** Make the directory (empty it unless keepDirectory), check the user, fetch resource files. */
  | { readonly effect: "prepare"; readonly order: StartOrder }
  /** Ask the shim to start the process. */
  | { readonly effect: "spawn"; readonly order: StartOrder }
  /** Abandon preparation under way; no answer wanted. */
  | { readonly effect: "cancelPrepare"; readonly execution: ExecutionNumber }
  /** Signal the whole tree. `kill` leaves no survivor, processes that called setsid included. */
  | {
      readonly effect: "signal";
      readonly execution: ExecutionNumber;
      readonly signal: "terminate" | "kill";
    }
  /** After the end of the last process: clean the tree up, see how large the output is, read it if small. */
  | { readonly effect: "collect"; readonly order: StartOrder; readonly offsets: OutputOffsets }
  /**
   * Send the execution's share of the file to the server, again and again until it is there (or the file is gone),
   * then answer `uploaded`. A later execution may append to the file or empty it meanwhile.
   */
  | {
      readonly effect: "upload";
      readonly order: StartOrder;
      readonly stream: "stdout" | "stderr";
      /** Where the share begins; it ends after `output.sizeBytes`, less what was dropped. */
      readonly offset: number;
      readonly output: OutputInfo;
    }
  | {
      readonly effect: "removeDirectory";
      readonly jobId: string;
      readonly taskId: string | null;
      readonly removal: number | null;
    }
  /** The shims may forget this execution. */
  | { readonly effect: "forget"; readonly execution: ExecutionNumber }
  /** Run the configured reboot command. */
  | { readonly effect: "reboot" }
  /** Stop everything, delete the identity, join anew. */
  | { readonly effect: "leave" }
  /** A frame of the server was applied: after the flush, send `outgoingFrame`. */
  | { readonly effect: "send" };

export type { BatchFrame, NodeOrder, NodeReport, ProcessOutcome };
