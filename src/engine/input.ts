import type { ExecNote } from "../model/event.ts";
import type { ExecutionNumber, NodeNumber } from "../model/id.ts";
import type { DisableTasks, JobSpec, MetadataItem, OnAllTasksComplete } from "../model/job.ts";
import type { NodeFacts } from "../model/node.ts";
import type { HeldExecution, NodeReport } from "../model/order.ts";
import type { DeallocationOption, PoolSpec, WorkKind } from "../model/pool.ts";
import type { RequestError } from "../model/requestError.ts";
import type { TaskSpec } from "../model/taskSpec.ts";

import type { DrainRequest } from "./groups/drainRequests.ts";
import type { Dispatch } from "./groups/periodic.ts";
import type { JobPlan } from "./groups/planSpec.ts";

/** A new task of an addTasks call; form and limits were checked at the edge. */
export interface NewTask {
  readonly id: string;
  readonly spec: TaskSpec;
}

/** Fields of a job that can be changed (Azure Batch 3). Absent: stays as it is. */
export interface JobPatch {
  readonly priority?: number;
  readonly maxParallelTasks?: number;
  readonly onAllTasksComplete?: OnAllTasksComplete;
  readonly maxWallClockMs?: number | null;
  readonly maxTaskRetryCount?: number;
  /** Only while the job is disabled. */
  readonly poolId?: string;
  readonly metadata?: readonly MetadataItem[];
}

export interface PoolPatch {
  readonly displayName?: string | null;
  readonly metadata?: readonly MetadataItem[];
  readonly accepts?: readonly WorkKind[];
  readonly nodeFillType?: "spread" | "pack";
}

export type DisableSchedulingOption = "requeue" | "terminate" | "taskcompletion";

/** What people ask for. `pool`, `job`, `node` and `task` are ids as given; the engine folds them. */
export type RequestInput =
  | CreateRequest
  | PoolRequest
  | NodeRequest
  | JobRequest
  | ExecutionRequest
  | TaskRequest
  /** A person's command inside an execution: it changes nothing and is put on record. */
  | { readonly kind: "noteExec"; readonly note: ExecNote };

export type CreateRequest =
  /** A job of groups: new, a further version, or the same again (Nomad `job run`). */
  | {
      readonly kind: "registerJob";
      readonly spec: JobSpec;
      /** Only if this is the modify index of the job now, 0: if there is none; null: whatever there is. */
      readonly checkIndex: number | null;
    }
  /** What registering the job would do now; it changes nothing. */
  | { readonly kind: "planJob"; readonly spec: JobSpec }
  /** The work of a task instance, on targets that are frozen here. */
  | {
      readonly kind: "startRun";
      readonly spec: JobSpec;
      /** Each with its node, in the order in which they are released. */
      readonly targets: readonly NewTask[];
      /** How many may begin at once, the others are held; absent or null: all. */
      readonly released?: number | null;
    }
  | { readonly kind: "createPool"; readonly spec: PoolSpec }
  | { readonly kind: "createJob"; readonly spec: JobSpec }
  /** A job and its first tasks in one step: either everything is accepted or nothing. */
  | {
      readonly kind: "createJobWithTasks";
      readonly spec: JobSpec;
      readonly tasks: readonly NewTask[];
    };

/** About a pool that exists. */
export type PoolRequest =
  | { readonly kind: "updatePool"; readonly pool: string; readonly patch: PoolPatch }
  | {
      readonly kind: "resizePool";
      readonly pool: string;
      readonly targetDedicatedNodes: number;
      readonly option: DeallocationOption;
      /** Null: the pool's. */
      readonly timeoutMs: number | null;
    }
  | { readonly kind: "stopResize"; readonly pool: string }
  | {
      readonly kind: "removeNodes";
      readonly pool: string;
      readonly nodes: readonly string[];
      readonly option: DeallocationOption;
      readonly timeoutMs: number | null;
    }
  | { readonly kind: "deletePool"; readonly pool: string };

/** About a node. */
export type NodeRequest =
  | { readonly kind: "rebootNode"; readonly node: string; readonly option: DeallocationOption }
  | {
      readonly kind: "disableScheduling";
      readonly node: string;
      readonly option: DisableSchedulingOption;
    }
  | { readonly kind: "enableScheduling"; readonly node: string }
  | { readonly kind: "drainNode"; readonly node: string; readonly drain: DrainRequest }
  | { readonly kind: "stopDrain"; readonly node: string; readonly isEligible: boolean };

