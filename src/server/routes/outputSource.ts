import type { OutputInfo } from "../../model/execution.ts";
import type { ExecutionNumber, NodeNumber } from "../../model/id.ts";
import { OUTPUT_HEAD_BYTES, OUTPUT_TAIL_BYTES } from "../../model/limits.ts";
import { type ByteSource, chunksOf, concatenated, sourceOfBytes } from "./byteStream.ts";
import { NodeUnreachable, type ServerContext } from "./context.ts";
import type { Run, StreamName } from "./executionRun.ts";
import {
  askNode,
  becameShorter,
  nodeBytes,
  nodeFileSource,
  nodeRefusal,
  READ_CHUNK_BYTES,
} from "./nodeFiles.ts";
import { begun, bytesResponse, followResponse } from "./range.ts";
import { Refusal, refuse } from "./refusal.ts";

/** Bytes of an output. */
export interface Written {
  readonly bytes: Uint8Array;
  /** How much had been written up to their end, with what was dropped. */
  readonly end: number;
}

/** Something written, which may have lost its middle. */
export interface OutputSource extends ByteSource {
  /** Bytes that were written, with those that were dropped. */
  readonly writtenBytes: number;
  /** The bytes alone would not say what was dropped: in the middle there are zeros. */
  readonly mayHaveHole: boolean;
  /** What was written behind this place, with a line in place of what was dropped. */
  rest(written: number): AsyncGenerator<Written>;
}

/** Head and tail with a line between them; without a loss, the bytes as they were written. */
function keptOutput({ sizeBytes, droppedBytes }: OutputInfo, source: ByteSource): OutputSource {
  const isWhole = (place: number) => droppedBytes === 0 || place <= OUTPUT_HEAD_BYTES;
  const placeOf = (written: number): number => {
    if (isWhole(written)) return Math.min(written, source.sizeBytes);
    const leftBytes = Math.max(sizeBytes - written, 0);
    return Math.max(OUTPUT_HEAD_BYTES, source.sizeBytes - leftBytes);
  };
  return {
    ...source,
    writtenBytes: sizeBytes,
    mayHaveHole: false,
    async *rest(written) {
      let place = placeOf(written);
      if (place >= source.sizeBytes) return;
      for await (const bytes of source.read(place, source.sizeBytes - place)) {
        place += bytes.byteLength;
        yield { bytes, end: isWhole(place) ? place : sizeBytes - (source.sizeBytes - place) };
      }
    },
  };
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
  const rest = (written: number) => restOfAll(sources, written);
  return { ...concatenated(sources), writtenBytes, mayHaveHole: false, rest };
}

async function* restOfAll(
  sources: readonly OutputSource[],
  written: number,
): AsyncGenerator<Written> {
  let before = 0;
  for (const source of sources) {
    for await (const { bytes, end } of source.rest(Math.max(written - before, 0))) {
      yield { bytes, end: before + end };
    }
    before += source.writtenBytes;
  }
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
  return {
    sizeBytes,
    modifiedAt: file.modifiedAt,
    writtenBytes: sizeBytes,
    mayHaveHole: sizeBytes > OUTPUT_HEAD_BYTES + OUTPUT_TAIL_BYTES,
    read: (from, length) => nodeBytes(context, node, path, offset + from, length),
    rest: (written) => restOfFile(context, share, written, sizeBytes),
  };
}

async function* restOfFile(
  context: ServerContext,
  { node, path, offset: start, execution }: FileShare,
  written: number,
  sizeBytes: number,
): AsyncGenerator<Written> {
  let end = written;
  while (end < sizeBytes) {
    const maxBytes = Math.min(READ_CHUNK_BYTES, sizeBytes - end);
    const offset = start + end;
    const place = { path, offset, maxBytes } as const;
    const question = { kind: "read", ...place, waitMs: 0, follow: execution } as const;
    const answer = await askNode(context, node, question);
    if (answer.kind === "error") throw nodeRefusal(answer, path);
    const bytes = Buffer.from(answer.base64, "base64");
    if (bytes.byteLength === 0) throw becameShorter(path);
    end = answer.offset + bytes.byteLength - start;
    yield { bytes, end };
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

/** Nothing has been written; with `isAtEnd` nothing ever will be. */
export function neverPlaced(subject: string, isAtEnd: boolean): Refusal {
  const message = `${subject} has not been placed on a node`;
  if (!isAtEnd) {
    const fix = "Add ?follow to wait for what it will write.";
    return refuse("TaskFilesUnavailable", `${message}.`, fix);
  }
  const fix = "Add it to a job that goes on if it is still wanted.";
  return refuse("TaskFilesUnavailable", `${message} and will not run any more.`, fix);
}

export function outputUnavailable(subject: string, nodeId: string): Refusal {
  return refuse(
    "TaskFilesUnavailable",
    `What ${subject} wrote was left on the node ${nodeId}, which does not have it any more or is away.`,
    "Wait for the node, or read the task's other executions: GET /api/v1/executions.",
  );
}

/** An agent that was connected finds a server that was started again within this time. */
const RETURN_MS = 15_000;
const LOOK_AGAIN_MS = 250;

/** For those who were reading: a node that is away just now, as all are when a server starts, is waited for. */
export async function whenAvailable<Found>(find: () => Promise<Found>): Promise<Found> {
  const until = performance.now() + RETURN_MS;
  while (true) {
    try {
      return await find();
    } catch (error) {
      const isAway = error instanceof Refusal && error.detail.code === "TaskFilesUnavailable";
      if (!isAway || performance.now() >= until) throw error;
    }
    await Bun.sleep(LOOK_AGAIN_MS);
  }
}

export const OUTPUT_TYPE = "application/octet-stream";

/** What there is now. Ranges count the bytes of the source. */
export async function outputResponse(source: OutputSource, request: Request): Promise<Response> {
  if (!source.mayHaveHole || request.headers.has("range")) {
    return await bytesResponse(source, request);
  }
  const chunks = await begun(bytesOf(source.rest(0)));
  return followResponse(() => chunks, request, OUTPUT_TYPE);
}

async function* bytesOf(written: AsyncGenerator<Written>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of written) yield bytes;
}
