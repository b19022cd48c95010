import { ACCESS_KEY_ADD, ACCESS_KEYS_QUERY } from "../accessKey.ts";
import { ACCESS_KEY, NEW_ACCESS_KEY } from "../answer/accessKey.ts";
import { rowsOf } from "../answer/user.ts";
import { created, endpoints, json, nothing } from "./endpoint.ts";

export const ACCESS_KEY_ENDPOINTS = endpoints({
  "POST /access-keys": {
    summary: "Make an access key for a program: it acts as the user who makes it",
    action: "read",
    body: ACCESS_KEY_ADD,
    answer: created(NEW_ACCESS_KEY),
  },
  "GET /access-keys": {
    summary: "List the caller's access keys; administrators see everybody's",
    action: "read",
    query: ACCESS_KEYS_QUERY,
    answer: json(rowsOf(ACCESS_KEY)),
  },
  "DELETE /access-keys/{keyId}": {
    summary: "Take an access key back",
    action: "read",
    answer: nothing(),
  },
});
