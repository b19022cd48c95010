import { z } from "@hono/zod-openapi";
import { TIME } from "../field.ts";
import { ROLLING_PROGRESS } from "./rolling.ts";

const RESULT = z.enum(["N/A", "success", "fail"]).openapi({ description: "N/A: not known yet." });

export const INSTANCE = z
  .object({
    number: z.int(),
    definitionId: z.string(),
    revision: z.int(),
    startTime: TIME,
    endTime: TIME.optional().openapi({ description: "Absent until all its nodes have finished." }),
    runner: z.string().openapi({ example: "bumbee(user)" }),
    result: RESULT,
    arguments: z.array(z.string()),
    nodeCount: z.int(),
    nextTaskId: z.string().optional(),
    nextInstance: z.int().optional(),
    nextRefusal: z
      .string()
      .optional()
      .openapi({ description: "Why its success could not start its next task." }),
    stopReason: z.string().optional(),
    rolling: ROLLING_PROGRESS.optional(),
  })
  .openapi("TaskInstance");
export type Instance = z.output<typeof INSTANCE>;

const COUNTS = z.object({ ready: z.int(), request: z.int(), complete: z.int(), fail: z.int() });
const RESULTS = z.object({ "N/A": z.int(), success: z.int(), fail: z.int() });

export const INSTANCE_SUMMARY = INSTANCE.extend({
  statusCounts: COUNTS,
  resultCounts: RESULTS,
}).openapi("TaskInstanceSummary");

const STATUS = z.enum(["ready", "request", "complete", "fail"]).openapi({
  description:
    "ready: not sent yet. request: sent, running. complete: the node ran the script. fail: it was never run, or nobody knows how it ended.",
});

export const INSTANCE_NODE = z
  .object({
    nodeId: z.string().openapi({ description: "As it was when the run began." }),
    execNo: z.int(),
    status: STATUS,
    startTime: TIME.optional(),
    endTime: TIME.optional(),
    createdBy: z.string(),
    result: RESULT,
    exitCode: z.int().optional(),
    reason: z.string().optional().openapi({ description: "Why it failed." }),
  })
  .openapi("TaskInstanceNode");
export type InstanceNode = z.output<typeof INSTANCE_NODE>;

const OUTPUT = z.object({
  encoding: z
    .enum(["utf8", "base64"])
    .openapi({ description: "base64 where the bytes are no text." }),
  content: z.string(),
  sizeBytes: z.int().openapi({ description: "As it was written." }),
  droppedBytes: z.int().openapi({ description: "Of its middle, which were not kept." }),
  left: z.literal("node").optional().openapi({
    description: "Present when the node has not brought it yet; content is empty then.",
  }),
});
export type InstanceOutput = z.output<typeof OUTPUT>;

export const INSTANCE_NODE_DETAIL = INSTANCE_NODE.extend({
  number: z.int(),
  definitionId: z.string(),
  stdout: OUTPUT,
  stderr: OUTPUT,
}).openapi("TaskInstanceNodeDetail");

/** Nodes that said the same: equal stdout and exit code, or nearly equal where that was asked for. */
export const OUTPUT_GROUP = z
  .object({
    nodeIds: z.array(z.string()),
    nodeCount: z.int(),
    status: STATUS,
    result: RESULT,
    exitCode: z.int().optional(),
    reason: z.string().optional(),
    stdout: OUTPUT.openapi({ description: "That of the first of its nodes." }),
    outputCount: z
      .int()
      .openapi({ description: "Different outputs that were folded; 1: all are equal." }),
  })
  .openapi("OutputGroup");

export const STARTED = z.object({ number: z.int() }).openapi("TaskInstanceStarted");
