import type { ExecutionResult } from "../../model/execution.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { StartOrder } from "../../model/order.ts";
import { newOutbox, type Outbox } from "../../protocol/node/link.ts";
import type { AllocationRun } from "./allocation/run.ts";
import type { AllocationWatch } from "./allocation/watch.ts";
import type {
  AgentEffect,
  JournalEntry,
  MemberEnd,
  MemberProcess,
  NodeReport,
  OutputOffsets,
  ProcessExit,
  ProcessIdentity,
  ProcessKey,
  StartFailure,
} from "./contract.ts";
import { MEMBER_KEY_FIRST } from "./contract.ts";
import { type DueHeap, newDueHeap } from "./heap.ts";

/** From the terminate signal of an expired wall clock to the kill. */
export const WALL_CLOCK_GRACE_MS = 5_000;
/** A kill is sent again this often until the exit is seen: a process may be forking faster than it is killed. */
export const KILL_REPEAT_MS = 1_000;
/**
 * A directory outlives the acknowledgement of its execution by at least this, whatever its retention: the retry that
 * the server decides on by that same result is on its way and wants the directory.
 */
export const RETENTION_MIN_MS = 2_000;
/**
 * Finished numbers that are remembered, at least; at most twice as many. A repeated start can only come from a server that lost the result, soon
 * after; older ones would be caught by the server's own settling.
 */
export const FINISHED_MEMORY_MAX = 1_024;
/** Expired directories that are removed at once: after a long absence thousands may be due. */
export const REMOVALS_AT_ONCE_MAX = 16;

export type OutputStream = "stdout" | "stderr";

/** Between which instants of the node's clock something may be started, both included. */
export interface StartWindow {
  readonly from: number;
  readonly until: number;
}

/** How far an execution has come; survives the agent (each change is a journal entry). */
export type Life =
  /** Waits for its directory, or is being prepared. */
  | { readonly phase: "ordered" }
  /** Of groups, in place of the phases of one process: its members run. */
  | { readonly phase: "allocated"; readonly run: AllocationRun }
  /** The shim may have been asked to start the process. */
  | {
      readonly phase: "starting";
      readonly offsets: OutputOffsets;
      /** Null: it may be started at any time. */
      readonly window: StartWindow | null;
    }
  | {
      readonly phase: "running";
      readonly offsets: OutputOffsets;
      readonly process: ProcessIdentity;
      readonly startedAt: number;
    }
  /** The output is being collected. */
  | {
      readonly phase: "exited";
      readonly offsets: OutputOffsets;
      /** Null when the process's start was not seen. */
      readonly startedAt: number | null;
      readonly exit: ProcessExit;
    }
  | {
      readonly phase: "ended";
      /** Null when nothing was started. */
      readonly offsets: OutputOffsets | null;
      readonly result: ExecutionResult;
      /** Streams that are only here and belong in the server's blob store. */
      readonly uploads: readonly OutputStream[];
      /** The server has committed the result. */
      readonly acknowledged: boolean;
    };

export interface Stopping {
  readonly at: number;
  /** From `at` to the kill. */
  readonly graceMs: number;
  readonly reason: "stopped" | "wallClock";
}

/** An execution; or one process of a member of a group, which goes the same way and ends before its execution. */
export interface Execution {
  readonly key: ProcessKey;
  /** Of the execution; a member's process has its group's. */
  readonly order: StartOrder;
  /** Which member's process it is; null: it is an execution. */
  readonly process: MemberProcess | null;
  /** Place in the order of arrival, which removals share: it decides who waits for whom. */
  readonly sequence: number;
  /** When its turn came. */
  orderedAt: number;
  life: Life;
  /** First reason to stop; null: none. */
  stopping: Stopping | null;
  /** The server let go: nothing is reported any more. */
  discarded: boolean;
  /** This life of the agent only: from when the wall clock counts; `orderedAt` unless the clock was set back. */
  wallClockFrom: number;
  /** This life of the agent only: the runtime was asked to prepare. */
  preparing: boolean;
  /** This life of the agent only: when the next kill is due; null: no stop under way. */
  killAt: number | null;
  /** This life of the agent only: what is watched of a group; null: nothing yet. */
  watch: AllocationWatch | null;
}

export function newExecution(
  order: StartOrder,
  process: MemberProcess | null,
  sequence: number,
  at: number,
): Execution {
  return {
    key: process?.key ?? order.execution,
    order,
    process,
    sequence,
    orderedAt: at,
    life: { phase: "ordered" },
    stopping: null,
    discarded: false,
    wallClockFrom: at,
    preparing: false,
    killAt: null,
    watch: null,
  };
}

export interface Removal {
  readonly removal: number;
  readonly jobId: string;
  readonly taskId: string | null;
  readonly sequence: number;
  /**
   * That the runtime was asked is of this life of the agent only. What is done is kept until the server has its
   * confirmation: ordered again by a server that lacks it, it would come after what has been started there since.
   */
  state: "waiting" | "asked" | "done";
}

export interface DirectoryName {
  readonly jobId: string;
  readonly taskId: string;
}

