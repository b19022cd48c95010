import { z } from "@hono/zod-openapi";
import { JOB, JOB_STATES, PREPARATION_STATUS, TASK_COUNTS } from "../answer/job.ts";
import { CREATED, pageOf } from "../answer/page.ts";
import { oneOf, record } from "../field.ts";
import { JOB_ADD, JOB_DISABLE, JOB_PATCH, JOB_TERMINATE, JOB_UPDATE } from "../job.ts";
import { PAGE_FIELDS, PAGE_QUERY } from "../query.ts";
import { accepted, bytes, created, endpoints, json } from "./endpoint.ts";

export const JOB_ENDPOINTS = endpoints({
  "POST /jobs": {
    summary: "Create a job; with tasks, all of it or nothing",
    action: "runJobs",
    recordsDigest: true,
    body: JOB_ADD,
    idempotent: true,
    answer: created(CREATED),
  },
  "GET /jobs": {
    summary: "List jobs",
    action: "read",
    query: record({
      ...PAGE_FIELDS,
      state: oneOf(JOB_STATES).optional(),
      poolId: z.string().optional(),
      idPrefix: z.string().optional(),
    }),
    answer: json(pageOf(JOB)),
  },
  "GET /jobs/{jobId}": {
    summary: "Get a job",
    action: "read",
    answer: json(JOB),
  },
  "PATCH /jobs/{jobId}": {
    summary: "Change what is given of a job",
    action: "runJobs",
    body: JOB_PATCH,
    answer: json(JOB),
  },
  "PUT /jobs/{jobId}": {
    summary: "Replace all that can be changed of a job",
    action: "runJobs",
    body: JOB_UPDATE,
    answer: json(JOB),
  },
  "DELETE /jobs/{jobId}": {
    summary: "End a job if it runs, then remove it with its tasks and directories",
    action: "runJobs",
    answer: accepted(),
  },
  "POST /jobs/{jobId}/disable": {
    summary: "Hold a job",
    action: "runJobs",
    body: JOB_DISABLE,
    answer: accepted(),
  },
  "POST /jobs/{jobId}/enable": {
    summary: "Let a held job go on",
    action: "runJobs",
    answer: accepted(),
  },
  "POST /jobs/{jobId}/terminate": {
    summary: "End a job: its tasks are stopped, then its release runs",
    action: "runJobs",
    body: JOB_TERMINATE,
    bodyIsOptional: true,
    answer: accepted(),
  },
  "GET /jobs/{jobId}/taskcounts": {
    summary: "Count a job's tasks by state",
    action: "read",
    answer: json(TASK_COUNTS),
  },
  "GET /jobs/{jobId}/jobpreparationandreleasetaskstatus": {
    summary: "List what preparation and release did on each node",
    action: "read",
    query: PAGE_QUERY,
    answer: json(pageOf(PREPARATION_STATUS)),
  },
  "GET /jobs/{jobId}/jobpreparation/{nodeId}/stdout": {
    summary: "Read what the preparation wrote to stdout on a node",
    action: "read",
    answer: bytes(),
  },
  "GET /jobs/{jobId}/jobpreparation/{nodeId}/stderr": {
    summary: "Read what the preparation wrote to stderr on a node",
    action: "read",
    answer: bytes(),
  },
  "GET /jobs/{jobId}/jobrelease/{nodeId}/stdout": {
    summary: "Read what the release wrote to stdout on a node",
    action: "read",
    answer: bytes(),
  },
  "GET /jobs/{jobId}/jobrelease/{nodeId}/stderr": {
    summary: "Read what the release wrote to stderr on a node",
    action: "read",
    answer: bytes(),
  },
});
