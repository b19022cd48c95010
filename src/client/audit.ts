import type { ApiQuery } from "../protocol/api/endpoint/table.ts";
import { allItems } from "./pages.ts";
import type { Transport } from "./transport.ts";

type AuditQuery = NonNullable<ApiQuery<"GET /audit">>;

/** The audit log. */
export function auditCalls(transport: Transport) {
  const list = (query: AuditQuery = {}) => transport.call("GET /audit", { query });
  return {
    list,
    all: (query: AuditQuery = {}) => allItems((cursor) => list({ ...query, cursor })),
    get: (number: number) =>
      transport.call("GET /audit/{number}", { parameters: { number: String(number) } }),
    /** Lines of JSON as the body of the response: the canonical texts by which the chain is verified. */
    export: (after = 0) => transport.open("GET /audit/export", { query: { after } }),
  };
}
