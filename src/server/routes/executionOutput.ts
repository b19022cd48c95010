import type { ExecutionRecord } from "../../model/execution.ts";
import type { TaskRecord } from "../../model/task.ts";
import { CommitSignal } from "./commitSignal.ts";
import type { ServerContext } from "./context.ts";
import { LOOK_AGAIN_MS, outputPath, type Reading, readExecution } from "./executionReading.ts";
import { isLive, runsOn, type StreamName, shareOffset } from "./executionRun.ts";
import type { FoundTask } from "./lookup.ts";
import {
  fileSource,
  keptSource,
  OUTPUT_TYPE,
  type OutputSource,
  outputResponse,
  outputUnavailable,
  restFrom,
} from "./outputSource.ts";
import { followResponse } from "./range.ts";

/** One execution's own share of its task's file. */
export async function executionOutput(
  context: ServerContext,
  found: FoundTask & { readonly execution: ExecutionRecord },
  stream: StreamName,
  follow: boolean,
  request: Request,
): Promise<Response> {
  if (follow && isLive(found.execution)) {
    context.keepOpen(request);
    const chunks = () => followExecution(context, found, stream);
    return followResponse(chunks, request, OUTPUT_TYPE);
  }
  return outputResponse(await executionSource(context, found, stream), request);
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

async function* followExecution(
  context: ServerContext,
  found: FoundExecution,
  stream: StreamName,
): AsyncGenerator<Uint8Array> {
  const start = await ownOffset(context, found.task, found.execution, stream);
  if (start === null) return;
  const reading: Reading = { offset: start, isDrained: false };
  const commits = new CommitSignal(context.events);
  try {
    while (true) {
      const seen = commits.count;
      const execution = await context.store.readExecution(found.execution.number);
      if (execution === null) return;
      if (!isLive(execution)) {
        if (reading.isDrained) return;
        const source = await executionSource(context, { ...found, execution }, stream);
        yield* restFrom(source, reading.offset - start);
        return;
      }
      const bytes = reading.isDrained
        ? null
        : await readExecution(
            context,
            execution,
            outputPath(found.job, found.task, stream),
            reading,
          );
      if (bytes !== null) yield bytes;
      else await commits.after(seen, LOOK_AGAIN_MS);
    }
  } finally {
    commits.close();
  }
}