/** About a job that exists. */
export type JobRequest =
  | { readonly kind: "updateJob"; readonly job: string; readonly patch: JobPatch }
  | { readonly kind: "disableJob"; readonly job: string; readonly disableTasks: DisableTasks }
  | { readonly kind: "enableJob"; readonly job: string }
  | { readonly kind: "terminateJob"; readonly job: string; readonly reason: string }
  | { readonly kind: "deleteJob"; readonly job: string }
  | { readonly kind: "addTasks"; readonly job: string; readonly tasks: readonly NewTask[] }
  /** Of a fleet run: these targets run once more, each under its next number. All of them or none. */
  | {
      readonly kind: "rerunTargets";
      readonly job: string;
      readonly targets: readonly string[];
      /** Whether they wait to be released; absent: they begin at once. */
      readonly isHeld?: boolean;
    }
  /** Of jobs of groups. `user`: the name of the caller's token. */
  | {
      readonly kind: "revertJob";
      readonly job: string;
      readonly version: number;
      readonly user: string;
    }
  /** Null: all groups whose canaries wait for it. */
  | {
      readonly kind: "promoteJob";
      readonly job: string;
      readonly groups: readonly string[] | null;
      readonly user: string;
    }
  | { readonly kind: "dispatchJob"; readonly job: string; readonly dispatch: Dispatch }
  | { readonly kind: "forceLaunch"; readonly job: string };

/** About an execution of a group that has not ended. */
export type ExecutionRequest =
  | {
      readonly kind: "restartExecution";
      readonly execution: ExecutionNumber;
      /** Null: all that run. */
      readonly member: string | null;
      /** Whether members that have ended are started again too. */
      readonly dead: boolean;
    }
  | { readonly kind: "stopExecution"; readonly execution: ExecutionNumber };

/** About a task that exists. */
export type TaskRequest =
  | {
      readonly kind: "updateTask";
      readonly job: string;
      readonly task: string;
      /** The whole of the new constraints; absent members go back to their defaults. */
      readonly constraints: Pick<TaskSpec, "maxWallClockMs" | "retentionMs" | "maxTaskRetryCount">;
    }
  | { readonly kind: "terminateTask"; readonly job: string; readonly task: string }
  | { readonly kind: "reactivateTask"; readonly job: string; readonly task: string }
  | { readonly kind: "deleteTask"; readonly job: string; readonly task: string };

/** What nodes and the machinery around them say. */
export type NodeInput =
  /** A machine joined with a token, or a provided node shows itself for the first time: it gets a record. */
  | {
      readonly kind: "nodeJoined";
      readonly guid: string;
      /** Wished node id; made unique by a suffix when it is taken. */
      readonly name: string;
      readonly pool: string;
      /** 0: the pool's taskSlotsPerNode. */
      readonly slots: number;
      readonly facts: NodeFacts;
    }
  /** After hello was verified: the settle table is applied (DESIGN 2). */
  | {
      readonly kind: "nodeConnected";
      readonly guid: string;
      readonly linkId: string;
      readonly bootId: string;
      readonly slots: number;
      readonly facts: NodeFacts;
      readonly held: readonly HeldExecution[];
    }
  | { readonly kind: "nodeDisconnected"; readonly node: NodeNumber }
  /** Reports of one frame, in order; `upTo` is the number of the last. Duplicates were taken out before. */
  | {
      readonly kind: "nodeReports";
      readonly node: NodeNumber;
      readonly linkId: string;
      readonly upTo: number;
      readonly reports: readonly NodeReport[];
    }
  /** The provider could not make the node. */
  | { readonly kind: "nodeFailed"; readonly node: NodeNumber; readonly message: string }
  /** The provider has removed the node. */
  | { readonly kind: "nodeRemoved"; readonly node: NodeNumber };

export type Input = RequestInput | NodeInput;

/** Answer to one task of addTasks, in the order of the call. */
export type AddTaskAnswer =
  | { readonly status: "success"; readonly id: string }
  | { readonly status: "clienterror"; readonly id: string; readonly error: RequestError };

/** What the caller of a request is told after the commit. */
export type Reply =
  | {
      readonly ok: true;
      readonly tasks?: readonly AddTaskAnswer[];
      readonly node?: NodeNumber;
      readonly lastApplied?: number;
      /** Of a job of groups, after the request. */
      readonly version?: number;
      /** Of a job of groups that was registered or reverted. */
      readonly modifyIndex?: number;
      /** What to know of a job that was registered as it was; absent: that did something. */
      readonly note?: string;
      /** Of planJob. */
      readonly plan?: JobPlan;
      /** Of a child that was started. */
      readonly jobId?: string;
      /** Of a task instance that was started or is open again. */
      readonly instance?: number;
      /** Of a task definition that was approved. */
      readonly revision?: number;
    }
  | { readonly ok: false; readonly error: RequestError };
