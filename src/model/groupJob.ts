import type { AllocationState, AssignedPort, RescheduleEvent } from "./allocation.ts";
import type { Attributes, GroupSpec } from "./group.ts";
import type { ExecutionNumber, JobNumber, NodeNumber } from "./id.ts";
import type { JobSpec } from "./job.ts";

/** What jobs of groups, their tasks and their executions have beyond those of tasks. */

/** What kept a deployment from going well. */
export interface DeploymentFailure {
  readonly group: string;
  readonly taskId: string;
  /** Of the execution that failed, or was not healthy; null: none was placed. */
  readonly allocationId: string | null;
  /** A sentence without its full stop. */
  readonly message: string;
}

/** How a version came about that is an earlier one again. */
export interface Reversion {
  /** The version that was the present one. */
  readonly from: number;
  /** The version whose spec it has. */
  readonly to: number;
  /** Name of the caller's token; null: `auto_revert` did it. */
  readonly by: string | null;
  /** Of the deployment of `from`; null: a person went back. */
  readonly failure: DeploymentFailure | null;
}

/** Canaries became what their tasks run. */
export interface Promotion {
  readonly groups: readonly string[];
  /** Name of the caller's token; null: `auto_promote` did it. */
  readonly by: string | null;
  readonly at: number;
}

/** What is remembered of each version, the present one and earlier ones. */
export interface VersionRecord {
  /** From 0, rises with every change of the spec. */
  readonly version: number;
  readonly submittedAt: number;
  /** Whether it ran healthily once: revert goes back to one of these. */
  readonly stable: boolean;
  /** Null: it was registered. */
  readonly reverted: Reversion | null;
  /** Of its canaries, in their order. */
  readonly promotions: readonly Promotion[];
}

/** An earlier version of a job, kept for history and revert. */
export interface JobVersion extends VersionRecord {
  readonly spec: JobSpec;
}

/** The job as it is now, as a version. */
export function presentVersion(spec: JobSpec, record: GroupsRecord): JobVersion {
  const { version, submittedAt, stable, reverted, promotions } = record;
  return { version, submittedAt, stable, reverted, promotions, spec };
}

/** Versions that are kept besides the current one (Nomad's job_tracked_versions). */
export const VERSIONS_MAX = 6;

export type DeploymentStatus = "running" | "successful" | "failed" | "cancelled";

/** How far a group of a deployment has come; when that is over it stays as it was then. */
export interface DeploymentFigures {
  /** Executions of its version, ended ones included. */
  readonly placed: number;
  /** Those that are healthy, and neither have ended nor are told to stop. */
  readonly healthy: number;
  /** Those that were found unhealthy, ended ones included. */
  readonly unhealthy: number;
}

export interface DeploymentGroup extends DeploymentFigures {
  readonly desired: number;
  readonly autoRevert: boolean;
  /** When it fails unless another execution becomes healthy; null: no such deadline, or it is done or waits for promotion. */
  readonly progressBy: number | null;
  /** Executions of the new version that run beside the others until they are promoted; 0: there are none. */
  readonly canaries: number;
  readonly autoPromote: boolean;
  readonly promoted: boolean;
  /** Version that all but the canaries run until the promotion; null: there are no canaries. */
  readonly keepsVersion: number | null;
  /** What went wrong last, until its task became healthy after all; null: nothing did. */
  readonly fault: DeploymentFailure | null;
}

/** How a version of a service takes the place of the one before (Nomad). */
export interface Deployment {
  /** Unique in the fleet: of the job's number and version. */
  readonly id: string;
  readonly version: number;
  readonly status: DeploymentStatus;
  readonly description: string;
  /** Null: it has not failed. */
  readonly failure: DeploymentFailure | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly groups: Readonly<Record<string, DeploymentGroup>>;
}

/** Of a version of a job, if that has one (`isDeployed`). */
export function deploymentId(job: JobNumber, version: number): string {
  return `${job}-${version}`;
}

/** Whether a version of a job rolls the group over in a deployment; one without executions has none. */
export function isDeployed(type: JobSpec["type"], { update, count }: GroupSpec): boolean {
  return type === "service" && update !== null && count > 0;
}

