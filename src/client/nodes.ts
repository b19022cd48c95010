import type { ApiBody, ApiQuery } from "../protocol/api/endpoint/table.ts";
import { allItems } from "./pages.ts";
import { type ByteRange, rangeHeader, type Transport } from "./transport.ts";

type ListQuery = NonNullable<ApiQuery<"GET /nodes">>;
type RemoveQuery = NonNullable<ApiQuery<"DELETE /nodes/{nodeId}">>;
type FilesQuery = NonNullable<ApiQuery<"GET /nodes/{nodeId}/files">>;

export function nodeCalls(transport: Transport) {
  const list = (query: ListQuery = {}) => transport.call("GET /nodes", { query });
  const at = (nodeId: string) => ({ parameters: { nodeId } });
  return {
    get: (nodeId: string) => transport.call("GET /nodes/{nodeId}", at(nodeId)),
    list,
    all: (query: ListQuery = {}) => allItems((cursor) => list({ ...query, cursor })),
    edit: (nodeId: string, body: ApiBody<"PATCH /nodes/{nodeId}">) =>
      transport.call("PATCH /nodes/{nodeId}", { ...at(nodeId), body }),
    remove: (nodeId: string, query: RemoveQuery = {}) =>
      transport.call("DELETE /nodes/{nodeId}", { ...at(nodeId), query }),
    reboot: (nodeId: string, body: ApiBody<"POST /nodes/{nodeId}/reboot"> = {}) =>
      transport.call("POST /nodes/{nodeId}/reboot", { ...at(nodeId), body }),
    disableScheduling: (
      nodeId: string,
      body: ApiBody<"POST /nodes/{nodeId}/disablescheduling"> = {},
    ) => transport.call("POST /nodes/{nodeId}/disablescheduling", { ...at(nodeId), body }),
    enableScheduling: (nodeId: string) =>
      transport.call("POST /nodes/{nodeId}/enablescheduling", at(nodeId)),
    files: (nodeId: string, query: FilesQuery = {}) =>
      transport.call("GET /nodes/{nodeId}/files", { ...at(nodeId), query }),
    /** `path` is relative to the node's root, as `shared/f.txt`. */
    readFile: (nodeId: string, path: string, range?: ByteRange) =>
      transport.open("GET /nodes/{nodeId}/files/{path*}", {
        parameters: { nodeId, path },
        headers: rangeHeader(range),
      }),
  };
}
