import { z } from "@hono/zod-openapi";
import { STAMPS } from "./user.ts";

const CLASS = z.enum(["risk", "forbidden"]);

export const RESTRICTED_COMMAND = z
  .object({ word: z.string(), class: CLASS, description: z.string(), ...STAMPS })
  .openapi("RestrictedCommand");
export type RestrictedCommand = z.output<typeof RESTRICTED_COMMAND>;

export const SCRIPT_CHECK = z
  .object({
    revision: z.int(),
    scriptName: z.string(),
    encoding: z.string().openapi({ description: "That the script was read as." }),
    items: z
      .array(
        z.object({
          word: z.string(),
          class: CLASS,
          line: z.int(),
          column: z.int().openapi({ description: "In characters, from 1." }),
          text: z.string().openapi({ description: "Of the line, at most 200 characters." }),
        }),
      )
      .openapi({ description: "At most 1,000." }),
    total: z.int().openapi({ description: "All places that were found." }),
  })
  .openapi("ScriptCheck");
export type ScriptCheck = z.output<typeof SCRIPT_CHECK>;