export interface AgentOptions {
  /** Default WALL_CLOCK_GRACE_MS. */
  readonly wallClockGraceMs: number;
  /** Default RETENTION_MIN_MS. */
  readonly retentionMinMs: number;
  /** Default FINISHED_MEMORY_MAX. */
  readonly finishedMemoryMax: number;
  /** Numbers from [0, 1) by chance, for the delay before restarts; default 0. */
  readonly random: () => number;
}

/** State that follows from the journal alone. */
interface JournaledState {
  bootId: string | null;
  /** Highest epoch seen; a lower one is a deposed leader's. */
  epoch: number;
  /** In order of arrival. */
  readonly executions: Map<ExecutionNumber, Execution>;
  /** Processes of members that are under way. */
  readonly memberProcesses: Map<ProcessKey, Execution>;
  /** Each key is given once, or a shim could take a process for another. */
  nextMemberKey: ProcessKey;
  /** Since when there is no server, as far as a group wants to know; null: there is one, or no group asks. */
  contactLostAt: number | null;
  /** Executions by directory key, in order of arrival. */
  readonly byDirectory: Map<string, Execution[]>;
  /**
   * Recently finished, in two generations: when the later one is full it becomes the earlier, which is dropped.
   * Taking the oldest out of one set each time would cost a sixth of everything the machine does.
   */
  finished: Set<ExecutionNumber>;
  finishedEarlier: Set<ExecutionNumber>;
  /** When the directories nobody uses expire: job id, task id, instant. */
  readonly retained: Map<string, Map<string, number>>;
  retainedCount: number;
  readonly removals: Map<number, Removal>;
  nextSequence: number;
}

/** State of this life of the agent. */
interface LinkState {
  readonly linkId: string;
  /** Null: no connection. */
  session: string | null;
  /** Last order of this session that was applied. */
  lastApplied: number;
  /** Orders came since the last frame was made. */
  acknowledgementOwed: boolean;
  readonly outbox: Outbox<NodeReport>;
  /** Highest report number that was ever in a frame: the server may have it, so it can no longer change. */
  highestSent: number;
  /** Number of the latest report of an execution that has not ended. */
  readonly latestReport: Map<ExecutionNumber, number>;
  /** Number of the latest report of how a group is. */
  readonly latestState: Map<ExecutionNumber, number>;
}

export interface AgentMachine extends JournaledState, LinkState {
  readonly options: AgentOptions;
  /** Ordered executions whose turn has not come. */
  readonly waiting: Set<ExecutionNumber>;
  /** Keys of expired directories that are being removed. */
  readonly removing: Set<string>;
  readonly executionTimers: DueHeap<ProcessKey>;
  readonly directoryTimers: DueHeap<DirectoryName>;
  /** The node's clock at the last step. */
  time: number;
}

/** One step under way. */
export interface Step {
  readonly machine: AgentMachine;
  readonly now: number;
  readonly entries: JournalEntry[];
  readonly effects: AgentEffect[];
  /** What has happened to groups in this step, for their runner. */
  readonly notices: Notice[];
}

/** What the machine of processes tells the runner of groups. */
export type Notice =
  /** Something about the execution is to be looked at: time, an order, the link. */
  | { readonly notice: "due"; readonly execution: Execution }
  /** Its directories are there. */
  | { readonly notice: "allocated"; readonly execution: Execution }
  /** Its preparation, if it was asked for, went with an earlier life of the agent. */
  | { readonly notice: "prepare"; readonly process: Execution }
  | { readonly notice: "started"; readonly process: Execution; readonly startedAt: number }
  | { readonly notice: "notStarted"; readonly process: Execution; readonly why: StartFailure }
  | { readonly notice: "ended"; readonly process: Execution; readonly end: MemberEnd };

/**
 * A machine without a past. `linkId` names this life of the agent process; reports are numbered within it. Replay
 * the journal's entries into it, then give it `recovered` as its first input.
 */
export function newAgentMachine(linkId: string, options: Partial<AgentOptions> = {}): AgentMachine {
  return {
    options: {
      wallClockGraceMs: options.wallClockGraceMs ?? WALL_CLOCK_GRACE_MS,
      retentionMinMs: options.retentionMinMs ?? RETENTION_MIN_MS,
      finishedMemoryMax: options.finishedMemoryMax ?? FINISHED_MEMORY_MAX,
      random: options.random ?? (() => 0),
    },
    bootId: null,
    epoch: 0,
    executions: new Map(),
    memberProcesses: new Map(),
    nextMemberKey: MEMBER_KEY_FIRST,
    contactLostAt: null,
    byDirectory: new Map(),
    finished: new Set(),
    finishedEarlier: new Set(),
    retained: new Map(),
    retainedCount: 0,
    removals: new Map(),
    nextSequence: 1,
    linkId,
    session: null,
    lastApplied: 0,
    acknowledgementOwed: false,
    outbox: newOutbox(),
    highestSent: 0,
    latestReport: new Map(),
    latestState: new Map(),
    waiting: new Set(),
    removing: new Set(),
    executionTimers: newDueHeap(),
    directoryTimers: newDueHeap(),
    time: 0,
  };
}
