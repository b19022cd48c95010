import { z } from "@hono/zod-openapi";

const DETAILS = z.array(z.object({ name: z.string(), value: z.string() }));

/** Present if and only if the result is failure. */
export const FAILURE_INFO = z
  .object({
    category: z.enum(["usererror", "servererror"]),
    code: z.string().openapi({ example: "FailureExitCode" }),
    message: z.string(),
    details: DETAILS.optional(),
  })
  .openapi("FailureInfo");

export const SCHEDULING_ERROR = z
  .object({
    category: z.enum(["UserError", "ServerError"]),
    code: z.string(),
    message: z.string(),
    details: DETAILS.optional(),
  })
  .openapi("SchedulingError");

export const RESULT = z.enum(["success", "failure"]);
