import { z } from "@hono/zod-openapi";
import { STAMPS } from "./user.ts";
import { OWNER } from "./userGroup.ts";

export const NODE_GROUP_ITEM = z
  .object({
    id: z.string(),
    owner: OWNER.optional(),
    description: z.string(),
    nodeCount: z.int(),
    ...STAMPS,
  })
  .openapi("NodeGroupItem");
export type NodeGroupItem = z.output<typeof NODE_GROUP_ITEM>;

export const NODE_GROUP = NODE_GROUP_ITEM.extend({
  nodes: z.array(
    z.object({
      id: z.string(),
      hostname: z.string().optional().openapi({ description: "Absent: not heard of yet." }),
      status: z.enum(["enable", "disable"]),
    }),
  ),
  attributes: z.record(z.string(), z.string()),
}).openapi("NodeGroup");
export type NodeGroup = z.output<typeof NODE_GROUP>;
