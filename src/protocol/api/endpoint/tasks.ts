import { z } from "@hono/zod-openapi";
import { FILE_LIST } from "../answer/file.ts";
import { CREATED, pageOf } from "../answer/page.ts";
import { EXPLANATION, TASK, TASK_ADD_RESULTS, TASK_STATES } from "../answer/task.ts";
import { oneOf, record } from "../field.ts";
import { OUTPUT_QUERY, PAGE_FIELDS } from "../query.ts";
import { TASK_ADD, TASK_UPDATE, TASKS_ADD } from "../task.ts";
import { bytes, endpoints, json, nothing } from "./endpoint.ts";
import { FILES_QUERY } from "./nodes.ts";

export const TASK_ENDPOINTS = endpoints({
  "POST /jobs/{jobId}/tasks": {
    summary: "Add one task (201), or many with an answer for each (200)",
    action: "runJobs",
    recordsDigest: true,
    body: z.union([TASKS_ADD, TASK_ADD]),
    idempotent: true,
    answer: json(z.union([TASK_ADD_RESULTS, CREATED])),
  },
  "GET /jobs/{jobId}/tasks": {
    summary: "List tasks in the order of their creation",
    action: "read",
    query: record({
      ...PAGE_FIELDS,
      state: oneOf(TASK_STATES).optional(),
      result: oneOf(["success", "failure"]).optional(),
      idPrefix: z.string().optional(),
      nodeId: z.string().optional(),
    }),
    answer: json(pageOf(TASK)),
  },
  "GET /jobs/{jobId}/tasks/{taskId}": {
    summary: "Get a task",
    action: "read",
    answer: json(TASK),
  },
  "PUT /jobs/{jobId}/tasks/{taskId}": {
    summary: "Replace a task's constraints",
    action: "runJobs",
    body: TASK_UPDATE,
    answer: json(TASK),
  },
  "DELETE /jobs/{jobId}/tasks/{taskId}": {
    summary: "Stop a task if it runs, then remove it with its directory",
    action: "runJobs",
    answer: nothing(),
  },
  "POST /jobs/{jobId}/tasks/{taskId}/terminate": {
    summary: "Stop a task: it completes as failed",
    action: "runJobs",
    answer: nothing(),
  },
  "POST /jobs/{jobId}/tasks/{taskId}/reactivate": {
    summary: "Run a failed task again",
    action: "runJobs",
    answer: nothing(),
  },
  "GET /jobs/{jobId}/tasks/{taskId}/explain": {
    summary: "Say why a task is not running",
    action: "read",
    answer: json(EXPLANATION),
  },
  "GET /jobs/{jobId}/tasks/{taskId}/stdout": {
    summary: "Read or follow what a task has written",
    action: "read",
    query: OUTPUT_QUERY,
    answer: bytes(),
  },
  "GET /jobs/{jobId}/tasks/{taskId}/stderr": {
    summary: "Read or follow what a task has written as errors",
    action: "read",
    query: OUTPUT_QUERY,
    answer: bytes(),
  },
  "GET /jobs/{jobId}/tasks/{taskId}/files": {
    summary: "List files of a task on its node",
    action: "read",
    query: FILES_QUERY,
    answer: json(FILE_LIST),
  },
  "GET /jobs/{jobId}/tasks/{taskId}/files/{path*}": {
    summary: "Read a file of a task, or list a folder",
    action: "read",
    answer: bytes(),
  },
});
