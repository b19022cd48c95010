import { z } from "@hono/zod-openapi";
import { isValidNodeId } from "../../model/id.ts";
import { NODE_STATES } from "./answer/node.ts";
import { oneOf, patch, record, where } from "./field.ts";
import { DEALLOCATION_OPTION } from "./pool.ts";
import { PAGE_FIELDS } from "./query.ts";
import { FREE_TEXT, SWITCH } from "./user.ts";

const NODE_ID = where(z.string(), isValidNodeId, {
  code: "InvalidPropertyValue",
  expected:
    "1 to 64 characters out of A-Z, a-z, 0-9, '.', '_' and '-', the first a letter or digit",
});

const PART = (what: string) =>
  z
    .string()
    .optional()
    .openapi({ description: `Part of the ${what}, in whatever case.` });

export const NODES_QUERY = record({
  ...PAGE_FIELDS,
  poolId: z.string().optional(),
  state: oneOf(NODE_STATES).optional(),
  idPrefix: z.string().optional(),
  id: PART("id"),
  agentVersion: PART("agent's version"),
  ipAddress: PART("address"),
  os: PART("name of the operating system"),
  hostname: PART("host name"),
  owner: z.string().optional().openapi({ description: "Id of a user." }),
  fleetStatus: SWITCH.optional(),
});

export const NODE_PATCH = patch({
  newId: NODE_ID.optional(),
  owner: z.string().optional().openapi({ description: "Id of a user." }),
  description: FREE_TEXT.optional(),
  status: SWITCH.optional().openapi({ description: "Whether fleet runs may use it." }),
}).openapi("NodePatch");

export const NODE_REBOOT = record({
  nodeRebootOption: DEALLOCATION_OPTION.optional(),
}).openapi("NodeReboot");
export type NodeReboot = z.output<typeof NODE_REBOOT>;

export const NODE_DISABLE_SCHEDULING = record({
  nodeDisableSchedulingOption: oneOf(["requeue", "terminate", "taskcompletion"]).optional(),
}).openapi("NodeDisableScheduling");
export type NodeDisableScheduling = z.output<typeof NODE_DISABLE_SCHEDULING>;
