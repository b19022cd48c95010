import { z } from "@hono/zod-openapi";
import { TIME } from "../field.ts";

/** Of folders the size is 0, the time that of the newest file below, and no day is counted (OPMATE 8). */
export const REPOSITORY_ITEM = z
  .object({
    name: z.string(),
    path: z.string(),
    type: z.enum(["file", "directory"]),
    sizeBytes: z.int(),
    createdTime: TIME,
    validDays: z.int().openapi({ description: "Whole days until it is removed." }),
    expiryTime: TIME.optional(),
    sha256: z.string().optional(),
    uploadedBy: z.string().optional(),
  })
  .openapi("RepositoryItem");
export type RepositoryItem = z.output<typeof REPOSITORY_ITEM>;
