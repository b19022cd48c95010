import { z } from "@hono/zod-openapi";
import { TIME } from "../field.ts";

export const HEALTH = z
  .object({ status: z.enum(["ok", "busy", "stopping"]), version: z.string() })
  .openapi("Health");
export type Health = z.output<typeof HEALTH>;

export const SYSTEM = z
  .object({
    version: z.string(),
    startTime: TIME,
    time: TIME,
    store: z.string().openapi({ example: "sqlite" }),
    epoch: z.int(),
    lastEvent: z.int(),
    defaultProvider: z.enum(["local", "none"]),
  })
  .openapi("System");
export type System = z.output<typeof SYSTEM>;

export const JOIN_TOKEN = z
  .object({
    id: z.string(),
    poolId: z.string(),
    creationTime: TIME,
    expirationTime: TIME.optional(),
    uses: z.int().optional().openapi({ description: "That are left; absent: without limit." }),
  })
  .openapi("JoinToken");
export type JoinToken = z.output<typeof JOIN_TOKEN>;

export const NEW_JOIN_TOKEN = JOIN_TOKEN.extend({
  token: z.string().openapi({ description: "Shown this once; only its hash is kept." }),
}).openapi("NewJoinToken");
export type NewJoinToken = z.output<typeof NEW_JOIN_TOKEN>;

export const API_TOKEN = z
  .object({ id: z.string(), name: z.string(), role: z.int(), creationTime: TIME })
  .openapi("ApiToken");
export type ApiToken = z.output<typeof API_TOKEN>;

export const NEW_API_TOKEN = API_TOKEN.extend({
  token: z.string().openapi({ description: "Shown this once; only its hash is kept." }),
}).openapi("NewApiToken");
export type NewApiToken = z.output<typeof NEW_API_TOKEN>;
