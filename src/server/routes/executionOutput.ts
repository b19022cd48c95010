import type { ExecutionRecord, OutputInfo } from "../../model/execution.ts";
import type { NodeNumber, TaskNumber } from "../../model/id.ts";
import { PAGE_SIZE_MAX } from "../../model/limits.ts";
import { type ByteSource, chunksOf, concatenated, sourceOfBytes } from "./byteStream.ts";
import { NodeUnreachable, type ServerContext } from "./context.ts";
import { nodeBytes, nodeFileSource } from "./nodeFiles.ts";
import { Refusal, refuse } from "./refusal.ts";

export type StreamName = "stdout" | "stderr";

/** Whether an execution is not over yet. */
export function isLive(execution: ExecutionRecord): boolean {
  return execution.state !== "ended" && execution.state !== "lost";
}

/** Whether `next` was a retry in the directory of `previous`: then both wrote into the same file. */
export function continues(previous: ExecutionRecord, next: ExecutionRecord): boolean {
  const outcome = previous.result?.outcome;
  const wasRetried = outcome?.state === "exited" && outcome.exitCode !== 0;
  return (
    next.ordinal === previous.ordinal + 1 &&
    next.nodes[0] === previous.nodes[0] &&
    previous.state === "ended" &&
    previous.stopReason === null &&
    wasRetried
  );
}

/** Executions that wrote into one file, in order, up to the last. */
export type Run = readonly ExecutionRecord[];

/** The runs of a task on one node, the last one last; those whose file was emptied by a later one are in it too. */
export async function runsOn(
  context: ServerContext,
  task: TaskNumber,
  node: NodeNumber,
): Promise<Run[]> {
  const page = { limit: PAGE_SIZE_MAX, cursor: null, order: "descending" } as const;
  const { items } = await context.store.listExecutions({ task, node }, page);
  const runs: ExecutionRecord[][] = [];
  for (const execution of items.toReversed()) {
    const run = runs.at(-1);
    const previous = run?.at(-1);
    if (run !== undefined && previous !== undefined && continues(previous, execution)) {
      run.push(execution);
    } else {
      runs.push([execution]);
    }
  }
  return runs;
}

/** What the server itself has of an output; null when only the node has it. */
export async function keptSource(
  context: ServerContext,
  output: OutputInfo | undefined,
): Promise<ByteSource | null> {
  const place = output?.place;
  switch (place?.kind) {
    case undefined:
    case "node":
      return null;
    case "empty":
      return sourceOfBytes(new Uint8Array());
    case "inline":
      return sourceOfBytes(Buffer.from(place.base64, "base64"));
    case "blob":
      return await blobSource(context, place.key);
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
): Promise<ByteSource | null> {
  const sources: ByteSource[] = [];
  for (const execution of run) {
    const source = await keptSource(context, execution.result?.[stream]);
    if (source === null) return null;
    sources.push(source);
  }
  return concatenated(sources);
}

/** Where an execution's share of its run's file begins. */
export function shareOffset(run: Run, execution: ExecutionRecord, stream: StreamName): number {
  return run
    .filter((earlier) => earlier.ordinal < execution.ordinal)
    .reduce((sum, earlier) => sum + (earlier.result?.[stream].sizeBytes ?? 0), 0);
}

/** The file on the node from an offset, as long as it is now; null when the node or the file cannot be had. */
export async function fileSource(
  context: ServerContext,
  node: NodeNumber,
  path: string,
  offset: number,
  most: number,
): Promise<ByteSource | null> {
  const file = await reachable(nodeFileSource(context, node, path));
  if (file === null || file instanceof Refusal) return null;
  const sizeBytes = Math.min(Math.max(file.sizeBytes - offset, 0), most);
  const read = (from: number, length: number) =>
    nodeBytes(context, node, path, offset + from, length);
  return { sizeBytes, modifiedAt: file.modifiedAt, read };
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
