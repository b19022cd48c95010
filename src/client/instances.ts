import type { ApiBody, ApiQuery } from "../protocol/api/endpoint/table.ts";
import type { Transport } from "./transport.ts";

type ListQuery = NonNullable<ApiQuery<"GET /instances">>;
type NodesQuery = NonNullable<ApiQuery<"GET /instances/{number}/nodes">>;
type GroupsQuery = NonNullable<ApiQuery<"GET /instances/{number}/groups">>;
type CsvQuery = NonNullable<ApiQuery<"GET /instances/{number}/csv">>;

export function instanceCalls(transport: Transport) {
  const at = (number: number) => ({ parameters: { number: String(number) } });
  return {
    list: (query: ListQuery = {}) => transport.call("GET /instances", { query }),
    get: (number: number) => transport.call("GET /instances/{number}", at(number)),
    nodes: (number: number, query: NodesQuery = {}) =>
      transport.call("GET /instances/{number}/nodes", { ...at(number), query }),
    /** With its output; of no execution the latest. */
    node: (number: number, nodeId: string, execNo?: number) =>
      transport.call("GET /instances/{number}/nodes/{nodeId}", {
        parameters: { number: String(number), nodeId },
        query: { execNo },
      }),
    groups: (number: number, query: GroupsQuery = {}) =>
      transport.call("GET /instances/{number}/groups", { ...at(number), query }),
    /** Text as the body of the response. */
    csv: (number: number, query: CsvQuery = {}) =>
      transport.open("GET /instances/{number}/csv", { ...at(number), query }),
    rerun: (number: number, body: ApiBody<"POST /instances/{number}/rerun">) =>
      transport.call("POST /instances/{number}/rerun", { ...at(number), body }),
    /** Of a rolling run that is paused or was stopped by failures. */
    resume: (number: number) => transport.call("POST /instances/{number}/resume", at(number)),
    stop: (number: number, body: ApiBody<"POST /instances/{number}/stop"> = {}) =>
      transport.call("POST /instances/{number}/stop", { ...at(number), body }),
  };
}
