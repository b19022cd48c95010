import { z } from "@hono/zod-openapi";
import { TIME } from "../field.ts";
import { FAILURE_INFO } from "./failure.ts";

export const EXECUTION_STATES = [
  "assigned",
  "preparing",
  "running",
  "stopping",
  "ended",
  "unknown",
  "lost",
] as const;

const PROCESS = z.object({
  member: z.string(),
  number: z.int(),
  state: z.enum(["exited", "killed", "failedToStart", "unseen"]),
  startTime: TIME.optional(),
  endTime: TIME,
  exitCode: z.int().optional(),
  signal: z.int().optional(),
  reason: z.enum(["stopped", "wallClock"]).optional(),
  failureInfo: FAILURE_INFO.optional(),
  peakMemoryBytes: z.int().optional(),
  cpuTime: z.string().optional().openapi({ format: "duration" }),
});

const OUTPUT = z.object({
  sizeBytes: z.int(),
  droppedBytes: z.int().openapi({ description: "Bytes of the middle that were not kept." }),
  kept: z.enum(["result", "blob", "node", "empty"]),
});

/** One placement of a task on a node. */
export const EXECUTION = z
  .object({
    number: z.int(),
    url: z.string(),
    jobId: z.string(),
    taskId: z.string(),
    ordinal: z.int().openapi({ description: "From 1 within the task." }),
    nodeId: z.string(),
    state: z.enum(EXECUTION_STATES),
    stopReason: z.string().optional(),
    assignedTime: TIME,
    startTime: TIME.optional(),
    endTime: TIME.optional(),
    processes: z.array(PROCESS).optional(),
    stdout: OUTPUT.optional(),
    stderr: OUTPUT.optional(),
  })
  .openapi("Execution");
export type Execution = z.output<typeof EXECUTION>;
