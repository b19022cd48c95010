import type { EventRecord } from "./event.ts";
import type { ExecutionRecord } from "./execution.ts";
import type { FleetChanges } from "./fleet/changes.ts";
import type { ExecutionNumber, JobNumber, NodeNumber, PoolNumber, TaskNumber } from "./id.ts";
import type { JobCounts, JobRecord } from "./job.ts";
import type { NodeProgress, NodeRecord } from "./node.ts";
import type { NodeJobRecord } from "./nodeJob.ts";
import type { PoolRecord } from "./pool.ts";
import type { TaskProgress, TaskRecord } from "./task.ts";
import type { TaskSpec } from "./taskSpec.ts";

/** What changes with every task of a job, stored apart from its record. */
export interface JobProgress {
  readonly counts: JobCounts;
  /** No task of the job with a smaller number is active: where a restore begins to read. */
  readonly firstActive: TaskNumber;
}

/** A directory removal that a node has not confirmed yet: task deletion, issued again until it is. */
export interface RemovalRecord {
  readonly number: number;
  readonly node: NodeNumber;
  readonly jobId: string;
  /** Null: the directories of the whole job. */
  readonly taskId: string | null;
}

/** Counters that number new things; stored with every commit that moves them. */
export interface Counters {
  pool: number;
  node: number;
  job: number;
  execution: number;
  event: number;
  removal: number;
  /** Changes of jobs of groups: what a modify index is, so that none is given twice. */
  jobChange: number;
  /** Engine time never goes back, over restarts either. */
  time: number;
}

/** Of a fleet that has just begun. */
export const NO_COUNTERS: Counters = {
  pool: 0,
  node: 0,
  job: 0,
  execution: 0,
  event: 0,
  removal: 0,
  jobChange: 0,
  time: 0,
};

/**
 * What a batch of inputs changed: whole new values by key, so that applying it twice is the same as once.
 * A null value means that the record is gone.
 */
export interface Changes {
  readonly pools: Map<PoolNumber, PoolRecord | null>;
  readonly nodes: Map<NodeNumber, NodeRecord | null>;
  readonly nodeProgress: Map<NodeNumber, NodeProgress>;
  readonly jobs: Map<JobNumber, JobRecord | null>;
  readonly jobProgress: Map<JobNumber, JobProgress>;
  /** By nodeJobKey. */
  readonly nodeJobs: Map<string, NodeJobRecord>;
  /** New tasks, in the order of their numbers. */
  readonly newTasks: TaskRecord[];
  /** State of tasks that are not in newTasks, or of new ones that have already moved on. */
  readonly tasks: Map<TaskNumber, TaskProgress | null>;
  /** Specs changed by an update of constraints. */
  readonly taskSpecs: Map<TaskNumber, TaskSpec>;
  readonly executions: Map<ExecutionNumber, ExecutionRecord>;
  readonly removals: Map<number, RemovalRecord | null>;
  readonly events: EventRecord[];
  /** All tasks and executions of these jobs go. */
  readonly purgedJobs: JobNumber[];
  /** Null when no counter moved. */
  counters: Counters | null;
  /** Null when nothing of fleet operations changed. */
  fleet: FleetChanges | null;
}

export function emptyChanges(): Changes {
  return {
    pools: new Map(),
    nodes: new Map(),
    nodeProgress: new Map(),
    jobs: new Map(),
    jobProgress: new Map(),
    nodeJobs: new Map(),
    newTasks: [],
    tasks: new Map(),
    taskSpecs: new Map(),
    executions: new Map(),
    removals: new Map(),
    events: [],
    purgedJobs: [],
    counters: null,
    fleet: null,
  };
}
