import { RESTRICTED_COMMAND, SCRIPT_CHECK } from "../answer/restrictedCommand.ts";
import { rowsOf } from "../answer/user.ts";
import {
  RESTRICTED_COMMAND_PUT,
  RESTRICTED_COMMANDS_QUERY,
  SCRIPT_CHECK_QUERY,
} from "../restrictedCommand.ts";
import { endpoints, json, nothing } from "./endpoint.ts";

export const RESTRICTED_COMMAND_ENDPOINTS = endpoints({
  "GET /restricted-commands": {
    summary: "List commands that scripts had better not, or must not, hold",
    action: "read",
    query: RESTRICTED_COMMANDS_QUERY,
    answer: json(rowsOf(RESTRICTED_COMMAND)),
  },
  "PUT /restricted-commands/{word}": {
    summary: "Restrict a command, or change its class; for administrators",
    action: "read",
    body: RESTRICTED_COMMAND_PUT,
    answer: json(RESTRICTED_COMMAND),
  },
  "DELETE /restricted-commands/{word}": {
    summary: "Take a command out of the list; for administrators",
    action: "read",
    answer: nothing(),
  },
  "GET /definitions/{definitionId}/restricted-commands": {
    summary: "Find restricted commands in the script that runs, or in that of a revision",
    action: "read",
    query: SCRIPT_CHECK_QUERY,
    answer: json(SCRIPT_CHECK),
  },
});
