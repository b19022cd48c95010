import type { ApiBody, ApiQuery } from "../protocol/api/endpoint/table.ts";
import type { Transport } from "./transport.ts";

type ListQuery = NonNullable<ApiQuery<"GET /restricted-commands">>;
type CheckQuery = NonNullable<ApiQuery<"GET /definitions/{definitionId}/restricted-commands">>;

/** Commands that scripts had better not, or must not, hold. */
export function restrictedCommandCalls(transport: Transport) {
  return {
    list: (query: ListQuery = {}) => transport.call("GET /restricted-commands", { query }),
    set: (word: string, body: ApiBody<"PUT /restricted-commands/{word}">) =>
      transport.call("PUT /restricted-commands/{word}", { parameters: { word }, body }),
    delete: (word: string) =>
      transport.call("DELETE /restricted-commands/{word}", { parameters: { word } }),
    /** Where they stand in the script of a definition. */
    check: (definitionId: string, query: CheckQuery = {}) =>
      transport.call("GET /definitions/{definitionId}/restricted-commands", {
        parameters: { definitionId },
        query,
      }),
  };
}
