import { z } from "@hono/zod-openapi";

const VALUES = z.record(z.string(), z.unknown());

export const AUDIT_RECORD = z
  .object({
    number: z.int().openapi({ description: "From 1, without a gap." }),
    time: z.string().openapi({ format: "date-time" }),
    by: z.object({
      kind: z.enum(["user", "key", "token", "nobody"]),
      id: z.string().openapi({ description: "The user's id as it was then, or the token's name." }),
      tokenId: z.string().nullable(),
    }),
    address: z.string().nullable(),
    requestId: z.string(),
    action: z.string().openapi({ example: "PATCH /nodes/{nodeId}" }),
    object: VALUES.openapi({ description: "What the path names." }),
    details: VALUES.openapi({
      description: "What was asked for, without secrets; of long bodies their SHA-256.",
    }),
    outcome: z.enum(["done", "refused"]),
    code: z.string().nullable().openapi({ description: "Of the refusal." }),
    result: VALUES.openapi({ description: "What came of it, as the number of a task instance." }),
    previous: z.string().openapi({ description: "The hash of the record before." }),
    hash: z.string().openapi({ description: "SHA-256 of the canonical text of everything else." }),
  })
  .openapi("AuditRecord");
export type AuditRecordAnswer = z.output<typeof AUDIT_RECORD>;
