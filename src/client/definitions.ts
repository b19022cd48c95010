import type { ApiBody, ApiQuery } from "../protocol/api/endpoint/table.ts";
import type { Content, Transport } from "./transport.ts";

type ListQuery = NonNullable<ApiQuery<"GET /definitions">>;
type RowsQuery = NonNullable<ApiQuery<"GET /definitions/{definitionId}/revisions">>;
type PlanQuery = NonNullable<ApiQuery<"GET /definitions/{definitionId}/plan">>;
type ApprovalsQuery = NonNullable<ApiQuery<"GET /approvals">>;

const at = (definitionId: string) => ({ parameters: { definitionId } });

/** Task definitions, their approval, and the scripts that they name. */
export function definitionCalls(transport: Transport) {
  return {
    definitions: {
      ...definitionReads(transport),
      ...definitionChanges(transport),
      ...listChanges(transport),
    },
    approvals: approvalCalls(transport),
    scripts: {
      /** Stores a script under its hash, by which definitions name it. */
      store: (name: string, bytes: Content) =>
        transport.call("POST /scripts", { query: { name }, bytes }),
      /** Its bytes as the body of the response, unchanged. */
      read: (sha256: string) => transport.open("GET /scripts/{sha256}", { parameters: { sha256 } }),
    },
  };
}

function definitionReads(transport: Transport) {
  return {
    list: (query: ListQuery = {}) => transport.call("GET /definitions", { query }),
    /** Of no revision the one that runs; 0 is the working copy. */
    get: (definitionId: string, revision?: number) =>
      transport.call("GET /definitions/{definitionId}", {
        ...at(definitionId),
        query: { revision },
      }),
    revisions: (definitionId: string, query: RowsQuery = {}) =>
      transport.call("GET /definitions/{definitionId}/revisions", { ...at(definitionId), query }),
    /** What a run on these nodes, or on all targets, would do now. */
    plan: (definitionId: string, query: PlanQuery = {}) =>
      transport.call("GET /definitions/{definitionId}/plan", { ...at(definitionId), query }),
  };
}

function definitionChanges(transport: Transport) {
  return {
    create: (body: ApiBody<"POST /definitions">) => transport.call("POST /definitions", { body }),
    edit: (definitionId: string, body: ApiBody<"PATCH /definitions/{definitionId}">) =>
      transport.call("PATCH /definitions/{definitionId}", { ...at(definitionId), body }),
    delete: (definitionId: string) =>
      transport.call("DELETE /definitions/{definitionId}", at(definitionId)),
    run: (definitionId: string, body: ApiBody<"POST /definitions/{definitionId}/run"> = {}) =>
      transport.call("POST /definitions/{definitionId}/run", { ...at(definitionId), body }),
    addSchedule: (
      definitionId: string,
      body: ApiBody<"POST /definitions/{definitionId}/schedules">,
    ) =>
      transport.call("POST /definitions/{definitionId}/schedules", { ...at(definitionId), body }),
    editSchedule: (
      definitionId: string,
      scheduleId: string,
      body: ApiBody<"PATCH /definitions/{definitionId}/schedules/{scheduleId}">,
    ) =>
      transport.call("PATCH /definitions/{definitionId}/schedules/{scheduleId}", {
        parameters: { definitionId, scheduleId },
        body,
      }),
    removeSchedule: (definitionId: string, scheduleId: string) =>
      transport.call("DELETE /definitions/{definitionId}/schedules/{scheduleId}", {
        parameters: { definitionId, scheduleId },
      }),
  };
}

type TargetNames = ApiBody<"POST /definitions/{definitionId}/targets/add">;
type RunnerNames = ApiBody<"POST /definitions/{definitionId}/runners/add">;

function listChanges(transport: Transport) {
  return {
    addTargets: (definitionId: string, body: TargetNames) =>
      transport.call("POST /definitions/{definitionId}/targets/add", { ...at(definitionId), body }),
    removeTargets: (definitionId: string, body: TargetNames) =>
      transport.call("POST /definitions/{definitionId}/targets/remove", {
        ...at(definitionId),
        body,
      }),
    addRunners: (definitionId: string, body: RunnerNames) =>
      transport.call("POST /definitions/{definitionId}/runners/add", { ...at(definitionId), body }),
    removeRunners: (definitionId: string, body: RunnerNames) =>
      transport.call("POST /definitions/{definitionId}/runners/remove", {
        ...at(definitionId),
        body,
      }),
  };
}

function approvalCalls(transport: Transport) {
  return {
    /** Requests that wait: sent to whoever asks, and their own. */
    list: (query: ApprovalsQuery = {}) => transport.call("GET /approvals", { query }),
    request: (
      definitionId: string,
      body: ApiBody<"POST /definitions/{definitionId}/approval/request"> = {},
    ) =>
      transport.call("POST /definitions/{definitionId}/approval/request", {
        ...at(definitionId),
        body,
      }),
    accept: (definitionId: string) =>
      transport.call("POST /definitions/{definitionId}/approval/accept", at(definitionId)),
    reject: (
      definitionId: string,
      body: ApiBody<"POST /definitions/{definitionId}/approval/reject"> = {},
    ) =>
      transport.call("POST /definitions/{definitionId}/approval/reject", {
        ...at(definitionId),
        body,
      }),
  };
}
