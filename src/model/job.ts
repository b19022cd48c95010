import type { SchedulingError } from "./failure.ts";
import type { FleetRunSpec } from "./fleet/run.ts";
import type { GroupsSpec } from "./group.ts";
import type { GroupsRecord } from "./groupJob.ts";
import type { JobNumber } from "./id.ts";
import type { EnvironmentSetting, PreparationSpec, ReleaseSpec } from "./taskSpec.ts";

export type JobType = "batch" | "service" | "system" | "sysbatch" | "fleet";

/**
 * The states of a job (Azure Batch 3.1).
 * active: tasks are placed. disabling: running tasks are being stopped or awaited, nothing is placed. disabled: nothing runs.
 * enabling: passed through at once. terminating: tasks are being stopped, then releases run. completed: final.
 * deleting: as terminating, then everything is removed.
 */
export type JobState =
  | "active"
  | "disabling"
  | "disabled"
  | "enabling"
  | "terminating"
  | "completed"
  | "deleting";

export type DisableTasks = "requeue" | "terminate" | "wait";
export type OnAllTasksComplete = "noaction" | "terminatejob";

export interface MetadataItem {
  readonly name: string;
  readonly value: string;
}

/** A job as its user described it; durations in milliseconds, every default filled in. */
export interface JobSpec {
  readonly id: string;
  readonly type: JobType;
  readonly displayName: string | null;
  readonly priority: number;
  /** -1: no limit. */
  readonly maxParallelTasks: number;
  readonly onAllTasksComplete: OnAllTasksComplete;
  /** Measured from the job's creation; null: unlimited. */
  readonly maxWallClockMs: number | null;
  readonly maxTaskRetryCount: number;
  /** The pool's id as given; the pool need not exist yet. */
  readonly poolId: string;
  readonly preparation: PreparationSpec | null;
  readonly release: ReleaseSpec | null;
  readonly commonEnvironmentSettings: readonly EnvironmentSetting[];
  readonly metadata: readonly MetadataItem[];
  /** Of jobs of groups: service, system, sysbatch, and batch in Nomad's form. Absent: a job of tasks. */
  readonly groups?: GroupsSpec;
  /** Of jobs of the type fleet, and of no other. */
  readonly run?: FleetRunSpec;
}

/** How far the way down has come, for `terminating` and `deleting`. */
export type EndingStage = "stopping" | "releasing" | "removing";

/** A job as the store holds it. */
export interface JobRecord {
  readonly number: JobNumber;
  spec: JobSpec;
  state: JobState;
  stateAt: number;
  /** Null while in the first state. */
  previousState: JobState | null;
  previousStateAt: number | null;
  createdAt: number;
  lastModifiedAt: number;
  /** Changes with every change of entity-level data. */
  etag: number;
  /** Set by disable; null when the job was never disabled. */
  disableTasks: DisableTasks | null;
  /** Null unless terminating or deleting. */
  ending: EndingStage | null;
  /** `UserTerminate`, `AllTasksComplete`, `MaxWallClockTimeExpiry`, or the caller's text; null before the end. */
  terminateReason: string | null;
  endedAt: number | null;
  schedulingError: SchedulingError | null;
  /** Next ordinal to hand out, from 1. */
  nextOrdinal: number;
  /** If and only if the spec has groups. */
  groups?: GroupsRecord;
}

/** What changes with every task, apart from the record so that the document need not be written again. */
export interface JobCounts {
  active: number;
  /** Includes preparing (Azure Batch 6.8). */
  running: number;
  succeeded: number;
  failed: number;
  activeSlots: number;
  runningSlots: number;
  succeededSlots: number;
  failedSlots: number;
}

export function emptyCounts(): JobCounts {
  return {
    active: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    activeSlots: 0,
    runningSlots: 0,
    succeededSlots: 0,
    failedSlots: 0,
  };
}
