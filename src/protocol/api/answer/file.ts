import { z } from "@hono/zod-openapi";
import { TIME } from "../field.ts";

export const FILE = z
  .object({
    path: z.string(),
    url: z.string(),
    isDirectory: z.boolean(),
    sizeBytes: z.int(),
    lastModified: TIME,
  })
  .openapi("File");
export type File = z.output<typeof FILE>;

/** Files of a task or node, from the node itself. */
export const FILE_LIST = z
  .object({
    items: z.array(FILE),
    truncated: z
      .boolean()
      .openapi({ description: "There are more than the node answers with: list a folder of it." }),
  })
  .openapi("FileList");
export type FileList = z.output<typeof FILE_LIST>;

export const STORED_FILE = z
  .object({ path: z.string(), url: z.string(), sizeBytes: z.int(), lastModified: TIME })
  .openapi("StoredFile");
export type StoredFile = z.output<typeof STORED_FILE>;

export const FILE_STORED = z
  .object({ path: z.string(), url: z.string(), sizeBytes: z.int() })
  .openapi("FileStored");
