import { z } from "@hono/zod-openapi";
import { AUDIT_RECORD } from "../answer/audit.ts";
import { pageOf } from "../answer/page.ts";
import { oneOf, record } from "../field.ts";
import { PAGE_FIELDS, wholeNumber } from "../query.ts";
import { endpoints, json } from "./endpoint.ts";

export const AUDIT_ENDPOINTS = endpoints({
  "GET /audit": {
    summary: "List records of the audit log; for managers",
    action: "read",
    query: record({
      ...PAGE_FIELDS,
      who: z.string().optional().openapi({ description: "Id of a user, or name of a token." }),
      action: z.string().optional().openapi({ description: "Part of the action." }),
      outcome: oneOf(["done", "refused"]).optional(),
      from: z.iso.datetime({ offset: true }).optional(),
      to: z.iso.datetime({ offset: true }).optional(),
    }),
    answer: json(pageOf(AUDIT_RECORD)),
  },
  "GET /audit/export": {
    summary: "Read records as lines of JSON, exactly as their hashes were made; for managers",
    action: "read",
    query: record({
      after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
        .optional()
        .openapi({ description: "Only records with a greater number; default 0." }),
    }),
    answer: { kind: "text", status: 200, contentType: "application/x-ndjson" },
  },
  "GET /audit/{number}": {
    summary: "Get a record of the audit log; for managers",
    action: "read",
    answer: json(AUDIT_RECORD),
  },
});
