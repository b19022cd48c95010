import type { ExecutionRecord } from "../../model/execution.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import { taskRootDirectory } from "../views/url.ts";
import type { ByteSource } from "./byteStream.ts";
import { CommitSignal } from "./commitSignal.ts";
import type { ServerContext } from "./context.ts";
import {
  continues,
  fileSource,
  isLive,
  keptRun,
  keptSource,
  outputUnavailable,
  reachable,
  runsOn,
  type StreamName,
  shareOffset,
} from "./executionOutput.ts";
import type { FoundTask } from "./lookup.ts";
import { askNode, nodeRefusal, READ_CHUNK_BYTES } from "./nodeFiles.ts";
import { bytesResponse, followResponse } from "./range.ts";

/** A node that has nothing new answers after this time. */
const NODE_WAIT_MS = 10_000;
/** A change that no commit announces, such as a node that comes back, is seen after this time. */
const LOOK_AGAIN_MS = 250;

function pathOf({ job, task }: FoundTask, stream: StreamName): string {
  return `${taskRootDirectory(job.spec.id, task.id)}/${stream}.txt`;
}

const CONTENT_TYPE = "application/octet-stream";

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
    return followResponse(() => followTask(context, found, stream), request, CONTENT_TYPE);
  }
  return bytesResponse(await taskSource(context, found, stream), request);
}

async function taskSource(
  context: ServerContext,
  found: FoundTask,
  stream: StreamName,
): Promise<ByteSource> {
  const { task } = found;
  const { node, nodeId } = task.progress;
  const subject = `the task ${task.id}`;
  if (node === null) throw outputUnavailable(subject, null);
  const run = (await runsOn(context, task.number, node)).at(-1) ?? [];
  const kept = run.some(isLive) ? null : await keptRun(context, run, stream);
  if (kept !== null) return kept;
  const path = pathOf(found, stream);
  const file = await fileSource(context, node, path, 0, Number.MAX_SAFE_INTEGER);
  if (file === null) throw outputUnavailable(subject, nodeId);
  return file;
}

/** How far a follower has come. */
interface Cursor {
  /** The execution that was read last; null before the first. */
  execution: ExecutionRecord | null;
  /** In the file of its directory. */
  offset: number;
  /** The node said that this execution writes nothing more. */
  isDrained: boolean;
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
  return await readExecution(context, execution, pathOf(found, stream), cursor);
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

interface Reading {
  offset: number;
  isDrained: boolean;
}

/** The next bytes that a live execution has written; null when its node has none or cannot be asked. */
async function readExecution(
  context: ServerContext,
  execution: ExecutionRecord,
  path: string,
  reading: Reading,
): Promise<Uint8Array | null> {
  const [node] = execution.nodes;
  if (node === undefined) return null;
  const answer = await reachable(
    askNode(context, node, {
      kind: "read",
      path,
      offset: reading.offset,
      maxBytes: READ_CHUNK_BYTES,
      waitMs: NODE_WAIT_MS,
      follow: execution.number,
    }),
  );
  if (answer === null) return null;
  if (answer.kind === "error") {
    // Before the process starts there is no file.
    if (answer.code === "PathNotFound") return null;
    throw nodeRefusal(answer, path);
  }
  const bytes = Buffer.from(answer.base64, "base64");
  reading.offset = answer.offset + bytes.byteLength;
  if (bytes.byteLength > 0) return bytes;
  reading.isDrained = answer.final;
  return null;
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
  const left = source.sizeBytes - cursor.offset;
  if (left > 0) yield* source.read(cursor.offset, left);
}

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
    return followResponse(chunks, request, CONTENT_TYPE);
  }
  return bytesResponse(await executionSource(context, found, stream), request);
}

type FoundExecution = FoundTask & { readonly execution: ExecutionRecord };

async function executionSource(
  context: ServerContext,
  found: FoundExecution,
  stream: StreamName,
): Promise<ByteSource> {
  const { execution, task } = found;
  const output = execution.result?.[stream];
  const kept = await keptSource(context, output);
  if (kept !== null) return kept;
  const offset = await ownOffset(context, task, execution, stream);
  const [node] = execution.nodes;
  const most = output?.sizeBytes ?? Number.MAX_SAFE_INTEGER;
  const path = pathOf(found, stream);
  const file =
    offset === null || node === undefined
      ? null
      : await fileSource(context, node, path, offset, most);
  if (file !== null) return file;
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
        const read = reading.offset - start;
        if (source.sizeBytes > read) yield* source.read(read, source.sizeBytes - read);
        return;
      }
      const bytes = reading.isDrained
        ? null
        : await readExecution(context, execution, pathOf(found, stream), reading);
      if (bytes !== null) yield bytes;
      else await commits.after(seen, LOOK_AGAIN_MS);
    }
  } finally {
    commits.close();
  }
}
