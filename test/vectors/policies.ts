// The parts that cases of several areas share, read after `camelCased`. What a case leaves out has the zero value,
// as in the tests that the cases were taken from.
import { z } from "zod";

export const jobType = z.enum(["batch", "service", "system", "sysbatch"]);
export const checkStatus = z.enum([
  "pending",
  "passing",
  "warning",
  "critical",
  "success",
  "failure",
]);
export const clientStatus = z.enum(["pending", "running", "complete", "failed", "lost", "unknown"]);
export const desiredStatus = z.enum(["run", "stop", "evict"]);

const restartFields = {
  attempts: z.number(),
  intervalMs: z.number(),
  delayMs: z.number(),
};
export const restartPolicy = z.object({ ...restartFields, mode: z.enum(["fail", "delay"]) });
export const uncheckedRestart = z.object({ ...restartFields, mode: z.string() });
export const partialRestart = restartPolicy.partial().nullish();

const delayFunction = z.enum(["constant", "exponential", "fibonacci"]);
const rescheduleFields = {
  attempts: z.number().default(0),
  intervalMs: z.number().default(0),
  delayMs: z.number().default(0),
  maxDelayMs: z.number().default(0),
  unlimited: z.boolean().default(false),
};
export const reschedulePolicy = z.object({
  ...rescheduleFields,
  delayFunction: delayFunction.default("constant"),
});
export const uncheckedReschedule = z.object({
  ...rescheduleFields,
  delayFunction: z.string().default(""),
});
export const partialReschedule = z
  .object({
    attempts: z.number(),
    intervalMs: z.number(),
    delayMs: z.number(),
    maxDelayMs: z.number(),
    unlimited: z.boolean(),
    delayFunction,
  })
  .partial()
  .nullish();

export const pastReschedule = z.object({ atMs: z.number(), delayMs: z.number().default(0) });
export const pastReschedules = z
  .array(pastReschedule.transform(({ atMs, delayMs }) => ({ at: atMs, delayMs })))
  .nullish()
  .transform((events) => events ?? null);
