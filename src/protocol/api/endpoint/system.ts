import { z } from "@hono/zod-openapi";
import { PAGE_SIZE_MAX } from "../../../model/limits.ts";
import { FILE_STORED, STORED_FILE } from "../answer/file.ts";
import { pageOf } from "../answer/page.ts";
import {
  API_TOKEN,
  HEALTH,
  JOIN_TOKEN,
  NEW_API_TOKEN,
  NEW_JOIN_TOKEN,
  SYSTEM,
} from "../answer/system.ts";
import { record } from "../field.ts";
import { wholeNumber } from "../query.ts";
import { API_TOKEN_ADD, JOIN_TOKEN_ADD } from "../token.ts";
import { bytes, created, endpoints, json, nothing } from "./endpoint.ts";

export const FILE_ENDPOINTS = endpoints({
  "GET /files": {
    summary: "List the server's file store",
    action: "read",
    query: record({
      prefix: z.string().optional(),
      limit: wholeNumber(1, PAGE_SIZE_MAX).optional(),
      cursor: z.string().optional(),
    }),
    answer: json(pageOf(STORED_FILE)),
  },
  "GET /files/{path*}": {
    summary: "Read a file of the file store",
    action: "read",
    answer: bytes(),
  },
  "PUT /files/{path*}": {
    summary: "Write a file of the file store; tasks name it as serverPath",
    action: "runJobs",
    takesBytes: true,
    answer: created(FILE_STORED),
  },
  "DELETE /files/{path*}": {
    summary: "Remove a file of the file store",
    action: "runJobs",
    answer: nothing(),
  },
});

export const SYSTEM_ENDPOINTS = endpoints({
  "GET /health": {
    summary: "Whether the server is well",
    action: "ask",
    answer: json(HEALTH),
  },
  "GET /system": {
    summary: "What this server is",
    action: "read",
    answer: json(SYSTEM),
  },
  "GET /metrics": {
    summary: "Figures for Prometheus",
    action: "read",
    answer: { kind: "text", status: 200, contentType: "text/plain; version=0.0.4" },
  },
  "GET /join-tokens": {
    summary: "List join tokens that are still good",
    action: "manageAccess",
    answer: json(z.object({ items: z.array(JOIN_TOKEN) })),
  },
  "POST /join-tokens": {
    summary: "Make a token that lets machines join a pool",
    action: "manageAccess",
    body: JOIN_TOKEN_ADD,
    answer: created(NEW_JOIN_TOKEN),
  },
  "DELETE /join-tokens/{tokenId}": {
    summary: "Take a join token back; machines that have joined stay",
    action: "manageAccess",
    answer: nothing(),
  },
  "GET /api-tokens": {
    summary: "List API tokens",
    action: "manageAccess",
    answer: json(z.object({ items: z.array(API_TOKEN) })),
  },
  "POST /api-tokens": {
    summary: "Make an API token",
    action: "manageAccess",
    body: API_TOKEN_ADD,
    answer: created(NEW_API_TOKEN),
  },
  "DELETE /api-tokens/{tokenId}": {
    summary: "Take an API token back",
    action: "manageAccess",
    answer: nothing(),
  },
});
