import { z } from "@hono/zod-openapi";
import { FILE_LIST } from "../answer/file.ts";
import { NODE } from "../answer/node.ts";
import { ACCEPTED, pageOf } from "../answer/page.ts";
import { record } from "../field.ts";
import { NODE_DISABLE_SCHEDULING, NODE_PATCH, NODE_REBOOT, NODES_QUERY } from "../node.ts";
import { DEALLOCATION_OPTION } from "../pool.ts";
import { flag } from "../query.ts";
import { accepted, bytes, endpoints, json } from "./endpoint.ts";

export const FILES_QUERY = record({
  recursive: flag().optional(),
  path: z.string().optional().openapi({ description: "Only this folder." }),
});

export const NODE_ENDPOINTS = endpoints({
  "GET /nodes": {
    summary: "List nodes",
    action: "read",
    query: NODES_QUERY,
    answer: json(pageOf(NODE)),
  },
  "GET /nodes/{nodeId}": {
    summary: "Get a node",
    action: "read",
    answer: json(NODE),
  },
  "PATCH /nodes/{nodeId}": {
    summary: "Change a node, or claim one that nobody owns: who changes it first owns it",
    action: "read",
    body: NODE_PATCH,
    answer: json(NODE),
  },
  "DELETE /nodes/{nodeId}": {
    summary: "Remove a node from its pool and from its groups",
    action: "read",
    query: record({ nodeDeallocationOption: DEALLOCATION_OPTION.optional() }),
    answer: accepted(),
  },
  "POST /nodes/{nodeId}/reboot": {
    summary: "Reboot a node",
    action: "managePools",
    body: NODE_REBOOT,
    bodyIsOptional: true,
    answer: accepted(),
  },
  "POST /nodes/{nodeId}/disablescheduling": {
    summary: "Give a node no further tasks",
    action: "managePools",
    body: NODE_DISABLE_SCHEDULING,
    bodyIsOptional: true,
    answer: json(ACCEPTED),
  },
  "POST /nodes/{nodeId}/enablescheduling": {
    summary: "Give a node tasks again",
    action: "managePools",
    answer: json(ACCEPTED),
  },
  "GET /nodes/{nodeId}/files": {
    summary: "List files below a node's root",
    action: "read",
    query: FILES_QUERY,
    answer: json(FILE_LIST),
  },
  "GET /nodes/{nodeId}/files/{path*}": {
    summary: "Read a file of a node, or list a folder",
    action: "read",
    answer: bytes(),
  },
});
