import { z } from "@hono/zod-openapi";
import { record, where } from "./field.ts";
import { flag } from "./query.ts";
import { ROWS_FIELDS } from "./user.ts";

const PATH = z.string().openapi({
  example: "/dir/file",
  description: 'Absolute from the repository\'s own root, without "." and "..".',
});

export const FOLDER_QUERY = record({
  path: PATH.optional().openapi({ description: "The folder; default: the root." }),
  pattern: z.string().optional().openapi({
    description: "Only names that match this pattern of the shell, as *.log.",
  }),
  ...ROWS_FIELDS,
});

export const CONTENT_QUERY = record({ path: PATH });

const SHA256 = where(z.string(), (text) => /^[0-9a-fA-F]{64}$/.test(text), {
  code: "InvalidQueryParameterValue",
  expected: "a SHA-256 as 64 hexadecimal digits",
});

export const CONTENT_PUT_QUERY = record({
  path: PATH,
  overwrite: flag().optional().openapi({ description: "Replaces a file that is there." }),
  sha256: SHA256.optional().openapi({ description: "Other content is refused." }),
});
