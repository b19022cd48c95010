import { z } from "@hono/zod-openapi";
import { TIME } from "../field.ts";

export const ACCESS_KEY = z
  .object({
    id: z.string(),
    name: z.string(),
    owner: z.string().openapi({ description: "The user whose rights it has, as they are then." }),
    role: z.int().openapi({ description: "It may do no more than this role." }),
    creationTime: TIME,
    expirationTime: TIME.optional().openapi({ description: "Absent: never." }),
  })
  .openapi("AccessKey");
export type AccessKey = z.output<typeof ACCESS_KEY>;

export const NEW_ACCESS_KEY = ACCESS_KEY.extend({
  secret: z.string().openapi({
    description: "What requests carry behind Bearer. Shown this once; only its hash is kept.",
  }),
}).openapi("NewAccessKey");
export type NewAccessKey = z.output<typeof NEW_ACCESS_KEY>;
