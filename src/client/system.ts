import type { ApiBody, ApiQuery } from "../protocol/api/endpoint/table.ts";
import { allItems } from "./pages.ts";
import { type ByteRange, type Content, rangeHeader, type Transport } from "./transport.ts";

type FilesQuery = NonNullable<ApiQuery<"GET /files">>;

export function systemCalls(transport: Transport) {
  return {
    files: fileCalls(transport),
    system: {
      health: () => transport.call("GET /health", {}),
      get: () => transport.call("GET /system", {}),
      metrics: async () => await (await transport.open("GET /metrics", {})).text(),
    },
    tokens: {
      createJoinToken: (body: ApiBody<"POST /join-tokens">) =>
        transport.call("POST /join-tokens", { body }),
      listJoinTokens: () => transport.call("GET /join-tokens", {}),
      revokeJoinToken: (tokenId: string) =>
        transport.call("DELETE /join-tokens/{tokenId}", { parameters: { tokenId } }),
      createApiToken: (body: ApiBody<"POST /api-tokens">) =>
        transport.call("POST /api-tokens", { body }),
      listApiTokens: () => transport.call("GET /api-tokens", {}),
      revokeApiToken: (tokenId: string) =>
        transport.call("DELETE /api-tokens/{tokenId}", { parameters: { tokenId } }),
    },
  };
}

/** The server's file store, whose files tasks name as `serverPath`. */
function fileCalls(transport: Transport) {
  const list = (query: FilesQuery = {}) => transport.call("GET /files", { query });
  return {
    list,
    all: (query: FilesQuery = {}) => allItems((cursor) => list({ ...query, cursor })),
    read: (path: string, range?: ByteRange) =>
      transport.open("GET /files/{path*}", { parameters: { path }, headers: rangeHeader(range) }),
    write: (path: string, bytes: Content) =>
      transport.call("PUT /files/{path*}", { parameters: { path }, bytes }),
    delete: (path: string) => transport.call("DELETE /files/{path*}", { parameters: { path } }),
  };
}
