import { z } from "@hono/zod-openapi";
import { patch, record } from "./field.ts";
import { FREE_TEXT, OBJECT_ID, ROWS_FIELDS } from "./user.ts";

export const GROUP_ADD = record({
  id: OBJECT_ID,
  description: FREE_TEXT.optional(),
}).openapi("GroupAdd");

export const GROUP_PATCH = patch({
  newId: OBJECT_ID.optional(),
  owner: z.string().optional().openapi({ description: "Id of a user." }),
  description: FREE_TEXT.optional(),
}).openapi("GroupPatch");

/** Of user groups and of node groups. */
export const GROUPS_QUERY = record({
  ...ROWS_FIELDS,
  id: z.string().optional().openapi({ description: "Part of the id." }),
  owner: z.string().optional().openapi({ description: "Id of a user." }),
});

/** Somebody or something that is to be in a group. */
export const MEMBER_ADD = record({ id: z.string() }).openapi("MemberAdd");
