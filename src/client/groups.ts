import type { ApiBody } from "../protocol/api/endpoint/table.ts";
import { followOutput } from "./followedOutput.ts";
import type { FollowOptions } from "./reconnect.ts";
import type { Transport } from "./transport.ts";

const at = (jobId: string) => ({ parameters: { jobId } });
const of = (allocationId: string) => ({ parameters: { allocationId } });

export interface LogOptions extends FollowOptions {
  /** Goes on with what is written until the execution ends, also over a server that is started again. */
  readonly follow?: boolean;
  /** Begins with so many last lines of what there is; default: all that is kept. */
  readonly lines?: number | undefined;
}

/** Jobs of groups and their executions. */
export function groupCalls(transport: Transport) {
  return {
    register: (body: ApiBody<"POST /jobs/register">) =>
      transport.call("POST /jobs/register", { body }),
    plan: (body: ApiBody<"POST /jobs/plan">) => transport.call("POST /jobs/plan", { body }),
    status: (jobId: string) => transport.call("GET /jobs/{jobId}/groups", at(jobId)),
    versions: (jobId: string) => transport.call("GET /jobs/{jobId}/versions", at(jobId)),
    allocations: (jobId: string, all = false) =>
      transport.call("GET /jobs/{jobId}/allocations", { ...at(jobId), query: { all } }),
    revert: (jobId: string, version: number) =>
      transport.call("POST /jobs/{jobId}/revert", { ...at(jobId), body: { version } }),
    promote: (jobId: string, body: ApiBody<"POST /jobs/{jobId}/promote"> = {}) =>
      transport.call("POST /jobs/{jobId}/promote", { ...at(jobId), body }),
    dispatch: (jobId: string, body: ApiBody<"POST /jobs/{jobId}/dispatch">) =>
      transport.call("POST /jobs/{jobId}/dispatch", { ...at(jobId), body }),
    forcePeriodic: (jobId: string) =>
      transport.call("POST /jobs/{jobId}/periodic/force", at(jobId)),
    restart: (jobId: string) => transport.call("POST /jobs/{jobId}/restart", at(jobId)),
    allocation: (allocationId: string) =>
      transport.call("GET /allocations/{allocationId}", of(allocationId)),
    restartAllocation: (
      allocationId: string,
      body: ApiBody<"POST /allocations/{allocationId}/restart"> = {},
    ) => transport.call("POST /allocations/{allocationId}/restart", { ...of(allocationId), body }),
    stopAllocation: (allocationId: string) =>
      transport.call("POST /allocations/{allocationId}/stop", of(allocationId)),
    /** What a member wrote as the body of a response; a line tells what was rotated away before it could be followed. */
    logs: async (
      allocationId: string,
      member: string,
      stream: "stdout" | "stderr",
      { follow = false, lines, ...options }: LogOptions = {},
    ): Promise<Response> => {
      const open = (headers: Readonly<Record<string, string>>, signal: AbortSignal | undefined) =>
        transport.open(`GET /allocations/{allocationId}/logs/{member}/${stream}`, {
          parameters: { allocationId, member },
          query: { follow, lines },
          headers,
          signal,
        });
      return follow ? await followOutput(open, options) : await open({}, options.signal);
    },
    drain: (nodeId: string, body: ApiBody<"POST /nodes/{nodeId}/drain"> = {}) =>
      transport.call("POST /nodes/{nodeId}/drain", { parameters: { nodeId }, body }),
    stopDrain: (nodeId: string, keepIneligible: boolean) =>
      transport.call("DELETE /nodes/{nodeId}/drain", {
        parameters: { nodeId },
        query: { keepIneligible },
      }),
  };
}
