import { z } from "@hono/zod-openapi";
import { TIME } from "../field.ts";

export const NODE_STATES = [
  "creating",
  "starting",
  "idle",
  "running",
  "offline",
  "rebooting",
  "leavingpool",
  "unusable",
  "unknown",
] as const;

export const NODE = z
  .object({
    id: z.string(),
    guid: z.string(),
    url: z.string(),
    poolId: z.string(),
    state: z.enum(NODE_STATES),
    stateTransitionTime: TIME,
    schedulingState: z.enum(["enabled", "disabled"]),
    fleetStatus: z.enum(["enable", "disable"]).openapi({
      description: "Whether fleet runs may use it; a machine that has just joined is disabled.",
    }),
    owner: z.string().optional().openapi({
      description: "Id of the user who answers for it; absent: nobody has changed it yet.",
    }),
    description: z.string().optional(),
    updateTime: TIME.optional().openapi({ description: "By a person; absent: never." }),
    updatedBy: z.string().optional(),
    contact: z.enum(["connected", "away", "unknown", "lost"]).openapi({
      description: "away: no connection, within the grace. lost: its executions were given up.",
    }),
    contactTime: TIME.optional().openapi({
      description: "When it was last heard; absent before it has connected for the first time.",
    }),
    isDedicated: z.literal(true),
    provided: z.boolean().openapi({ description: "Made by the pool's provider." }),
    affinityId: z.string(),
    vmSize: z.string(),
    taskSlots: z.int(),
    allocationTime: TIME,
    lastBootTime: TIME.optional(),
    bootId: z.string().optional(),
    hostname: z.string().optional(),
    os: z.string().optional(),
    ipAddress: z.string().optional(),
    cores: z.int().optional(),
    memoryBytes: z.int().optional(),
    totalTasksRun: z.int(),
    totalTasksSucceeded: z.int(),
    runningTasksCount: z.int(),
    runningTaskSlotsCount: z.int(),
    nodeDeallocationOption: z
      .enum(["requeue", "terminate", "taskcompletion", "retaineddata"])
      .optional()
      .openapi({
        description: "Option of the reboot or removal under way; absent: there is none.",
      }),
    retainedUntil: TIME.optional().openapi({
      description: "When the files are kept no more that its reboot or removal waits for.",
    }),
    datacenter: z.string().optional().openapi({ description: "Absent: it runs no groups." }),
    nodeClass: z.string().optional(),
    meta: z.record(z.string(), z.string()).optional(),
    attributes: z.record(z.string(), z.string()).optional(),
    drivers: z
      .record(
        z.string(),
        z.object({ detected: z.boolean(), healthy: z.boolean(), description: z.string() }),
      )
      .optional(),
    hostVolumes: z
      .record(z.string(), z.object({ path: z.string(), readOnly: z.boolean() }))
      .optional()
      .openapi({ description: "Directories that it offers to groups, by name." }),
    groupResources: z
      .object({ cpuMhz: z.int(), memoryMb: z.int(), diskMb: z.int() })
      .optional()
      .openapi({ description: "What it offers to groups." }),
    usedByGroups: z.object({ cpuMhz: z.int(), memoryMb: z.int(), diskMb: z.int() }).optional(),
    drain: z
      .object({ startTime: TIME, deadline: TIME.optional(), ignoreSystemJobs: z.boolean() })
      .optional()
      .openapi({ description: "Groups are moving away from it." }),
    errors: z.array(z.object({ code: z.string(), message: z.string() })).optional(),
    nodeAgentInfo: z.object({ version: z.string(), lastUpdateTime: TIME }).optional(),
  })
  .openapi("Node");
export type Node = z.output<typeof NODE>;