/** In the record of a job of groups. */
export interface GroupsRecord extends VersionRecord {
  /**
   * Rises with every change that a person, or a failed deployment, makes to the job: a further version, its stop, a hold,
   * its running again. From 1, and never given twice, also to jobs of the same id (Nomad's job modify index).
   */
  readonly modifyIndex: number;
  /** Newest first, at most VERSIONS_MAX. */
  readonly history: readonly JobVersion[];
  /** The latest; null: there was none. */
  readonly deployment: Deployment | null;
  /** Of a periodic or dispatched child; null: it is nobody's. */
  readonly parentJobId: string | null;
  /** Base64 payload of a dispatch; null: none. */
  readonly payload: string | null;
  /** Of a dispatch, over the job's. */
  readonly meta: Attributes;
  /** Seconds since 1970 in the id of its last periodic child, so that no two have the same; null: there was none. */
  readonly lastChildSecond: number | null;
  /** When executions of a system job were last replaced for a new version (`update.stagger`); null: never. */
  readonly lastBatchAt: number | null;
  /** When a periodic job starts its next child; null: it does not. */
  readonly nextLaunchAt: number | null;
}

/** What the next execution inherits from those before it, and what it waits for. */
export interface NextExecution {
  /** Earlier failures, oldest first (Nomad's reschedule tracker). */
  readonly rescheduled: readonly RescheduleEvent[];
  /** When it is placed again; null: as soon as a node is found, or it does not wait. */
  readonly actsAt: number | null;
  /** The last decision about it, for people; null: none yet. */
  readonly decision: string | null;
  /** The execution that the next one replaces; null: the first. */
  readonly previous: ExecutionNumber | null;
  /** Delay of the reschedule under way, which its next execution remembers; null: none is. */
  readonly delayMs: number | null;
}

/** A second execution of a task that tries a new version beside the one that the task has (Nomad's canary). */
export interface CanaryProgress extends NextExecution {
  /** Of the job that it tries. */
  readonly version: number;
  /** waiting: for a node or its time. failed: for good. */
  readonly state: "waiting" | "running" | "failed";
  /** Its latest; null: none has been placed. */
  readonly execution: ExecutionNumber | null;
  /** Where that was placed; null: nowhere yet. */
  readonly node: NodeNumber | null;
  readonly nodeId: string | null;
}

export function newCanaryProgress(version: number): CanaryProgress {
  return {
    version,
    state: "waiting",
    execution: null,
    node: null,
    nodeId: null,
    rescheduled: [],
    actsAt: null,
    decision: null,
    previous: null,
    delayMs: null,
  };
}

/** In the progress of a task of a group. */
export interface GroupProgress extends NextExecution {
  /** An execution whose node is out of contact, while `execution` is its replacement; null: none. */
  readonly original: ExecutionNumber | null;
  /** What tries a new version beside `execution`; null: nothing does. */
  readonly canary: CanaryProgress | null;
  /** Version of the job that its last execution ran, or a canary if it had nothing else; null: none yet. */
  readonly ranVersion: number | null;
  /** Node of a system task; null: any. */
  readonly boundTo: NodeNumber | null;
}

export function newGroupProgress(boundTo: NodeNumber | null): GroupProgress {
  return {
    rescheduled: [],
    actsAt: null,
    decision: null,
    original: null,
    canary: null,
    previous: null,
    delayMs: null,
    ranVersion: null,
    boundTo,
  };
}

/** How well a node suited, for `alloc status -verbose`. */
export interface PlacementScore {
  readonly nodeId: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly final: number;
}

/** What an execution takes of its node. */
export interface AllocatedResources {
  readonly cpuMhz: number;
  /** Whole cores; their MHz are in cpuMhz. */
  readonly cores: number;
  /** MiB. */
  readonly memoryMb: number;
  readonly diskMb: number;
}

/** In the record of an execution of a group. */
export interface ExecutionAllocation {
  /** 36 characters, unique from the 8th on; people name an execution by any unique prefix. */
  readonly id: string;
  readonly index: number;
  /** Of the job's spec that it runs. */
  readonly version: number;
  readonly resources: AllocatedResources;
  readonly ports: readonly AssignedPort[];
  /** The execution that it replaces; null: none. */
  readonly previous: ExecutionNumber | null;
  readonly rescheduled: readonly RescheduleEvent[];
  /** Whether it tries its version until that is promoted. */
  readonly canary: boolean;
  readonly desired: "run" | "stop";
  /** Why it is to stop, or what became of it; "" while it runs. */
  readonly description: string;
  /** What its node said last; null: nothing yet. */
  readonly state: AllocationState | null;
  readonly modifiedAt: number;
  /** Since when its node has been out of contact; null: it is not. */
  readonly unknownAt: number | null;
  /** When its node was back last, after it had been given up for `unknown`; absent: it never was. */
  readonly reconnectedAt?: number;
  readonly scores: readonly PlacementScore[];
}

/** Which group a task is of. */
export interface GroupPlace {
  readonly group: string;
  readonly index: number;
}
