import { NODE_FILE_PATH, NODE_OUTPUT_PATH } from "../../protocol/node/message.ts";
import type { BlobStore } from "../../store/blobStore.ts";
import type { Store } from "../../store/store.ts";
import { isRecent, isSignedBy, parseNodeAuthorization } from "./nodeKeys.ts";

interface TransferParts {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly clock: () => number;
}

/** Where the larger output of an execution lies in the blob store. */
export function outputKey(execution: number, stream: "stdout" | "stderr"): string {
  return `outputs/${Math.floor(execution / 1000)}/${execution}/${stream}`;
}

/** Files of the server's file store, as the API's `/files` has them. */
export const FILE_STORE_PREFIX = "files/";

async function isAllowed(request: Request, path: string, parts: TransferParts): Promise<boolean> {
  const given = parseNodeAuthorization(request.headers.get("authorization"));
  if (given === null || !isRecent(given.timestamp, parts.clock())) return false;
  const key = await parts.store.readNodeKey(given.guid);
  if (key === null || key.revokedAt !== null) return false;
  const text = `${given.guid}:${given.timestamp}:${request.method}:${path}`;
  return isSignedBy(key.publicKey, given.signature, text);
}

/** Uploads of larger output and downloads of resource files by nodes; null: another path. */
export async function nodeTransfer(
  request: Request,
  path: string,
  parts: TransferParts,
): Promise<Response | null> {
  const isUpload = path.startsWith(`${NODE_OUTPUT_PATH}/`);
  if (!isUpload && !path.startsWith(`${NODE_FILE_PATH}/`)) return null;
  if (!(await isAllowed(request, path, parts))) {
    return Response.json({ error: { code: "AuthenticationFailed" } }, { status: 401 });
  }
  return isUpload ? upload(request, path, parts) : download(path, parts);
}

async function upload(request: Request, path: string, parts: TransferParts): Promise<Response> {
  const match = /\/(\d{1,15})\/(stdout|stderr)$/.exec(path);
  const execution = Number(match?.[1]);
  const stream = match?.[2];
  if (request.method !== "PUT" || (stream !== "stdout" && stream !== "stderr")) {
    return Response.json({ error: { code: "ResourceNotFound" } }, { status: 404 });
  }
  const key = outputKey(execution, stream);
  await parts.blobs.put(key, request.body ?? new Blob([]).stream());
  await parts.store.setOutputPlace(execution, stream, key);
  return new Response(null, { status: 204 });
}

async function download(path: string, parts: TransferParts): Promise<Response> {
  const name = decodeURIComponent(path.slice(NODE_FILE_PATH.length + 1));
  const content = await parts.blobs.get(`${FILE_STORE_PREFIX}${name}`, { offset: 0, length: null });
  if (content === null) return Response.json({ error: { code: "FileNotFound" } }, { status: 404 });
  return new Response(content, { headers: { "content-type": "application/octet-stream" } });
}
