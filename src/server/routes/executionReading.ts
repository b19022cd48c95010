import type { ExecutionRecord } from "../../model/execution.ts";
import type { JobRecord } from "../../model/job.ts";
import type { TaskRecord } from "../../model/task.ts";
import { taskRootDirectory } from "../views/url.ts";
import type { ServerContext } from "./context.ts";
import type { StreamName } from "./executionRun.ts";
import { askNode, nodeRefusal, READ_CHUNK_BYTES } from "./nodeFiles.ts";
import { reachable } from "./outputSource.ts";

/** A node that has nothing new answers after this time. */
const NODE_WAIT_MS = 10_000;
/** A change that no commit announces, such as a node that comes back, is seen after this time. */
export const LOOK_AGAIN_MS = 250;

/** The file of a task's output, relative to its node's root. */
export function outputPath(job: JobRecord, task: TaskRecord, stream: StreamName): string {
  return `${taskRootDirectory(job.spec.id, task.id)}/${stream}.txt`;
}

/** How far the reader of an execution's output has come. */
export interface Reading {
  /** In the file of the task's directory. */
  offset: number;
  /** The node said that the execution writes nothing more. */
  isDrained: boolean;
}

/** The next bytes that a live execution has written; null when its node has none or cannot be asked. */
export async function readExecution(
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
