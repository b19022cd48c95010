import type { AllocationOrder, CheckStatus, MemberEventType } from "../../model/allocation.ts";
import type { ExecutionResult, OutputInfo, ProcessOutcome } from "../../model/execution.ts";
import type { FailureInfo } from "../../model/failure.ts";
import type { CheckSpec } from "../../model/group.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { StartOrder } from "../../model/order.ts";
import type {
  BatchFrame,
  NodeOrder,
  NodeReport,
  WelcomeFrame,
} from "../../protocol/node/message.ts";

import type { AllocationHead, AllocationRun, MemberRun } from "./allocation/run.ts";

/**
 * The node's machine: inputs in, journal entries and effects out. Pure: the runtime passes the time, appends the
 * entries to the journal, flushes it, and only then performs the effects of the same step. The simulator does the same.
 */

/**
 * What a process is known by to shims, control groups and the agent's own memory: the execution's number where an
 * execution is one process; for the members of a group, which start many, a number that the node hands out.
 */
export type ProcessKey = number;

/** First of the node's own keys: no execution's number comes near. Each is handed out once. */
export const MEMBER_KEY_FIRST: ProcessKey = 2 ** 50;

export function isMemberKey(key: ProcessKey): boolean {
  return key >= MEMBER_KEY_FIRST;
}

/** An order to run a group. */
export interface GroupOrder extends StartOrder {
  readonly allocation: AllocationOrder;
}

/** One start of a member. */
export interface MemberProcess {
  readonly order: GroupOrder;
  /** Name of the member in `order.allocation.group`. */
  readonly member: string;
  readonly key: ProcessKey;
  /** From 1 within the member. */
  readonly processNumber: number;
}

/** What a member is sent: `terminate` is its kill signal or else its driver's; `kill` leaves no survivor of the tree. */
export type MemberSignal = "terminate" | "kill" | `SIG${string}`;

/** A check that is to be probed: at interval / 2, then at every interval, until `stopProbe`. */
export interface Probe {
  readonly order: GroupOrder;
  /** Names the probe within its execution; each `startProbe` has a new one. */
  readonly probe: number;
  readonly service: string;
  readonly check: CheckSpec;
  /** Where to connect to; null for scripts, and when the check's port is not among the execution's. */
  readonly address: { readonly host: string; readonly port: number } | null;
  /** Process in whose surroundings a script runs; null: the check belongs to no member. */
  readonly process: MemberProcess | null;
}

/** Why something did not start. For members `recoverable` says whether trying again may help; absent: it does after a servererror. */
export interface StartFailure {
  readonly failure: FailureInfo;
  readonly recoverable?: boolean;
  /** Of members, as `Failed Artifact Download`; absent: `Setup Failure` before the start, `Driver Failure` at it. */
  readonly event?: MemberEventType;
}

/** A process as it is known again after a restart of the agent (DESIGN 2). */
export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot. */
  readonly startTicks: number;
}

/** What is ready to start. */
export interface ReadyToStart {
  readonly offsets: OutputOffsets;
  /** The order's `startBefore` on the node's clock; absent: there is no bound. */
  readonly startBefore?: number;
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
      readonly execution: ProcessKey;
      readonly at: number;
      readonly offsets: OutputOffsets;
      /** On the node's clock; absent: no bound. */
      readonly startBefore?: number;
    }
  | {
      readonly entry: "started";
      readonly execution: ProcessKey;
      readonly at: number;
      readonly process: ProcessIdentity;
    }
  | {
      readonly entry: "stopping";
      readonly execution: ProcessKey;
      readonly at: number;
      readonly graceMs: number;
      readonly reason: "stopped" | "wallClock";
    }
  | { readonly entry: "exited"; readonly execution: ProcessKey; readonly exit: ProcessExit }
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
  /** A removal ordered by the server, until the server has its confirmation. */
  | {
      readonly entry: "removal";
      readonly removal: number;
      readonly jobId: string;
      readonly taskId: string | null;
    }
  /** The directories are gone, and the server is to be told so. */
  | { readonly entry: "removalDone"; readonly removal: number }
  /** The server has been told. */
  | { readonly entry: "removalConfirmed"; readonly removal: number }
  /** The execution's group has begun: its directories are there. In snapshots: where it stands. */
  | {
      readonly entry: "allocated";
      readonly execution: ExecutionNumber;
      readonly run: AllocationRun;
    }
  /** A step of the group as a whole. */
  | {
      readonly entry: "allocation";
      readonly execution: ExecutionNumber;
      readonly head: AllocationHead;
    }
  /** A step of one member. Its `process` makes the process of that key, and ends the one it had before. */
  | { readonly entry: "member"; readonly execution: ExecutionNumber; readonly member: MemberRun }
  /** The next key for a member's process: before the first, and in snapshots. */
  | { readonly entry: "memberKey"; readonly next: ProcessKey }
  /** Since when there is no server; null: there is one. Only written while a group wants to stop for it. */
  | { readonly entry: "contact"; readonly lostAt: number | null }
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

