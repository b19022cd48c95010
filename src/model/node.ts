import type { UserNumber } from "./fleet/person.ts";
import type { NodeNumber, PoolNumber } from "./id.ts";
import type { DeallocationOption } from "./pool.ts";

/**
 * Where a node is in its life. What people see as `idle`, `running` and `offline` follows from `joined`, the
 * executions on it and the scheduling state (nodeStateOf in the engine).
 */
export type NodeLife =
  /** Asked of the provider, not joined yet. */
  | "creating"
  | "joined"
  /** Told to reboot; back when it joins with another boot id. */
  | "rebooting"
  /** Being removed: drains by its option, then goes. */
  | "leaving";

/** What people see of a node (Azure Batch 4.4). Those of start tasks, images and low-priority machines are not there. */
export type NodeState =
  /** Asked of the provider. */
  | "creating"
  /** The machine has joined; its agent has not connected for the first time. */
  | "starting"
  | "idle"
  | "running"
  | "offline"
  | "rebooting"
  | "leavingpool"
  /** Given up: what ran there was recovered elsewhere. */
  | "unusable"
  /** Contact lost, not given up yet. */
  | "unknown";

export type Contact =
  | "connected"
  /** No connection, within the grace: counts as reachable for its executions, takes no new ones. */
  | "away"
  /** Contact lost for longer than the grace: its executions are `unknown`. */
  | "unknown"
  /** Given up: its executions were declared lost. */
  | "lost";

export interface NodeError {
  readonly code: string;
  readonly message: string;
}

/** What the agent says about its machine. */
export interface NodeFacts {
  readonly agentVersion: string;
  readonly hostname: string;
  readonly os: string;
  readonly ipAddress: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Whether the agent has a reboot command, so that the API may ask for one. */
  readonly canReboot: boolean;
  /** Absent: the agent runs no groups. */
  readonly host?: HostFacts;
}

export interface DriverFacts {
  readonly detected: boolean;
  readonly healthy: boolean;
  /** Why not, or its version. */
  readonly description: string;
}

/** A directory that the agent offers to groups under a name. */
export interface HostVolumeFacts {
  /** On the node. */
  readonly path: string;
  /** Whether nobody may write there. */
  readonly readOnly: boolean;
}

/** What groups are placed by (Nomad's fingerprint). */
export interface HostFacts {
  /** Agent option `--datacenter`; default `dc1`. */
  readonly datacenter: string;
  /** "" when it has none. */
  readonly nodeClass: string;
  readonly meta: Readonly<Record<string, string>>;
  /** As `kernel.name`, `cpu.numcores`, `driver.docker`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly drivers: Readonly<Record<string, DriverFacts>>;
  /** By name; absent: an agent that is older than they are. */
  readonly hostVolumes?: Readonly<Record<string, HostVolumeFacts>>;
  /** All cores together. */
  readonly cpuMhz: number;
  /** MiB. */
  readonly memoryMb: number;
  readonly diskMb: number;
}

/** A node that groups move away from (Nomad `node drain`). */
export interface DrainProgress {
  readonly startedAt: number;
  /** When whatever is left is stopped; null: never. */
  readonly deadlineAt: number | null;
  readonly ignoreSystemJobs: boolean;
}

export interface NodeRecord {
  readonly number: NodeNumber;
  /** For the system; made by the node or, for a node of a provider, by the server. */
  readonly guid: string;
  /** For people; unique among the present nodes. */
  id: string;
  pool: PoolNumber;
  /** The provider's node: the provider removes and reboots it. */
  readonly provided: boolean;
  life: NodeLife;
  lifeAt: number;
  contact: Contact;
  /** When it was last heard; what is stored may be older, as the record is not saved for that. */
  contactAt: number;
  schedulingState: "enabled" | "disabled";
  /** What disableScheduling asked for its running tasks; null when enabled. */
  disableOption: "requeue" | "terminate" | "taskcompletion" | null;
  fleetStatus: "enable" | "disable";
  /** Of the person who answers for it; null or absent: nobody has edited it yet. */
  owner?: UserNumber | null;
  description?: string;
  /** By a person; absent: never. */
  updatedAt?: number;
  updatedBy?: UserNumber;
  /** Executions of groups are leaving it; absent: they are not. */
  drain?: DrainProgress | null;
  slots: number;
  bootId: string | null;
  bootAt: number | null;
  createdAt: number;
  facts: NodeFacts | null;
  /** Option of the reboot or removal under way; null otherwise. */
  option: DeallocationOption | null;
  /** Set once the machine was told to reboot or to go: nothing runs any more. */
  orderIssued: boolean;
  /** When the reboot that it was told to do has to be over; null: there is none. */
  rebootBy: number | null;
  /** What went wrong on it last; it works in spite of them. */
  errors: readonly NodeError[];
}

/** What changes with every message of a node, apart from the record. */
export interface NodeProgress {
  /** The agent's link incarnation that `lastApplied` counts in; null before its first message. */
  linkId: string | null;
  /** Last message of this link that is in the store. */
  lastApplied: number;
  tasksRun: number;
  tasksSucceeded: number;
  /** Until when the longest retained task directory is kept, for `retaineddata`; 0: there is none. */
  retainedUntil: number;
  /** Jobs, not deleted yet, of which tasks ran here: with the last of them nothing is retained any more. */
  retainingJobs: number;
}

export function emptyProgress(): NodeProgress {
  return {
    linkId: null,
    lastApplied: 0,
    tasksRun: 0,
    tasksSucceeded: 0,
    retainedUntil: 0,
    retainingJobs: 0,
  };
}
