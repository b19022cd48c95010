import { z } from "@hono/zod-openapi";
import { TIME } from "../field.ts";

/** As it can be given again. */
export const ROLLING_POLICY = z
  .object({
    batch: z.string(),
    canary: z.string().optional(),
    pause: z.string().optional(),
    batchFailures: z.string().optional(),
    totalFailures: z.string().optional(),
  })
  .openapi("RollingPolicyAnswer");
export type RollingPolicyAnswer = z.output<typeof ROLLING_POLICY>;

export const ROLLING_PROGRESS = z
  .object({
    policy: ROLLING_POLICY,
    state: z.enum(["running", "paused", "stopped", "ended"]).openapi({
      description:
        "paused: between two batches. stopped: too many nodes have failed; nothing starts until a person resumes it.",
    }),
    batch: z.int().openapi({ description: "The present or last one, from 1." }),
    batches: z.int().openapi({ description: "How many there are if nothing stops it." }),
    batchNodes: z.int(),
    openNodes: z.int().openapi({ description: "Of begun batches, that have not ended." }),
    heldNodes: z.int().openapi({ description: "That no batch has taken yet." }),
    failedInBatch: z.int().openapi({ description: "Counted anew after a stop was resumed." }),
    failedInTotal: z.int().openapi({ description: "Counted anew after a stop was resumed." }),
    continueTime: TIME.optional().openapi({ description: "When the pause is over by itself." }),
    reason: z.string().optional().openapi({ description: "Why it was stopped." }),
  })
  .openapi("RollingProgress");
export type RollingProgressAnswer = z.output<typeof ROLLING_PROGRESS>;
