import { z } from "@hono/zod-openapi";
import { COMMAND_FIELDS, TASK_CONSTRAINTS } from "../command.ts";
import { TIME } from "../field.ts";
import { FAILURE_INFO, RESULT } from "./failure.ts";

export const TASK_STATES = ["active", "preparing", "running", "completed"] as const;
const TASK_STATE = z.enum(TASK_STATES);

export const TASK = z
  .object({
    id: z.string(),
    url: z.string(),
    jobId: z.string(),
    displayName: z.string().optional(),
    creationTime: TIME,
    state: TASK_STATE,
    stateTransitionTime: TIME,
    previousState: TASK_STATE.optional(),
    previousStateTransitionTime: TIME.optional(),
    ...COMMAND_FIELDS,
    affinityInfo: z.object({ affinityId: z.string() }).optional(),
    constraints: TASK_CONSTRAINTS,
    requiredSlots: z.int(),
    executionInfo: z.object({
      startTime: TIME.optional(),
      endTime: TIME.optional(),
      exitCode: z.int().optional(),
      failureInfo: FAILURE_INFO.optional(),
      retryCount: z.int(),
      lastRetryTime: TIME.optional(),
      requeueCount: z.int(),
      lastRequeueTime: TIME.optional(),
      recoveryCount: z.int().openapi({
        description: "Runs that were lost with their node or exit code, since the last retry.",
      }),
      result: RESULT.optional(),
    }),
    nodeInfo: z
      .object({
        affinityId: z.string(),
        nodeUrl: z.string(),
        poolId: z.string(),
        nodeId: z.string(),
        taskRootDirectory: z.string(),
        taskRootDirectoryUrl: z.string(),
      })
      .optional(),
    systemTaskVersion: z.int(),
    executionNumber: z
      .int()
      .optional()
      .openapi({ description: "Current or last execution; absent before the first." }),
  })
  .openapi("Task");
export type Task = z.output<typeof TASK>;

/** One item of a call that added many. */
export const TASK_ADD_RESULT = z
  .object({
    taskId: z.string(),
    status: z.enum(["success", "clienterror"]),
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        field: z.string().optional(),
        expected: z.string().optional(),
        given: z.string().optional(),
        fix: z.string(),
      })
      .optional(),
  })
  .openapi("TaskAddResult");
export type TaskAddResult = z.output<typeof TASK_ADD_RESULT>;

export const TASK_ADD_RESULTS = z
  .object({ value: z.array(TASK_ADD_RESULT) })
  .openapi("TaskAddResults");
export type TaskAddResults = z.output<typeof TASK_ADD_RESULTS>;

/** Why a task is where it is. */
export const EXPLANATION = z
  .object({
    jobId: z.string(),
    taskId: z.string(),
    state: z.string(),
    summary: z.string(),
    reasons: z.array(
      z.object({
        code: z.string().openapi({ example: "NoFreeSlot" }),
        message: z.string(),
        nodes: z.array(z.string()).openapi({ description: "At most 20 of them, by node id." }),
        nodeCount: z.int(),
      }),
    ),
  })
  .openapi("Explanation");
export type TaskExplanation = z.output<typeof EXPLANATION>;
