import { z } from "@hono/zod-openapi";
import {
  INSTANCE,
  INSTANCE_NODE,
  INSTANCE_NODE_DETAIL,
  INSTANCE_SUMMARY,
  OUTPUT_GROUP,
  STARTED,
} from "../answer/instance.ts";
import { rowsOf } from "../answer/user.ts";
import {
  INSTANCE_CSV_QUERY,
  INSTANCE_GROUPS_QUERY,
  INSTANCE_NODE_QUERY,
  INSTANCE_NODES_QUERY,
  INSTANCES_QUERY,
  RERUN,
  RUN,
  STOP,
} from "../instance.ts";
import { accepted, created, endpoints, json } from "./endpoint.ts";

export const INSTANCE_ENDPOINTS = endpoints({
  "POST /definitions/{definitionId}/run": {
    summary: "Run a task definition on its targets, or some of them",
    action: "read",
    body: RUN,
    bodyIsOptional: true,
    answer: created(STARTED),
  },
  "GET /instances": {
    summary: "List task instances, the newest first",
    action: "read",
    query: INSTANCES_QUERY,
    answer: json(rowsOf(INSTANCE)),
  },
  "GET /instances/{number}": {
    summary: "Get a task instance with how many of its nodes are how",
    action: "read",
    answer: json(INSTANCE_SUMMARY),
  },
  "GET /instances/{number}/nodes": {
    summary: "List the nodes of a task instance, each with its latest execution",
    action: "read",
    query: INSTANCE_NODES_QUERY,
    answer: json(rowsOf(INSTANCE_NODE)),
  },
  "GET /instances/{number}/nodes/{nodeId}": {
    summary: "Get one node of a task instance with its output, also of an older execution",
    action: "read",
    query: INSTANCE_NODE_QUERY,
    answer: json(INSTANCE_NODE_DETAIL),
  },
  "GET /instances/{number}/groups": {
    summary: "Fold nodes that said the same: equal stdout and exit code, the largest group first",
    action: "read",
    query: INSTANCE_GROUPS_QUERY,
    answer: json(z.object({ items: z.array(OUTPUT_GROUP) })),
  },
  "GET /instances/{number}/csv": {
    summary: "All nodes of a task instance as CSV (RFC 4180)",
    action: "read",
    query: INSTANCE_CSV_QUERY,
    answer: { kind: "text", status: 200, contentType: "text/csv; charset=utf-8" },
  },
  "POST /instances/{number}/rerun": {
    summary: "Run nodes of a task instance once more, under its number",
    action: "read",
    body: RERUN,
    answer: accepted(),
  },
  "POST /instances/{number}/resume": {
    summary: "Let a rolling run go on that is paused or was stopped by failures",
    action: "read",
    answer: accepted(),
  },
  "POST /instances/{number}/stop": {
    summary: "Stop a task instance, or one node of it",
    action: "read",
    body: STOP,
    bodyIsOptional: true,
    answer: accepted(),
  },
});
