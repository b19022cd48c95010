import type { ApiBody, ApiQuery } from "../protocol/api/endpoint/table.ts";
import { allItems } from "./pages.ts";
import type { Transport } from "./transport.ts";

type ListQuery = NonNullable<ApiQuery<"GET /pools">>;

export function poolCalls(transport: Transport) {
  const list = (query: ListQuery = {}) => transport.call("GET /pools", { query });
  const at = (poolId: string) => ({ parameters: { poolId } });
  return {
    create: (body: ApiBody<"POST /pools">, idempotencyKey?: string) =>
      transport.call("POST /pools", { body, idempotencyKey }),
    get: (poolId: string) => transport.call("GET /pools/{poolId}", at(poolId)),
    list,
    all: (query: ListQuery = {}) => allItems((cursor) => list({ ...query, cursor })),
    update: (poolId: string, body: ApiBody<"PATCH /pools/{poolId}">) =>
      transport.call("PATCH /pools/{poolId}", { ...at(poolId), body }),
    delete: (poolId: string) => transport.call("DELETE /pools/{poolId}", at(poolId)),
    resize: (poolId: string, body: ApiBody<"POST /pools/{poolId}/resize">) =>
      transport.call("POST /pools/{poolId}/resize", { ...at(poolId), body }),
    stopResize: (poolId: string) => transport.call("POST /pools/{poolId}/stopresize", at(poolId)),
    removeNodes: (poolId: string, body: ApiBody<"POST /pools/{poolId}/removenodes">) =>
      transport.call("POST /pools/{poolId}/removenodes", { ...at(poolId), body }),
  };
}
