import { z } from "@hono/zod-openapi";
import { DURATION, METADATA, TIME } from "../field.ts";

export const POOL = z
  .object({
    id: z.string(),
    url: z.string(),
    displayName: z.string().optional(),
    provider: z.enum(["local", "none"]),
    vmSize: z.string(),
    eTag: z.string(),
    creationTime: TIME,
    lastModified: TIME,
    state: z.enum(["active", "deleting"]),
    stateTransitionTime: TIME,
    allocationState: z.enum(["steady", "resizing", "stopping"]),
    allocationStateTransitionTime: TIME,
    resizeTimeout: DURATION,
    resizeErrors: z.array(z.object({ code: z.string(), message: z.string() })).optional(),
    currentDedicatedNodes: z.int(),
    targetDedicatedNodes: z.int(),
    taskSlotsPerNode: z.int(),
    taskSchedulingPolicy: z.object({ nodeFillType: z.enum(["spread", "pack"]) }),
    accepts: z.array(z.enum(["fleet", "batch", "groups"])),
    metadata: METADATA,
  })
  .openapi("Pool");
export type Pool = z.output<typeof POOL>;
