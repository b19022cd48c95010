import type { ApiBody, ApiQuery } from "../protocol/api/endpoint/table.ts";
import type { Transport } from "./transport.ts";

type ListQuery = NonNullable<ApiQuery<"GET /node-groups">>;

export function nodeGroupCalls(transport: Transport) {
  const at = (nodeGroupId: string) => ({ parameters: { nodeGroupId } });
  return {
    create: (body: ApiBody<"POST /node-groups">) => transport.call("POST /node-groups", { body }),
    list: (query: ListQuery = {}) => transport.call("GET /node-groups", { query }),
    get: (nodeGroupId: string) => transport.call("GET /node-groups/{nodeGroupId}", at(nodeGroupId)),
    edit: (nodeGroupId: string, body: ApiBody<"PATCH /node-groups/{nodeGroupId}">) =>
      transport.call("PATCH /node-groups/{nodeGroupId}", { ...at(nodeGroupId), body }),
    delete: (nodeGroupId: string) =>
      transport.call("DELETE /node-groups/{nodeGroupId}", at(nodeGroupId)),
    copy: (nodeGroupId: string, newId: string) =>
      transport.call("POST /node-groups/{nodeGroupId}/copy", {
        ...at(nodeGroupId),
        body: { newId },
      }),
    addNode: (nodeGroupId: string, nodeId: string) =>
      transport.call("POST /node-groups/{nodeGroupId}/nodes", {
        ...at(nodeGroupId),
        body: { id: nodeId },
      }),
    removeNode: (nodeGroupId: string, nodeId: string) =>
      transport.call("DELETE /node-groups/{nodeGroupId}/nodes/{nodeId}", {
        parameters: { nodeGroupId, nodeId },
      }),
    setAttribute: (nodeGroupId: string, key: string, value: string) =>
      transport.call("PUT /node-groups/{nodeGroupId}/attributes/{key}", {
        parameters: { nodeGroupId, key },
        body: { value },
      }),
    removeAttribute: (nodeGroupId: string, key: string) =>
      transport.call("DELETE /node-groups/{nodeGroupId}/attributes/{key}", {
        parameters: { nodeGroupId, key },
      }),
  };
}
