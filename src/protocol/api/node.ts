import type { z } from "@hono/zod-openapi";
import { oneOf, record } from "./field.ts";
import { DEALLOCATION_OPTION } from "./pool.ts";

export const NODE_REBOOT = record({
  nodeRebootOption: DEALLOCATION_OPTION.optional(),
}).openapi("NodeReboot");
export type NodeReboot = z.output<typeof NODE_REBOOT>;

export const NODE_DISABLE_SCHEDULING = record({
  nodeDisableSchedulingOption: oneOf(["requeue", "terminate", "taskcompletion"]).optional(),
}).openapi("NodeDisableScheduling");
export type NodeDisableScheduling = z.output<typeof NODE_DISABLE_SCHEDULING>;
