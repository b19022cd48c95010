import type { ApiQuery } from "../protocol/api/endpoint/table.ts";
import { type ByteRange, type Content, rangeHeader, type Transport } from "./transport.ts";

type FolderQuery = NonNullable<ApiQuery<"GET /repository">>;
type PutQuery = Omit<ApiQuery<"PUT /repository/content">, "path">;

/** The temporary repository of files. Paths are absolute from its own root, as `/dir/file`. */
export function repositoryCalls(transport: Transport) {
  return {
    /** One level of a folder. */
    list: (query: FolderQuery = {}) => transport.call("GET /repository", { query }),
    /** Its bytes as the body of the response, with their checksum in the header Repr-Digest. */
    read: (path: string, range?: ByteRange) =>
      transport.open("GET /repository/content", { query: { path }, headers: rangeHeader(range) }),
    write: (path: string, bytes: Content, query: PutQuery = {}) =>
      transport.call("PUT /repository/content", { query: { path, ...query }, bytes }),
  };
}
