import { z } from "@hono/zod-openapi";
import {
  ALLOCATION,
  ALLOCATION_STUB,
  GROUPS_STATUS,
  JOB_VERSION,
  MODIFY_INDEX,
  PLAN,
  SAME_NOTE,
} from "../answer/group.ts";
import { pageOf } from "../answer/page.ts";
import { record } from "../field.ts";
import { flag, LOG_QUERY } from "../query.ts";
import { accepted, bytes, endpoints, json } from "./endpoint.ts";

const JOB = z.record(z.string(), z.unknown()).openapi({
  description: "The job in Nomad's JSON form, as `Job` of its API or wrapped in it.",
});

const SUBMISSION = record({
  job: JOB,
  checkIndex: z.int().min(0).optional().openapi({
    description: "Only if this is the job's modify index now; 0: only if there is no such job.",
  }),
});

export const GROUP_ENDPOINTS = endpoints({
  "POST /jobs/register": {
    summary: "Run a job of groups: new, changed, or again",
    action: "runJobs",
    recordsDigest: true,
    body: SUBMISSION,
    answer: json(
      z.object({
        jobId: z.string(),
        version: z.int(),
        modifyIndex: MODIFY_INDEX,
        warnings: z.array(z.string()),
        note: SAME_NOTE,
      }),
    ),
  },
  "POST /jobs/plan": {
    summary: "Say what running a job of groups would change; nothing is changed",
    action: "read",
    body: record({ job: JOB }),
    answer: json(PLAN),
  },
  "GET /jobs/{jobId}/groups": {
    summary: "Get how a job of groups stands: counts, deployment, what waits and why",
    action: "read",
    answer: json(GROUPS_STATUS),
  },
  "GET /jobs/{jobId}/versions": {
    summary: "List the kept versions of a job of groups, newest first",
    action: "read",
    answer: json(pageOf(JOB_VERSION)),
  },
  "GET /jobs/{jobId}/allocations": {
    summary: "List the executions of a job of groups, newest first",
    action: "read",
    query: record({ all: flag().optional().openapi({ description: "Older ones, too." }) }),
    answer: json(pageOf(ALLOCATION_STUB)),
  },
  "POST /jobs/{jobId}/revert": {
    summary: "Run an earlier version of a job of groups again",
    action: "runJobs",
    body: record({ version: z.int().min(0) }),
    answer: json(z.object({ jobId: z.string(), version: z.int() })),
  },
  "POST /jobs/{jobId}/promote": {
    summary: "Let a new version go on whose canaries are healthy",
    action: "runJobs",
    body: record({
      groups: z.array(z.string()).min(1).optional().openapi({
        description:
          "Absent: all that have canaries. Those that this deployment has promoted may be named again.",
      }),
    }),
    answer: json(z.object({ jobId: z.string(), version: z.int() })),
  },
  "POST /jobs/{jobId}/dispatch": {
    summary: "Run a parameterized job once",
    action: "runJobs",
    recordsDigest: true,
    body: record({
      payload: z.string().optional().openapi({ description: "Base64, at most 16 KiB before it." }),
      meta: z.record(z.string(), z.string()).optional(),
    }),
    answer: json(z.object({ jobId: z.string() })),
  },
  "POST /jobs/{jobId}/periodic/force": {
    summary: "Start a child of a periodic job now",
    action: "runJobs",
    answer: json(z.object({ jobId: z.string() })),
  },
  "POST /jobs/{jobId}/restart": {
    summary: "Restart all running executions of a job of groups in place",
    action: "runJobs",
    answer: json(
      z.object({
        allocations: z.array(z.string()),
        refused: z
          .array(z.object({ allocation: z.string(), message: z.string() }))
          .openapi({ description: "Those that are not restarted, and why." }),
      }),
    ),
  },
  "GET /allocations/{allocationId}": {
    summary: "Get an execution of a group, by its id or the beginning of it",
    action: "read",
    answer: json(ALLOCATION),
  },
  "POST /allocations/{allocationId}/restart": {
    summary: "Restart members of an execution in place",
    action: "runJobs",
    body: record({
      member: z
        .string()
        .optional()
        .openapi({ description: "Absent: all that run, or wait for their restart." }),
      dead: z.boolean().optional().openapi({ description: "Also those that have ended." }),
    }),
    bodyIsOptional: true,
    answer: accepted(),
  },
  "POST /allocations/{allocationId}/stop": {
    summary: "Stop an execution; its task is placed again if it is wanted",
    action: "runJobs",
    answer: accepted(),
  },
  "GET /allocations/{allocationId}/logs/{member}/stdout": {
    summary: "Read or follow what a member has written",
    action: "read",
    query: LOG_QUERY,
    answer: bytes(),
  },
  "GET /allocations/{allocationId}/logs/{member}/stderr": {
    summary: "Read or follow what a member has written as errors",
    action: "read",
    query: LOG_QUERY,
    answer: bytes(),
  },
  "POST /nodes/{nodeId}/drain": {
    summary: "Move the executions of groups away from a node, which takes nothing new",
    action: "managePools",
    body: record({
      deadlineMs: z
        .int()
        .min(0)
        .nullable()
        .optional()
        .openapi({ description: "Default one hour; null: never; 0: at once." }),
      ignoreSystemJobs: z.boolean().optional(),
    }),
    bodyIsOptional: true,
    answer: accepted(),
  },
  "DELETE /nodes/{nodeId}/drain": {
    summary: "Call a drain off",
    action: "managePools",
    query: record({
      keepIneligible: flag().optional().openapi({ description: "The node takes nothing new." }),
    }),
    answer: accepted(),
  },
});
