import { z } from "@hono/zod-openapi";
import { APPROVAL_ITEM, DEFINITION, PLAN, REVISION } from "../answer/definition.ts";
import { rowsOf } from "../answer/user.ts";
import {
  APPROVAL_REQUEST,
  APPROVALS_QUERY,
  DEFINITION_ADD,
  DEFINITION_PATCH,
  DEFINITIONS_QUERY,
  PLAN_QUERY,
  REJECTION,
  REVISION_QUERY,
  ROWS_QUERY,
  RUNNER_NAMES,
  SCHEDULE_ADD,
  SCHEDULE_PATCH,
  TARGET_NAMES,
} from "../definition.ts";
import { created, endpoints, json, nothing } from "./endpoint.ts";

export const DEFINITION_ENDPOINTS = endpoints({
  "POST /definitions": {
    summary: "Create a task definition; its working copy runs once it is approved",
    action: "read",
    body: DEFINITION_ADD,
    answer: created(DEFINITION),
  },
  "GET /definitions": {
    summary: "List task definitions",
    action: "read",
    query: DEFINITIONS_QUERY,
    answer: json(rowsOf(DEFINITION)),
  },
  "GET /definitions/{definitionId}": {
    summary:
      "Get a task definition: its running revision, or the one that is named; 0 is the working copy",
    action: "read",
    query: REVISION_QUERY,
    answer: json(DEFINITION),
  },
  "PATCH /definitions/{definitionId}": {
    summary: "Change the working copy, the owner or the id",
    action: "read",
    body: DEFINITION_PATCH,
    answer: json(DEFINITION),
  },
  "DELETE /definitions/{definitionId}": {
    summary: "Delete a task definition",
    action: "read",
    answer: nothing(),
  },
  "GET /definitions/{definitionId}/revisions": {
    summary: "List approved revisions, the newest first",
    action: "read",
    query: ROWS_QUERY,
    answer: json(rowsOf(REVISION)),
  },
  "GET /definitions/{definitionId}/plan": {
    summary: "What a run would do now, and whether you may: nothing is executed",
    action: "read",
    query: PLAN_QUERY,
    answer: json(PLAN),
  },
  "POST /definitions/{definitionId}/targets/add": {
    summary: "Add targets to the working copy",
    action: "read",
    body: TARGET_NAMES,
    answer: json(DEFINITION),
  },
  "POST /definitions/{definitionId}/targets/remove": {
    summary: "Take targets out of the working copy",
    action: "read",
    body: TARGET_NAMES,
    answer: json(DEFINITION),
  },
  "POST /definitions/{definitionId}/runners/add": {
    summary: "Add who may run it",
    action: "read",
    body: RUNNER_NAMES,
    answer: json(DEFINITION),
  },
  "POST /definitions/{definitionId}/runners/remove": {
    summary: "Take out who may run it",
    action: "read",
    body: RUNNER_NAMES,
    answer: json(DEFINITION),
  },
  "POST /definitions/{definitionId}/schedules": {
    summary: "Add a schedule",
    action: "read",
    body: SCHEDULE_ADD,
    answer: created(DEFINITION),
  },
  "PATCH /definitions/{definitionId}/schedules/{scheduleId}": {
    summary: "Change a schedule",
    action: "read",
    body: SCHEDULE_PATCH,
    answer: json(DEFINITION),
  },
  "DELETE /definitions/{definitionId}/schedules/{scheduleId}": {
    summary: "Take a schedule out",
    action: "read",
    answer: nothing(),
  },
  "GET /approvals": {
    summary: "Requests for approval that wait: sent to you, and your own",
    action: "read",
    query: APPROVALS_QUERY,
    answer: json(z.object({ items: z.array(APPROVAL_ITEM) })),
  },
  "POST /definitions/{definitionId}/approval/request": {
    summary: "Request the approval of the working copy",
    action: "read",
    body: APPROVAL_REQUEST,
    bodyIsOptional: true,
    answer: json(DEFINITION),
  },
  "POST /definitions/{definitionId}/approval/accept": {
    summary: "Accept: the working copy becomes the next revision, which runs",
    action: "read",
    answer: json(DEFINITION),
  },
  "POST /definitions/{definitionId}/approval/reject": {
    summary: "Reject the working copy",
    action: "read",
    body: REJECTION,
    bodyIsOptional: true,
    answer: json(DEFINITION),
  },
});
