import { z } from "@hono/zod-openapi";
import { ENVIRONMENT_SETTINGS } from "../command.ts";
import { METADATA, TIME } from "../field.ts";
import { JOB_CONSTRAINTS, POOL_INFO, PREPARATION, RELEASE } from "../job.ts";
import { FAILURE_INFO, RESULT, SCHEDULING_ERROR } from "./failure.ts";

export const JOB_STATES = [
  "active",
  "disabling",
  "disabled",
  "enabling",
  "terminating",
  "completed",
  "deleting",
] as const;
const JOB_STATE = z.enum(JOB_STATES);

export const JOB = z
  .object({
    id: z.string(),
    url: z.string(),
    type: z.enum(["batch", "service", "system", "sysbatch", "fleet"]),
    displayName: z.string().optional(),
    eTag: z.string(),
    creationTime: TIME,
    lastModified: TIME,
    state: JOB_STATE,
    status: z.enum(["pending", "running", "dead"]).openapi({
      description:
        "In Nomad's words: `pending` while all it has waits, `dead` when it is over or all its groups' tasks are.",
    }),
    stateTransitionTime: TIME,
    previousState: JOB_STATE.optional(),
    previousStateTransitionTime: TIME.optional(),
    priority: z.int(),
    maxParallelTasks: z.int(),
    constraints: JOB_CONSTRAINTS,
    jobPreparationTask: PREPARATION.optional(),
    jobReleaseTask: RELEASE.optional(),
    commonEnvironmentSettings: ENVIRONMENT_SETTINGS.optional(),
    poolInfo: POOL_INFO,
    onAllTasksComplete: z.enum(["noaction", "terminatejob"]),
    metadata: METADATA,
    executionInfo: z.object({
      startTime: TIME,
      endTime: TIME.optional(),
      poolId: z.string(),
      schedulingError: SCHEDULING_ERROR.optional(),
      terminateReason: z.string().optional(),
    }),
  })
  .openapi("Job");
export type Job = z.output<typeof JOB>;

const COUNTS = z.object({
  active: z.int(),
  running: z.int().openapi({ description: "Includes preparing." }),
  completed: z.int(),
  succeeded: z.int(),
  failed: z.int(),
});

export const TASK_COUNTS = z
  .object({ taskCounts: COUNTS, taskSlotCounts: COUNTS })
  .openapi("TaskCounts");
export type TaskCounts = z.output<typeof TASK_COUNTS>;

const RELEASE_INFO = z.object({
  startTime: TIME.optional(),
  endTime: TIME.optional(),
  state: z.enum(["running", "completed"]),
  taskRootDirectory: z.string(),
  taskRootDirectoryUrl: z.string(),
  exitCode: z.int().optional(),
  failureInfo: FAILURE_INFO.optional(),
  result: RESULT.optional(),
});
const PREPARATION_INFO = RELEASE_INFO.extend({
  retryCount: z.int(),
  lastRetryTime: TIME.optional(),
});

/** One node's preparation and release, also of a node that is gone. */
export const PREPARATION_STATUS = z
  .object({
    poolId: z.string(),
    nodeId: z.string(),
    nodeUrl: z.string(),
    jobPreparationTaskExecutionInfo: PREPARATION_INFO.optional(),
    jobReleaseTaskExecutionInfo: RELEASE_INFO.optional(),
  })
  .openapi("JobPreparationAndReleaseTaskStatus");
export type PreparationStatus = z.output<typeof PREPARATION_STATUS>;
