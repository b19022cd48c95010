import type { GroupSpec } from "./group.ts";

/**
 * What happens inside an execution of a group: its members with their processes, as the node sees and reports it.
 * The words are Nomad's, as people know them from its allocations.
 */

export type MemberEventType =
  | "Received"
  | "Task Setup"
  | "Building Task Directory"
  | "Downloading Artifacts"
  | "Failed Artifact Download"
  | "Setup Failure"
  | "Driver"
  | "Driver Failure"
  | "Template"
  | "Started"
  | "Terminated"
  | "Restart Signaled"
  | "Restarting"
  | "Not Restarting"
  | "Signaling"
  | "Waiting for shutdown delay"
  | "Killing"
  | "Killed"
  | "Sibling Task Failed"
  | "Leader Task Dead"
  | "Main Tasks Dead"
  | "Task hook failed"
  | "Failed Restoring Task"
  | "Reconnected"
  | "Alloc Unhealthy";

export interface MemberEvent {
  readonly type: MemberEventType;
  readonly at: number;
  /** The sentence people read, as `Exit Code: 1` or `Task restarting in 16.2s`. */
  readonly description: string;
}

/** Events that are kept of a member (Nomad). */
export const MEMBER_EVENTS_MAX = 10;

export interface MemberState {
  readonly member: string;
  readonly state: "pending" | "running" | "dead";
  /** Of a dead one: whether it failed. */
  readonly failed: boolean;
  readonly restarts: number;
  readonly lastRestartAt: number | null;
  /** Of its first process. */
  readonly startedAt: number | null;
  /** When it died for good. */
  readonly finishedAt: number | null;
  /** When it acts next by itself (a restart that waits); null: nothing is due. */
  readonly nextAt: number | null;
  /** Oldest first, at most MEMBER_EVENTS_MAX. */
  readonly events: readonly MemberEvent[];
}

export type CheckStatus = "pending" | "passing" | "warning" | "critical" | "success" | "failure";

export interface CheckState {
  readonly service: string;
  readonly member: string | null;
  readonly check: string;
  readonly status: CheckStatus;
  readonly at: number;
  /** What the probe said, cut to CHECK_OUTPUT_MAX. */
  readonly output: string;
}

export const CHECK_OUTPUT_MAX = 3_072;

/** Whether an execution counts as healthy for a deployment or a migration; decided by the node. */
export interface ExecutionHealth {
  readonly healthy: boolean;
  readonly at: number;
  /** Why not; null when healthy. */
  readonly reason: string | null;
}

/** The client status of an allocation (Nomad), but `lost` and `unknown`, which the server decides on. */
export type AllocationStatus = "pending" | "running" | "complete" | "failed";

/** The whole of what the node knows; each report replaces the one before. */
export interface AllocationState {
  readonly status: AllocationStatus;
  readonly members: readonly MemberState[];
  readonly checks: readonly CheckState[];
  /** Null: not decided, or nobody asked. */
  readonly health: ExecutionHealth | null;
  /** Which limit of its group made the node end it; absent: none did. */
  readonly description?: string;
}

/** One earlier failure that a replacement remembers (Nomad's reschedule tracker). */
export interface RescheduleEvent {
  readonly at: number;
  /** Execution that failed, and its node. */
  readonly execution: number;
  readonly node: string;
  readonly delayMs: number;
}

/** A port of an execution. */
export interface AssignedPort {
  readonly label: string;
  /** On the node. */
  readonly value: number;
  /** Inside the container; the same for processes on the host. */
  readonly to: number;
  readonly hostIp: string;
}

/** When an execution of a group counts as healthy. */
export interface HealthRule {
  readonly healthCheck: "checks" | "task_states";
  readonly minHealthyTimeMs: number;
  /** From the start of the execution; then it is unhealthy. */
  readonly deadlineMs: number;
}

/** What a node needs for an execution of a group, beside the order that all executions have. */
export interface AllocationOrder {
  /** `JOB.GROUP[INDEX]`. */
  readonly name: string;
  /** 36 characters, as people know allocation ids; made of job, task and ordinal by nobody: given by the server. */
  readonly allocationId: string;
  readonly index: number;
  readonly version: number;
  readonly jobName: string;
  readonly jobType: "batch" | "service" | "system" | "sysbatch";
  readonly parentJobId: string | null;
  readonly region: string;
  readonly namespace: string;
  readonly datacenter: string;
  /** Job's and dispatch's; group and member add theirs. */
  readonly meta: Readonly<Record<string, string>>;
  readonly group: GroupSpec;
  readonly ports: readonly AssignedPort[];
  /** Null: nobody waits for health. */
  readonly health: HealthRule | null;
  /** Base64 payload of a dispatch; null: none. */
  readonly payload: string | null;
}
