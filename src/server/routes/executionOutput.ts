import type { ExecutionRecord } from "../../model/execution.ts";
import type { TaskRecord } from "../../model/task.ts";
import { CommitSignal } from "./commitSignal.ts";
import type { ServerContext } from "./context.ts";
import { LOOK_AGAIN_MS, outputPath, type Reading, readExecution } from "./executionReading.ts";
import { isLive, runsOn, type StreamName, shareOffset } from "./executionRun.ts";
import {
  lastPlace,
  type Piece,
  type Place,
  piecesResponse,
  unknownPlace,
  wantsEvents,
} from "./followedOutput.ts";
import type { FoundTask } from "./lookup.ts";
import {
  fileSource,
  keptSource,
  OUTPUT_TYPE,
  type OutputSource,
  outputResponse,
  outputUnavailable,
  whenAvailable,
} from "./outputSource.ts";

/** One execution's own share of its task's file. */
export async function executionOutput(
  context: ServerContext,
  found: FoundExecution,
  stream: StreamName,
  follow: boolean,
  request: Request,
): Promise<Response> {
  const isWhole = !isLive(found.execution) && !wantsEvents(request);
  if (!follow || isWhole)
    return await outputResponse(await executionSource(context, found, stream), request);
  context.keepOpen(request);
  const from = lastPlace(request);
  if (from !== null && from.execution !== found.execution.number) throw unknownPlace(from);
  // A refusal is to be one, rather than a stream that breaks.
  if (!isLive(found.execution)) await restSource(context, found, stream, from?.offset ?? null);
  return piecesResponse(() => followExecution(context, found, stream, from), request, OUTPUT_TYPE);
}

type FoundExecution = FoundTask & { readonly execution: ExecutionRecord };

async function executionSource(
  context: ServerContext,
  found: FoundExecution,
  stream: StreamName,
): Promise<OutputSource> {
  const { execution, task } = found;
  const output = execution.result?.[stream];
  const kept = await keptSource(context, output);
  if (kept !== null) return kept;
  const offset = await ownOffset(context, task, execution, stream);
  const [node] = execution.nodes;
  if (offset !== null && node !== undefined) {
    const path = outputPath(found.job, task, stream);
    const sizeBytes = output?.sizeBytes ?? null;
    const share = { node, path, offset, sizeBytes, execution: execution.number };
    const file = await fileSource(context, share);
    if (file !== null) return file;
  }
  throw outputUnavailable(`the execution ${execution.number}`, execution.nodeId);
}

/** Where its share begins; null when a later execution has emptied the file. */
async function ownOffset(
  context: ServerContext,
  task: TaskRecord,
  execution: ExecutionRecord,
  stream: StreamName,
): Promise<number | null> {
  const [node] = execution.nodes;
  if (node === undefined) return null;
  const run = (await runsOn(context, task.number, node)).at(-1) ?? [];
  const isInRun = run.some(({ number }) => number === execution.number);
  return isInRun ? shareOffset(run, execution, stream) : null;
}

/** Where what an execution wrote beyond a place can be read; null when nothing is left. A null place is nobody's yet. */
async function restSource(
  context: ServerContext,
  found: FoundExecution,
  stream: StreamName,
  written: number | null,
): Promise<OutputSource | null> {
  if (written === null) return await executionSource(context, found, stream);
  const sizeBytes = found.execution.result?.[stream].sizeBytes;
  if (sizeBytes !== undefined && written > 0 && written >= sizeBytes) return null;
  return await whenAvailable(() => executionSource(context, found, stream));
}

async function* followExecution(
  context: ServerContext,
  found: FoundExecution,
  stream: StreamName,
  from: Place | null,
): AsyncGenerator<Piece> {
  const start = await ownOffset(context, found.task, found.execution, stream);
  const reading: Reading = { offset: (start ?? 0) + (from?.offset ?? 0), isDrained: false };
  const pieceOf = (bytes: Uint8Array, offset: number): Piece => ({
    bytes,
    end: { execution: found.execution.number, offset },
  });
  const commits = new CommitSignal(context.events);
  try {
    while (true) {
      const seen = commits.count;
      const execution = await context.store.readExecution(found.execution.number);
      if (execution === null) return;
      if (!isLive(execution)) {
        if (reading.isDrained) return;
        const written = reading.offset - (start ?? 0);
        const source = await restSource(context, { ...found, execution }, stream, written);
        if (source === null) return;
        for await (const { bytes, end } of source.rest(written)) yield pieceOf(bytes, end);
        return;
      }
      if (start === null) return;
      const path = outputPath(found.job, found.task, stream);
      const bytes = reading.isDrained
        ? null
        : await readExecution(context, execution, path, reading);
      if (bytes !== null) yield pieceOf(bytes, reading.offset - start);
      else await commits.after(seen, LOOK_AGAIN_MS);
    }
  } finally {
    commits.close();
  }
}
