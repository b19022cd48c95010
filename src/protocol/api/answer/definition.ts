import { z } from "@hono/zod-openapi";
import { DURATION, TIME } from "../field.ts";
import { ROLLING_POLICY } from "./rolling.ts";
import { STAMPS } from "./user.ts";

const NAMED = z.object({
  id: z.string(),
  kind: z.enum(["user", "user-group", "task", "node", "node-group"]),
});

export const SCHEDULE = z
  .object({
    id: z.string(),
    cycle: z.enum(["yearly", "monthly", "weekly", "daily", "hourly", "once", "cron"]),
    value: z.string().openapi({ description: "As it was given." }),
    text: z.string().openapi({ example: "yearly01(yearly, */01/01 01:20)" }),
    timeZone: z.string(),
    status: z.enum(["enable", "disable"]),
    nextTimes: z
      .array(TIME)
      .openapi({ description: "The next ten, were it enabled and approved." }),
  })
  .openapi("Schedule");

const SWITCH = z.enum(["enable", "disable"]);

export const DEFINITION = z
  .object({
    id: z.string(),
    revision: z.int().openapi({ description: "The one that is shown; 0: the working copy." }),
    runningRevision: z.int().openapi({ description: "The one that runs; 0: none was approved." }),
    ownerId: z.string(),
    description: z.string(),
    script: z.object({ name: z.string(), sha256: z.string(), sizeBytes: z.int() }),
    osUser: z.string().optional(),
    byScheduler: SWITCH,
    byOnDemand: SWITCH,
    byTask: SWITCH,
    nextTaskId: z.string().optional(),
    startWithin: DURATION,
    nodeTimeout: DURATION.optional(),
    runTimeout: DURATION.optional(),
    rolling: ROLLING_POLICY.optional(),
    asksAgain: z.boolean(),
    approval: z.object({
      status: z.enum(["N/A", "request", "approved", "reject"]),
      approverId: z.string().optional(),
      requestReason: z.string().optional(),
      rejectReason: z.string().optional(),
      updateTime: TIME.optional(),
    }),
    schedules: z.array(SCHEDULE),
    runners: z.array(NAMED),
    targets: z.array(NAMED),
    ...STAMPS,
  })
  .openapi("Definition");
export type Definition = z.output<typeof DEFINITION>;

export const REVISION = z
  .object({
    revision: z.int(),
    ownerId: z.string(),
    scriptName: z.string(),
    sha256: z.string(),
    approverId: z.string(),
    approvalTime: TIME,
    requestReason: z.string(),
  })
  .openapi("Revision");

export const PLAN = z
  .object({
    isPermitted: z.boolean(),
    refusals: z.array(z.object({ code: z.string(), message: z.string(), fix: z.string() })),
    revision: z.int(),
    nodes: z.array(
      z.object({
        nodeId: z.string(),
        attributes: z.record(z.string(), z.string()),
        script: z.string().optional().openapi({ description: "As the node would see it." }),
      }),
    ),
    left: z.array(z.object({ nodeId: z.string(), reason: z.string() })),
    problems: z.array(z.object({ nodeId: z.string(), message: z.string() })),
    rolling: ROLLING_POLICY.optional(),
    batches: z
      .array(z.object({ isCanary: z.boolean(), nodeIds: z.array(z.string()) }))
      .optional()
      .openapi({ description: "Of a run that rolls, in their order." }),
  })
  .openapi("RunPlan");

export const APPROVAL_ITEM = z
  .object({
    type: z.enum(["Receive", "Send"]),
    id: z.string(),
    ownerId: z.string(),
    approverId: z.string(),
    updateTime: TIME,
    reason: z.string(),
  })
  .openapi("ApprovalItem");
