import { z } from "@hono/zod-openapi";
import { EXECUTION } from "../answer/execution.ts";
import { pageOf } from "../answer/page.ts";
import { EXEC_REQUEST, EXEC_SESSION } from "../exec.ts";
import { record } from "../field.ts";
import { flag, OUTPUT_QUERY, PAGE_FIELDS } from "../query.ts";
import { bytes, created, endpoints, json, webSocket } from "./endpoint.ts";

export const EXECUTION_ENDPOINTS = endpoints({
  "GET /executions": {
    summary: "List executions",
    action: "read",
    query: record({
      ...PAGE_FIELDS,
      jobId: z.string().optional(),
      taskId: z.string().optional().openapi({ description: "Together with jobId." }),
      nodeId: z.string().optional(),
      live: flag().optional().openapi({ description: "Only those that have not ended." }),
    }),
    answer: json(pageOf(EXECUTION)),
  },
  "GET /executions/{number}": {
    summary: "Get an execution",
    action: "read",
    answer: json(EXECUTION),
  },
  "POST /executions/{number}/exec": {
    summary: "Make ready to run a command inside an execution that runs",
    action: "enter",
    body: EXEC_REQUEST,
    answer: created(EXEC_SESSION),
  },
  "GET /exec-sessions/{sessionId}/stream": {
    summary: "Run the command: a WebSocket that carries its input and output",
    action: "enter",
    answer: webSocket(),
  },
  "GET /executions/{number}/stdout": {
    summary: "Read or follow what one execution has written",
    action: "read",
    query: OUTPUT_QUERY,
    answer: bytes(),
  },
  "GET /executions/{number}/stderr": {
    summary: "Read or follow what one execution has written as errors",
    action: "read",
    query: OUTPUT_QUERY,
    answer: bytes(),
  },
});
