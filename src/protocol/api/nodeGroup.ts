import { z } from "@hono/zod-openapi";
import { record } from "./field.ts";
import { OBJECT_ID } from "./user.ts";

export const NODE_GROUP_COPY = record({ newId: OBJECT_ID }).openapi("NodeGroupCopy");

/** Its limits are the machine's of fleet operations, which says what a script can hold. */
export const ATTRIBUTE_PUT = record({ value: z.string() }).openapi("AttributePut");