/** How a member's process ended, with what its driver knows beyond the shim. */
export type MemberEnd =
  | {
      readonly end: "exited";
      readonly exit: ProcessExit;
      /** Killed for want of memory, which is no success, whatever the exit code. */
      readonly isOutOfMemory: boolean;
      /** For people, as `OOM Killed`; null: nothing to add. */
      readonly message: string | null;
    }
  /** What stood for it ended before the member itself had begun. */
  | ({ readonly end: "failedToStart" } & StartFailure);

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
   * later without an exit (`processesInDoubt`). Whatever else they remember belongs in it too: it is ended and forgotten.
   */
  | {
      readonly input: "recovered";
      readonly bootId: string;
      readonly memories: ReadonlyMap<ProcessKey, ShimMemory>;
    }
  | { readonly input: "welcome"; readonly frame: WelcomeFrame }
  | { readonly input: "disconnected" }
  | { readonly input: "frame"; readonly frame: BatchFrame<NodeOrder> }
  /** Answer to `prepare`. */
  | {
      readonly input: "prepared";
      readonly execution: ProcessKey;
      readonly outcome:
        | ({ readonly ok: true } & ReadyToStart)
        | ({ readonly ok: false } & StartFailure);
    }
  /** Answers to `spawn` and `startMember`. */
  | {
      readonly input: "spawned";
      readonly execution: ProcessKey;
      readonly process: ProcessIdentity;
      readonly startedAt: number;
    }
  | ({ readonly input: "spawnFailed"; readonly execution: ProcessKey } & StartFailure)
  | { readonly input: "exited"; readonly execution: ProcessKey; readonly exit: ProcessExit }
  /** Answer to `collect`. */
  | {
      readonly input: "collected";
      readonly execution: ExecutionNumber;
      readonly stdout: OutputInfo;
      readonly stderr: OutputInfo;
    }
  /** Answer to `collectMember`. */
  | { readonly input: "memberCollected"; readonly key: ProcessKey; readonly end: MemberEnd }
  /** Something that a driver does for a member, for its user: `Downloading Artifacts`, `Driver`. */
  | {
      readonly input: "memberEvent";
      readonly key: ProcessKey;
      readonly type: MemberEventType;
      readonly description: string;
    }
  /** A probe ran. Thresholds in a row are counted by the probe: this is the status that results. */
  | {
      readonly input: "probed";
      readonly execution: ExecutionNumber;
      readonly probe: number;
      readonly status: CheckStatus;
      /** Cut to CHECK_OUTPUT_MAX. */
      readonly output: string;
      readonly at: number;
    }
  /** A template was rendered anew with another result, after its splay. */
  | {
      readonly input: "templateChanged";
      readonly execution: ExecutionNumber;
      readonly member: string;
      readonly action:
        | { readonly kind: "restart" }
        | { readonly kind: "signal"; readonly signal: `SIG${string}` };
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
  /** Abandon preparation under way (of a task, an allocation or a member); no answer wanted. */
  | { readonly effect: "cancelPrepare"; readonly execution: ProcessKey }
  /** Signal the whole tree. `kill` leaves no survivor, processes that called setsid included. */
  | {
      readonly effect: "signal";
      readonly execution: ExecutionNumber;
      readonly signal: "terminate" | "kill";
    }
  /** After the end of the last process: clean the tree up, see how large the output is, read it if small. */
  | {
      readonly effect: "collect";
      readonly order: StartOrder;
      readonly offsets: OutputOffsets;
      /** What it has left running is to go on: a fleet script that ended by itself may have started a service. */
      readonly leavesRest: boolean;
    }
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
  /** The shims may forget this process. */
  | { readonly effect: "forget"; readonly execution: ProcessKey }
  | MemberEffect
  /** Run the configured reboot command. */
  | { readonly effect: "reboot" }
  /** Stop everything, delete the identity, join anew. */
  | { readonly effect: "leave" }
  /** A frame of the server was applied: after the flush, send `outgoingFrame`. */
  | { readonly effect: "send" };

/** Of groups. Whatever is asked for twice, after a crash, is answered as if it were asked for once. */
export type MemberEffect =
  /**
   * Make `alloc/{data,logs,tmp}` and the members' directories; those of earlier executions of the task are emptied
   * unless keepDirectory. Answered by `prepared` with the execution's number; its offsets mean nothing.
   */
  | { readonly effect: "prepareAllocation"; readonly order: GroupOrder }
  /**
   * Before each start of a member: artifacts, templates, payload, image. Answered by `prepared` with the key; its
   * offsets mean nothing.
   */
  | ({
      readonly effect: "prepareMember";
      /** An earlier process of the member was prepared: what it downloaded is there. */
      readonly isPrepared: boolean;
    } & MemberProcess)
  /** Have the shim start it: at most once for each key. Output goes to `alloc/logs/MEMBER.stdout.0`. */
  | ({ readonly effect: "startMember" } & MemberProcess)
  | ({ readonly effect: "signalMember"; readonly signal: MemberSignal } & MemberProcess)
  /** Its process has ended: clean the tree up, container included, and tell what else is known of the end. */
  | ({ readonly effect: "collectMember"; readonly exit: ProcessExit } & MemberProcess)
  | ({ readonly effect: "startProbe" } & Probe)
  | {
      readonly effect: "stopProbe";
      readonly execution: ExecutionNumber;
      readonly probe: number;
    }
  /** Watch the templates of the member, whose process runs, until `unwatchTemplates`; again: nothing new. */
  | ({ readonly effect: "watchTemplates" } & MemberProcess)
  | {
      readonly effect: "unwatchTemplates";
      readonly execution: ExecutionNumber;
      readonly member: string;
    }
  /** Everything about the allocation is over: nothing of it is to be probed, watched or kept in memory. */
  | { readonly effect: "closeAllocation"; readonly order: GroupOrder };

export type { BatchFrame, NodeOrder, NodeReport, ProcessOutcome };
