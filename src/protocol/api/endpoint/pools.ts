import { ACCEPTED, CREATED, pageOf } from "../answer/page.ts";
import { POOL } from "../answer/pool.ts";
import { NODES_REMOVE, POOL_ADD, POOL_PATCH, POOL_RESIZE } from "../pool.ts";
import { PAGE_QUERY } from "../query.ts";
import { endpoints } from "./endpoint.ts";

export const POOL_ENDPOINTS = endpoints({
  "POST /pools": {
    summary: "Create a pool",
    action: "managePools",
    body: POOL_ADD,
    idempotent: true,
    answer: { kind: "json", status: 201, schema: CREATED },
  },
  "GET /pools": {
    summary: "List pools",
    action: "read",
    query: PAGE_QUERY,
    answer: { kind: "json", status: 200, schema: pageOf(POOL) },
  },
  "GET /pools/{poolId}": {
    summary: "Get a pool",
    action: "read",
    answer: { kind: "json", status: 200, schema: POOL },
  },
  "PATCH /pools/{poolId}": {
    summary: "Change a pool",
    action: "managePools",
    body: POOL_PATCH,
    answer: { kind: "json", status: 200, schema: POOL },
  },
  "DELETE /pools/{poolId}": {
    summary: "Delete a pool: its nodes go, tasks on them are requeued",
    action: "managePools",
    answer: { kind: "json", status: 202, schema: ACCEPTED },
  },
  "POST /pools/{poolId}/resize": {
    summary: "Change the number of nodes",
    action: "managePools",
    body: POOL_RESIZE,
    answer: { kind: "json", status: 202, schema: ACCEPTED },
  },
  "POST /pools/{poolId}/stopresize": {
    summary: "Stop a resize where it is",
    action: "managePools",
    answer: { kind: "json", status: 202, schema: ACCEPTED },
  },
  "POST /pools/{poolId}/removenodes": {
    summary: "Remove nodes",
    action: "managePools",
    body: NODES_REMOVE,
    answer: { kind: "json", status: 202, schema: ACCEPTED },
  },
});
