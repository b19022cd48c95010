import type { z } from "@hono/zod-openapi";
import { duration, ID, integer, record, text } from "./field.ts";

const USES_MAX = 1_000_000;
const TOKEN_NAME_MAX_LENGTH = 128;

export const JOIN_TOKEN_ADD = record({
  poolId: ID,
  expiresIn: duration(1).optional().openapi({ description: "Absent: never." }),
  uses: integer(1, USES_MAX).optional().openapi({ description: "Absent: without limit." }),
}).openapi("JoinTokenAdd");
export type JoinTokenAdd = z.output<typeof JOIN_TOKEN_ADD>;

export const API_TOKEN_ADD = record({
  name: text(TOKEN_NAME_MAX_LENGTH),
  role: integer(0, 3).openapi({
    description: "0 administrator, 1 manager, 2 operator, 3 guest.",
  }),
}).openapi("ApiTokenAdd");
export type ApiTokenAdd = z.output<typeof API_TOKEN_ADD>;
