import type { ExecutionRecord } from "../../model/execution.ts";
import { foldId, type TaskNumber } from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import { CommitSignal } from "./commitSignal.ts";
import type { ServerContext } from "./context.ts";
import { LOOK_AGAIN_MS, outputPath, type Reading, readExecution } from "./executionReading.ts";
import { isLive, type Run, runsOn, type StreamName } from "./executionRun.ts";
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
  keptRun,
  neverPlaced,
  OUTPUT_TYPE,
  type OutputSource,
  outputResponse,
  outputUnavailable,
  whenAvailable,
} from "./outputSource.ts";

/** Whether nothing will write here any more: the task is completed, or waits in a job that has ended. */
async function isAtEnd(context: ServerContext, { job, task }: FoundTask): Promise<boolean> {
  switch (task.progress.state) {
    case "completed":
      return true;
    case "active":
      return await hasEnded(context, job);
    case "preparing":
    case "running":
      return false;
  }
}

/** A job that is terminating starts no task any more either. */
async function hasEnded(context: ServerContext, { spec, number }: JobRecord): Promise<boolean> {
  const record = (await context.store.readJob(foldId(spec.id)))?.record;
  // Another job of that id: this one has been deleted.
  if (record?.number !== number) return true;
  return record.state === "completed" || record.state === "terminating";
}

/** A task's stdout or stderr: the file of its current or last directory, in which retries append. */
export async function taskOutput(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
  follow: boolean,
  request: Request,
): Promise<Response> {
  const isOver = await isAtEnd(context, found);
  if (!follow || (isOver && !wantsEvents(request))) {
    return await outputResponse(await taskSource(context, found, stream), request);
  }
  context.keepOpen(request);
  const cursor = await cursorAt(context, found.task.number, lastPlace(request));
  // A refusal is to be one, rather than a stream that breaks.
  if (isOver) await restSource(context, found, stream, cursor);
  return piecesResponse(() => followTask(context, found, stream, cursor), request, OUTPUT_TYPE);
}

async function taskSource(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
): Promise<OutputSource> {
  const { task } = found;
  const { node, nodeId } = task.progress;
  const subject = `the task ${task.id}`;
  if (node === null || nodeId === null) throw neverPlaced(subject, await isAtEnd(context, found));
  const run = (await runsOn(context, task.number, node)).at(-1) ?? [];
  const kept = run.some(isLive) ? null : await keptRun(context, run, stream);
  if (kept !== null) return kept;
  const path = outputPath(found.job, task, stream);
  const execution = task.progress.execution ?? 0;
  const file = await fileSource(context, { node, path, offset: 0, sizeBytes: null, execution });
  if (file === null) throw outputUnavailable(subject, nodeId);
  return file;
}

/** How far a follower of a task has come. */
interface Cursor extends Reading {
  /** The execution that was read last; null before the first. */
  execution: ExecutionRecord | null;
}

async function cursorAt(
  context: ServerContext,
  task: TaskNumber,
  place: Place | null,
): Promise<Cursor> {
  if (place === null) return { execution: null, offset: 0, isDrained: false };
  const execution = await context.store.readExecution(place.execution);
  if (execution?.task !== task) throw unknownPlace(place);
  return { execution, offset: place.offset, isDrained: false };
}

/** Everything that is written until the task is completed, over retries, requeues and absences of the node. */
async function* followTask(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
  cursor: Cursor,
): AsyncGenerator<Piece> {
  const commits = new CommitSignal(context.events);
  try {
    while (true) {
      const seen = commits.count;
      const [task] = await context.store.readTasksByNumber([found.task.number]);
      if (task === undefined) return;
      const now = { job: found.job, task };
      yield* moveOn(context, now, stream, cursor);
      if (await isAtEnd(context, now)) {
        if (cursor.execution === null) return;
        const source = await restSource(context, now, stream, cursor);
        if (source !== null) yield* restOf(source, cursor);
        return;
      }
      const bytes = await readOn(context, now, stream, cursor);
      if (bytes === null) await commits.after(seen, LOOK_AGAIN_MS);
      else yield* pieceBehind(bytes, cursor);
    }
  } finally {
    commits.close();
  }
}

/** Bytes that the cursor has just passed. */
function* pieceBehind(bytes: Uint8Array, { execution, offset }: Cursor): Generator<Piece> {
  if (execution !== null) yield { bytes, end: { execution: execution.number, offset } };
}

async function* restOf(source: OutputSource, cursor: Cursor): AsyncGenerator<Piece> {
  for await (const { bytes, end } of source.rest(cursor.offset)) {
    cursor.offset = end;
    yield* pieceBehind(bytes, cursor);
  }
}

/** The next bytes of the current execution; null when there is nothing to be had just now. */
async function readOn(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
  cursor: Cursor,
): Promise<Uint8Array | null> {
  const { execution } = cursor;
  if (execution === null || cursor.isDrained || !isLive(execution)) return null;
  return await readExecution(context, execution, outputPath(found.job, found.task, stream), cursor);
}

/**
 * Puts the cursor on the task's execution: behind what was read if it writes on in the same file. If it does not, what is
 * kept of the file before comes first.
 */
async function* moveOn(
  context: ServerContext,
  { task }: FoundTask,
  stream: StreamName,
  cursor: Cursor,
): AsyncGenerator<Piece> {
  const number = task.progress.execution;
  const execution = number === null ? null : await context.store.readExecution(number);
  if (execution === null) return;
  const before = cursor.execution;
  if (before !== null && before.number !== number) {
    const run = await runOf(context, before);
    if (!run.some((other) => other.number === number)) {
      const kept = cursor.isDrained ? null : await keptRun(context, run, stream);
      if (kept !== null) yield* restOf(kept, cursor);
      cursor.offset = 0;
    }
    cursor.isDrained = false;
  }
  cursor.execution = execution;
}

/** All that wrote into the same file as this one. */
async function runOf(context: ServerContext, execution: ExecutionRecord): Promise<Run> {
  const [node] = execution.nodes;
  if (node === undefined) return [];
  const runs = await runsOn(context, execution.task, node);
  return runs.find((run) => run.some(({ number }) => number === execution.number)) ?? [];
}

/** Where the rest of what a completed task wrote can be read; null when nothing is left. */
async function restSource(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
  cursor: Cursor,
): Promise<OutputSource | null> {
  const { execution } = cursor;
  if (execution === null) return await taskSource(context, found, stream);
  if (execution.number === found.task.progress.execution) {
    if (
      cursor.isDrained ||
      cursor.offset >= writtenBytes(await runOf(context, execution), stream)
    ) {
      return null;
    }
  }
  return await whenAvailable(() => taskSource(context, found, stream));
}

/** Infinite as long as nobody can say. */
function writtenBytes(run: Run, stream: StreamName): number {
  const sizes = run.map(({ result }) => result?.[stream].sizeBytes ?? Number.POSITIVE_INFINITY);
  return sizes.reduce((sum, size) => sum + size, 0);
}
