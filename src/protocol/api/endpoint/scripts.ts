import { SCRIPT } from "../answer/script.ts";
import { SCRIPTS_QUERY } from "../script.ts";
import { bytes, created, endpoints } from "./endpoint.ts";

export const SCRIPT_ENDPOINTS = endpoints({
  "POST /scripts": {
    summary: "Store a script for tasks, which name it by its hash; for those who may create tasks",
    action: "read",
    query: SCRIPTS_QUERY,
    takesBytes: true,
    answer: created(SCRIPT),
  },
  "GET /scripts/{sha256}": {
    summary: "Read a script as it was uploaded",
    action: "read",
    answer: bytes(),
  },
});
