import { z } from "@hono/zod-openapi";
import { duration, integer, record, text } from "./field.ts";
import { ROWS_FIELDS } from "./user.ts";

const NAME_MAX_LENGTH = 128;

export const ACCESS_KEY_ADD = record({
  name: text(NAME_MAX_LENGTH),
  role: integer(0, 3).optional().openapi({
    description: "0 administrator to 3 guest; at most the caller's, which it is when absent.",
  }),
  expiresIn: duration(1).optional().openapi({ description: "Absent: never." }),
}).openapi("AccessKeyAdd");

export const ACCESS_KEYS_QUERY = record({
  ...ROWS_FIELDS,
  owner: z.string().optional().openapi({ description: "Id of a user." }),
});
