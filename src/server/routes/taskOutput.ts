import type { ExecutionRecord } from "../../model/execution.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import { CommitSignal } from "./commitSignal.ts";
import type { ServerContext } from "./context.ts";
import { LOOK_AGAIN_MS, outputPath, type Reading, readExecution } from "./executionReading.ts";
import { continues, isLive, runsOn, type StreamName } from "./executionRun.ts";
import type { FoundTask } from "./lookup.ts";
import {
  fileSource,
  keptRun,
  OUTPUT_TYPE,
  type OutputSource,
  outputResponse,
  outputUnavailable,
  restFrom,
} from "./outputSource.ts";
import { followResponse } from "./range.ts";

/** A task's stdout or stderr: the file of its current or last directory, in which retries append. */
export async function taskOutput(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
  follow: boolean,
  request: Request,
): Promise<Response> {
  if (follow && found.task.progress.state !== "completed") {
    context.keepOpen(request);
    return followResponse(() => followTask(context, found, stream), request, OUTPUT_TYPE);
  }
  return outputResponse(await taskSource(context, found, stream), request);
}

async function taskSource(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
): Promise<OutputSource> {
  const { task } = found;
  const { node, nodeId } = task.progress;
  const subject = `the task ${task.id}`;
  if (node === null) throw outputUnavailable(subject, null);
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

/** Everything that is written until the task is completed, over retries, requeues and absences of the node. */
async function* followTask(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
): AsyncGenerator<Uint8Array> {
  const cursor: Cursor = { execution: null, offset: 0, isDrained: false };
  const commits = new CommitSignal(context.events);
  try {
    while (true) {
      const seen = commits.count;
      const [task] = await context.store.readTasksByNumber([found.task.number]);
      if (task === undefined) return;
      const now = { job: found.job, task };
      if (task.progress.state === "completed") {
        yield* restOf(context, now, stream, cursor);
        return;
      }
      const read = await readOn(context, now, stream, cursor);
      if (read !== null) yield read;
      else await commits.after(seen, LOOK_AGAIN_MS);
    }
  } finally {
    commits.close();
  }
}

/** The next bytes of the current execution; null when there is nothing to be had just now. */
async function readOn(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
  cursor: Cursor,
): Promise<Uint8Array | null> {
  await moveTo(context, found.task.progress.execution, cursor);
  const { execution } = cursor;
  if (execution === null || cursor.isDrained || !isLive(execution)) return null;
  return await readExecution(context, execution, outputPath(found.job, found.task, stream), cursor);
}

/** Puts the cursor on the task's execution: behind what was read if it writes on in the same file. */
async function moveTo(
  context: ServerContext,
  number: ExecutionNumber | null,
  cursor: Cursor,
): Promise<void> {
  if (number === null) return;
  const execution = await context.store.readExecution(number);
  if (execution === null) return;
  const before = cursor.execution;
  cursor.execution = execution;
  if (before?.number === number) return;
  cursor.isDrained = false;
  if (before === null) return;
  const previous = await context.store.readExecution(before.number);
  if (previous === null || !continues(previous, execution)) cursor.offset = 0;
}

/** What a completed task wrote beyond the cursor. */
async function* restOf(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
  cursor: Cursor,
): AsyncGenerator<Uint8Array> {
  if (found.task.progress.execution === null) return;
  const isSame = cursor.execution?.number === found.task.progress.execution;
  if (isSame && cursor.isDrained) return;
  await moveTo(context, found.task.progress.execution, cursor);
  const source = await taskSource(context, found, stream);
  yield* restFrom(source, cursor.offset);
}
