import { z } from "@hono/zod-openapi";
import { record } from "./field.ts";

export const SCRIPTS_QUERY = record({
  name: z.string().openapi({ description: "File name, whose ending may tell what runs it." }),
});
