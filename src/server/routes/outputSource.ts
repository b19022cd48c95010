import type { OutputInfo } from "../../model/execution.ts";
import type { ExecutionNumber, NodeNumber } from "../../model/id.ts";
import { OUTPUT_HEAD_BYTES, OUTPUT_TAIL_BYTES } from "../../model/limits.ts";
import { type ByteSource, chunksOf, concatenated, sourceOfBytes } from "./byteStream.ts";
import { NodeUnreachable, type ServerContext } from "./context.ts";
import type { Run, StreamName } from "./executionRun.ts";
import { askNode, nodeBytes, nodeFileSource, nodeRefusal, READ_CHUNK_BYTES } from "./nodeFiles.ts";
import { bytesResponse, followResponse } from "./range.ts";
import { Refusal, refuse } from "./refusal.ts";

/** Something written, which may have lost its middle. */
export interface OutputSource extends ByteSource {
  /** Bytes that were written, with those that were dropped. */
  readonly writtenBytes: number;
  /** Where in the source is what was written at this place. */
  placeOf(written: number): number;
  /** All of it with a line in place of what was dropped; absent where no more than the bytes can be said. */
  skim?(): AsyncGenerator<Uint8Array>;
}

/** Head and tail with a line between them; without a loss, the bytes as they were written. */
function keptOutput({ sizeBytes, droppedBytes }: OutputInfo, source: ByteSource): OutputSource {
  const placeOf = (written: number): number => {
    if (droppedBytes === 0 || written <= OUTPUT_HEAD_BYTES) return written;
    const leftBytes = Math.max(sizeBytes - written, 0);
    return Math.max(OUTPUT_HEAD_BYTES, source.sizeBytes - leftBytes);
  };
  return { ...source, writtenBytes: sizeBytes, placeOf };
}

/** What the server itself has of an output; null when only the node has it. */
export async function keptSource(
  context: ServerContext,
  output: OutputInfo | undefined,
): Promise<OutputSource | null> {
  if (output === undefined) return null;
  const { place } = output;
  switch (place.kind) {
    case "node":
      return null;
    case "empty":
      return keptOutput(output, sourceOfBytes(new Uint8Array()));
    case "inline":
      return keptOutput(output, sourceOfBytes(Buffer.from(place.base64, "base64")));
    case "blob": {
      const source = await blobSource(context, place.key);
      return source === null ? null : keptOutput(output, source);
    }
  }
}

/** Null when there is no such blob. */
export async function blobSource(context: ServerContext, key: string): Promise<ByteSource | null> {
  const sizeBytes = await context.blobs.size(key);
  if (sizeBytes === null) return null;
  return {
    sizeBytes,
    modifiedAt: null,
    async *read(offset, length) {
      const stream = await context.blobs.get(key, { offset, length });
      if (stream === null) throw new Error(`The blob ${key} vanished while it was read.`);
      yield* chunksOf(stream);
    },
  };
}

/** The outputs of a run one behind the other; null when the server does not have all of them. */
export async function keptRun(
  context: ServerContext,
  run: Run,
  stream: StreamName,
): Promise<OutputSource | null> {
  const sources: OutputSource[] = [];
  for (const execution of run) {
    const source = await keptSource(context, execution.result?.[stream]);
    if (source === null) return null;
    sources.push(source);
  }
  const writtenBytes = sources.reduce((sum, source) => sum + source.writtenBytes, 0);
  const placeOf = (written: number) => placeIn(sources, written);
  return { ...concatenated(sources), writtenBytes, placeOf };
}

function placeIn(sources: readonly OutputSource[], written: number): number {
  let place = 0;
  let left = written;
  for (const source of sources) {
    if (left < source.writtenBytes) return place + source.placeOf(left);
    place += source.sizeBytes;
    left -= source.writtenBytes;
  }
  return place;
}

/** What was written behind this place. */
export async function* restFrom(source: OutputSource, written: number): AsyncGenerator<Uint8Array> {
  const place = source.placeOf(written);
  if (place < source.sizeBytes) yield* source.read(place, source.sizeBytes - place);
}

/** A share of a file on a node. */
export interface FileShare {
  readonly node: NodeNumber;
  readonly path: string;
  readonly offset: number;
  /** Null: to its end as it is now. */
  readonly sizeBytes: number | null;
  /** The execution that wrote it, or the last of them. */
  readonly execution: ExecutionNumber;
}

/** Null when the node or the file cannot be had. */
export async function fileSource(
  context: ServerContext,
  share: FileShare,
): Promise<OutputSource | null> {
  const { node, path, offset } = share;
  const file = await reachable(nodeFileSource(context, node, path));
  if (file === null || file instanceof Refusal) return null;
  const presentBytes = Math.max(file.sizeBytes - offset, 0);
  const sizeBytes = Math.min(presentBytes, share.sizeBytes ?? presentBytes);
  const source = {
    sizeBytes,
    modifiedAt: file.modifiedAt,
    writtenBytes: sizeBytes,
    placeOf: (written: number) => written,
    read: (from: number, length: number) => nodeBytes(context, node, path, offset + from, length),
  };
  // Only then may there be a hole, which reads as zeros.
  if (sizeBytes <= OUTPUT_HEAD_BYTES + OUTPUT_TAIL_BYTES) return source;
  return { ...source, skim: () => skimFile(context, share, offset + sizeBytes) };
}

async function* skimFile(
  context: ServerContext,
  { node, path, offset: start, execution }: FileShare,
  end: number,
): AsyncGenerator<Uint8Array> {
  let offset = start;
  while (offset < end) {
    const maxBytes = Math.min(READ_CHUNK_BYTES, end - offset);
    const question = {
      kind: "read",
      path,
      offset,
      maxBytes,
      waitMs: 0,
      follow: execution,
    } as const;
    const answer = await askNode(context, node, question);
    if (answer.kind === "error") throw nodeRefusal(answer, path);
    const bytes = Buffer.from(answer.base64, "base64");
    if (bytes.byteLength === 0) return;
    offset = answer.offset + bytes.byteLength;
    yield bytes;
  }
}

/** Null when the node cannot be reached. */
export async function reachable<Value>(answer: Promise<Value>): Promise<Value | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NodeUnreachable) return null;
    throw error;
  }
}

export function outputUnavailable(subject: string, nodeId: string | null): Refusal {
  if (nodeId === null) {
    const fix = "Add ?follow to wait for what it will write.";
    return refuse("TaskFilesUnavailable", `${subject} has not been placed on a node.`, fix);
  }
  return refuse(
    "TaskFilesUnavailable",
    `What ${subject} wrote was left on the node ${nodeId}, which does not have it any more or is away.`,
    "Wait for the node, or read the task's other executions: GET /api/v1/executions.",
  );
}

export const OUTPUT_TYPE = "application/octet-stream";

/** What there is now. Ranges count the bytes of the source. */
export function outputResponse(source: OutputSource, request: Request): Response {
  const { skim } = source;
  if (skim === undefined || request.headers.has("range")) return bytesResponse(source, request);
  return followResponse(skim, request, OUTPUT_TYPE);
}
