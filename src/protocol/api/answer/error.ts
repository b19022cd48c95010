import { z } from "@hono/zod-openapi";

/** The body of every answer that is no success. */
export const ERROR_ANSWER = z
  .object({
    error: z.object({
      code: z.string().openapi({ example: "OutOfRangePriority" }),
      message: z.string().openapi({ description: "Expected what, got what." }),
      field: z.string().optional().openapi({ example: "constraints.maxWallClockTime" }),
      expected: z.string().optional(),
      given: z.string().optional(),
      fix: z.string().openapi({ description: "What to do about it." }),
    }),
    requestId: z.string(),
  })
  .openapi("Error");
export type ErrorAnswer = z.output<typeof ERROR_ANSWER>;
