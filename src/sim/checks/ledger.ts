import type { ProcessExit } from "../../agent/core/contract.ts";
import type { ExecutionKind } from "../../model/execution.ts";
import type { ExecutionNumber, JobNumber, NodeNumber, TaskNumber } from "../../model/id.ts";

/** An order to start, at the moment that it was let out. */
export interface Ordered {
  readonly kind: ExecutionKind;
  readonly job: JobNumber;
  /** Null for preparations and releases. */
  readonly task: TaskNumber | null;
  readonly node: NodeNumber;
  readonly slots: number;
  /** True time, of the first time and of the last. */
  readonly firstAt: number;
  readonly at: number;
}

/** What really happened, whatever server and agents believe. */
export interface Ledger {
  readonly orders: Map<ExecutionNumber, Ordered>;
  /** Executions of which a process was started. */
  readonly started: Set<ExecutionNumber>;
  readonly exits: Map<ExecutionNumber, ProcessExit["outcome"]>;
  /** Processes of members that were started, and how they ended, by memberKey. */
  readonly startedMembers: Set<string>;
  /** When the first process of a group was started, in true time. */
  readonly firstStarts: Map<ExecutionNumber, number>;
  readonly memberExits: Map<string, ProcessExit["outcome"]>;
  /** How often people asked for a restart of an execution. */
  readonly restartsAsked: Map<ExecutionNumber, number>;
  /** By guid of the machine: when a shim of it last died, in true time. */
  readonly shimDeaths: Map<string, number>;
  /** `GUID:JOB` with the boots in which a preparation exited with 0. */
  readonly prepared: Map<string, Set<string>>;
  /** `NODE:JOB` where a process of a task was started. */
  readonly ran: Set<string>;
  /** `JOBID/TASKID` and `JOBID` whose deletion somebody asked for, folded. */
  readonly deletions: Set<string>;
  /** `JOBID/TASKID` whose reactivation somebody asked for, folded. */
  readonly reactivations: Set<string>;
}

export function memberKey(
  execution: ExecutionNumber,
  member: string,
  processNumber: number,
): string {
  return `${execution}/${member}/${processNumber}`;
}

export function newLedger(): Ledger {
  return {
    orders: new Map(),
    started: new Set(),
    exits: new Map(),
    startedMembers: new Set(),
    firstStarts: new Map(),
    memberExits: new Map(),
    restartsAsked: new Map(),
    shimDeaths: new Map(),
    prepared: new Map(),
    ran: new Set(),
    deletions: new Set(),
    reactivations: new Set(),
  };
}
