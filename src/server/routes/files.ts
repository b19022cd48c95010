import { PAGE_SIZE_DEFAULT } from "../../model/limits.ts";
import { isoTime } from "../../model/time.ts";
import { isStorePath } from "../../protocol/api/command.ts";
import { API_BASE } from "../../protocol/api/endpoint/endpoint.ts";
import type { FILE_ENDPOINTS } from "../../protocol/api/endpoint/system.ts";
import { type BlobStore, BlobStoreError } from "../../store/blobStore.ts";
import { escapePath } from "../views/url.ts";
import type { HandlersOf } from "./call.ts";
import type { ServerContext } from "./context.ts";
import { blobSource } from "./outputSource.ts";
import { bytesResponse } from "./range.ts";
import { refuse } from "./refusal.ts";

/** Keys of the file store in the blob store; outputs of executions lie beside it. */
const FILES_PREFIX = "files/";

/** The blob of a file of the file store. Throws PathRefused for a path that can be none. */
export function fileKey(path: string): string {
  if (isStorePath(path)) return FILES_PREFIX + path;
  throw refuse(
    "PathRefused",
    `Expected a path of segments of A-Z a-z 0-9 . _ - and got ${JSON.stringify(path)}.`,
    "Rename the file.",
    { field: "path", given: path },
  );
}

function fileUrl(path: string): string {
  return `${API_BASE}/files/${escapePath(path)}`;
}

function fileNotFound(path: string) {
  return refuse(
    "FileNotFound",
    `There is no file ${path} in the file store.`,
    "See the files with GET /api/v1/files.",
  );
}

async function putFile(blobs: BlobStore, path: string, content: ReadableStream<Uint8Array>) {
  try {
    return await blobs.put(fileKey(path), content);
  } catch (error) {
    if (!(error instanceof BlobStoreError) || error.code !== "conflict") throw error;
    throw refuse(
      "PathRefused",
      `Expected ${path} to be a file below folders, and a part of it is used as the other.`,
      "Give the file another path.",
      { field: "path", given: path },
    );
  }
}

export function fileHandlers(context: ServerContext): HandlersOf<typeof FILE_ENDPOINTS> {
  const { blobs } = context;
  return {
    "GET /files": async ({ query }) => {
      const limit = query.limit ?? PAGE_SIZE_DEFAULT;
      const after = query.cursor === undefined ? null : FILES_PREFIX + query.cursor;
      const found = await blobs.list(FILES_PREFIX + (query.prefix ?? ""), after, limit);
      const items = found.map(({ key, sizeBytes, modifiedAt }) => {
        const path = key.slice(FILES_PREFIX.length);
        return { path, url: fileUrl(path), sizeBytes, lastModified: isoTime(modifiedAt) };
      });
      const last = items.at(-1);
      return items.length < limit || last === undefined ? { items } : { items, cursor: last.path };
    },
    "GET /files/{path*}": async ({ parameters, request }) => {
      const source = await blobSource(context, fileKey(parameters.path));
      if (source === null) throw fileNotFound(parameters.path);
      return await bytesResponse(source, request);
    },
    "PUT /files/{path*}": async ({ parameters, request }) => {
      const { path } = parameters;
      const content = request.body ?? new Blob([]).stream();
      const sizeBytes = await putFile(blobs, path, content);
      await context.audit.done({ sizeBytes });
      return { path, url: fileUrl(path), sizeBytes };
    },
    "DELETE /files/{path*}": async ({ parameters }) => {
      const key = fileKey(parameters.path);
      if ((await blobs.size(key)) === null) throw fileNotFound(parameters.path);
      await blobs.remove(key);
      await context.audit.done();
      return undefined;
    },
  };
}
