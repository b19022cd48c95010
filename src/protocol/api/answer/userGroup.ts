import { z } from "@hono/zod-openapi";
import { STAMPS } from "./user.ts";

export const OWNER = z
  .string()
  .openapi({ description: "Id of a user; absent: nobody, or one who is gone." });

export const USER_GROUP_ITEM = z
  .object({
    id: z.string(),
    owner: OWNER.optional(),
    description: z.string(),
    userCount: z.int(),
    ...STAMPS,
  })
  .openapi("UserGroupItem");
export type UserGroupItem = z.output<typeof USER_GROUP_ITEM>;

export const USER_GROUP = USER_GROUP_ITEM.extend({
  users: z.array(z.object({ id: z.string(), name: z.string() })),
}).openapi("UserGroup");
export type UserGroup = z.output<typeof USER_GROUP>;
