import { z } from "@hono/zod-openapi";
import { EVENT_TYPES } from "../../../model/event.ts";
import { PAGE_SIZE_MAX } from "../../../model/limits.ts";
import { EVENT_PAGE } from "../answer/event.ts";
import { oneOf, record } from "../field.ts";
import { flag, wholeNumber, wordsOf } from "../query.ts";
import { endpoints, json } from "./endpoint.ts";

export const EVENT_ENDPOINTS = endpoints({
  "GET /events": {
    summary: "Read events; as text/event-stream when Accept or ?stream asks for it",
    action: "read",
    query: record({
      after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
        .optional()
        .openapi({ description: "Only events with a greater sequence number; default 0." }),
      before: wholeNumber(1, Number.MAX_SAFE_INTEGER)
        .optional()
        .openapi({ description: "With order=desc: only events with a smaller sequence number." }),
      order: oneOf(["asc", "desc"])
        .optional()
        .openapi({ description: "desc: the newest first; default asc." }),
      type: wordsOf(EVENT_TYPES).optional(),
      jobId: z.string().optional(),
      poolId: z.string().optional(),
      limit: wholeNumber(1, PAGE_SIZE_MAX).optional(),
      stream: flag()
        .optional()
        .openapi({ description: "Server-sent events; resumed by Last-Event-ID." }),
    }),
    answer: json(EVENT_PAGE),
  },
});
