import type { ScriptSource } from "../../model/fleet/run.ts";
import {
  FILE_TOKENS_HEADER,
  NODE_FILE_PATH,
  NODE_OUTPUT_PATH,
  NODE_SCRIPT_PATH,
  SERVER_TIME_HEADER,
} from "../../protocol/node/message.ts";
import type { BlobStore } from "../../store/blobStore.ts";
import type { Store } from "../../store/store.ts";
import type { FileTokens } from "../access/fileTokens.ts";
import { scriptKey } from "../fleet/scripts.ts";
import { isRecent, isSignedBy, parseNodeAuthorization } from "./nodeKeys.ts";

interface TransferParts {
  readonly store: Pick<Store, "readNodeKey" | "setOutputPlace">;
  readonly blobs: BlobStore;
  /** What the machine's clock says. */
  readonly wallTime: () => number;
  /** The engine's time. */
  readonly time: () => number;
  /** The job of an execution that is, or was, this node's; null: it is not its own. */
  readonly jobOfOwn: (guid: string, execution: number) => Promise<number | null>;
  /** The script that the node is to run; null: it has no such execution, or that is over. */
  readonly scriptOf: (guid: string, execution: number) => Promise<ScriptSource | null>;
  readonly fileTokens: Pick<FileTokens, "issue">;
}

/** Where the larger output of an execution lies in the blob store. */
function outputKey(job: number, execution: number, stream: "stdout" | "stderr"): string {
  return `${outputPrefix(job)}${execution}/${stream}`;
}

/** What all outputs of a job begin with. */
function outputPrefix(job: number): string {
  return `outputs/${job}/`;
}

const REMOVED_AT_ONCE = 1_000;

/** The larger output of a job's executions goes with the job. */
export async function removeOutputs(blobs: BlobStore, job: number): Promise<void> {
  for (;;) {
    const some = await blobs.list(outputPrefix(job), null, REMOVED_AT_ONCE);
    for (const { key } of some) await blobs.remove(key);
    if (some.length < REMOVED_AT_ONCE) return;
  }
}

/** Files of the server's file store, as the API's `/files` has them. */
export const FILE_STORE_PREFIX = "files/";

/** The guid of the node that signed the request; null when none did. */
async function signerOf(
  request: Request,
  path: string,
  parts: TransferParts,
): Promise<string | null> {
  const given = parseNodeAuthorization(request.headers.get("authorization"));
  if (given === null || !isRecent(given.timestamp, parts.wallTime())) return null;
  const key = await parts.store.readNodeKey(given.guid);
  if (key === null || key.revokedAt !== null) return null;
  const text = `${given.guid}:${given.timestamp}:${request.method}:${path}`;
  return (await isSignedBy(key.publicKey, given.signature, text)) ? given.guid : null;
}

/** Does one kind of transfer for the node that signed the request. */
type Transfer = (
  request: Request,
  path: string,
  guid: string,
  parts: TransferParts,
) => Promise<Response>;

const TRANSFERS: readonly (readonly [path: string, transfer: Transfer])[] = [
  [NODE_OUTPUT_PATH, upload],
  [NODE_FILE_PATH, (_request, path, _guid, parts) => download(path, parts)],
  [NODE_SCRIPT_PATH, (_request, path, guid, parts) => script(path, guid, parts)],
];

/** Uploads of larger output, downloads of resource files and of scripts by nodes; null: another path. */
export async function nodeTransfer(
  request: Request,
  path: string,
  parts: TransferParts,
): Promise<Response | null> {
  const transfer = TRANSFERS.find(([base]) => path.startsWith(`${base}/`))?.[1];
  if (transfer === undefined) return null;
  const guid = await signerOf(request, path, parts);
  const response =
    guid === null
      ? Response.json({ error: { code: "AuthenticationFailed" } }, { status: 401 })
      : await transfer(request, path, guid, parts);
  response.headers.set(SERVER_TIME_HEADER, String(parts.time()));
  return response;
}

async function upload(
  request: Request,
  path: string,
  guid: string,
  parts: TransferParts,
): Promise<Response> {
  const match = /\/(\d{1,15})\/(stdout|stderr)$/.exec(path);
  const execution = Number(match?.[1]);
  const stream = match?.[2];
  if (request.method !== "PUT" || (stream !== "stdout" && stream !== "stderr")) {
    return Response.json({ error: { code: "ResourceNotFound" } }, { status: 404 });
  }
  const job = await parts.jobOfOwn(guid, execution);
  if (job === null) {
    return Response.json({ error: { code: "ExecutionNotFound" } }, { status: 404 });
  }
  const key = outputKey(job, execution, stream);
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

async function script(path: string, guid: string, parts: TransferParts): Promise<Response> {
  const execution = Number(/\/(\d{1,15})$/.exec(path)?.[1]);
  const source = await parts.scriptOf(guid, execution);
  const key = source === null ? null : scriptKey(source.sha256);
  if (source === null || key === null) {
    return Response.json({ error: { code: "ExecutionNotFound" } }, { status: 404 });
  }
  const content = await parts.blobs.get(key, { offset: 0, length: null });
  if (content === null) {
    return Response.json({ error: { code: "ScriptNotFound" } }, { status: 404 });
  }
  // Their time counts from here: the node fills the script and starts it.
  const tokens = parts.fileTokens.issue(execution, source.words);
  return new Response(content, {
    headers: {
      "content-type": "application/octet-stream",
      [FILE_TOKENS_HEADER]: JSON.stringify(tokens),
    },
  });
}
