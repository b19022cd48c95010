import { z } from "@hono/zod-openapi";
import { oneOf, record } from "./field.ts";
import { wholeNumber } from "./query.ts";
import { FREE_TEXT, ROWS_FIELDS } from "./user.ts";

const CLASS = oneOf(["risk", "forbidden"]).openapi({
  description: "risk: shown with every request for approval; forbidden: no approval is given.",
});

export const RESTRICTED_COMMAND_PUT = record({
  class: CLASS,
  description: FREE_TEXT.optional(),
}).openapi("RestrictedCommandPut");

export const RESTRICTED_COMMANDS_QUERY = record({
  ...ROWS_FIELDS,
  word: z.string().optional().openapi({ description: "Part of the word." }),
  class: CLASS.optional(),
});

export const SCRIPT_CHECK_QUERY = record({
  revision: wholeNumber(0, 1_000_000_000).optional(),
  encoding: z.string().optional().openapi({
    description: "Character set of the script; default: utf-8, or else cp949, whichever fits.",
  }),
});
