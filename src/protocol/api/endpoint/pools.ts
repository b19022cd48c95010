import { z } from "@hono/zod-openapi";
import { CREATED, pageOf } from "../answer/page.ts";
import { POOL } from "../answer/pool.ts";
import { record } from "../field.ts";
import { NODES_REMOVE, POOL_ADD, POOL_PATCH, POOL_RESIZE } from "../pool.ts";
import { PAGE_FIELDS } from "../query.ts";
import { accepted, created, endpoints, json } from "./endpoint.ts";

export const POOL_ENDPOINTS = endpoints({
  "POST /pools": {
    summary: "Create a pool",
    action: "managePools",
    body: POOL_ADD,
    idempotent: true,
    answer: created(CREATED),
  },
  "GET /pools": {
    summary: "List pools",
    action: "read",
    query: record({ ...PAGE_FIELDS, idPrefix: z.string().optional() }),
    answer: json(pageOf(POOL)),
  },
  "GET /pools/{poolId}": {
    summary: "Get a pool",
    action: "read",
    answer: json(POOL),
  },
  "PATCH /pools/{poolId}": {
    summary: "Change a pool",
    action: "managePools",
    body: POOL_PATCH,
    answer: json(POOL),
  },
  "DELETE /pools/{poolId}": {
    summary: "Delete a pool: its nodes go, tasks on them are requeued",
    action: "managePools",
    answer: accepted(),
  },
  "POST /pools/{poolId}/resize": {
    summary: "Change the number of nodes",
    action: "managePools",
    body: POOL_RESIZE,
    answer: accepted(),
  },
  "POST /pools/{poolId}/stopresize": {
    summary: "Stop a resize where it is",
    action: "managePools",
    answer: accepted(),
  },
  "POST /pools/{poolId}/removenodes": {
    summary: "Remove nodes",
    action: "managePools",
    body: NODES_REMOVE,
    answer: accepted(),
  },
});
