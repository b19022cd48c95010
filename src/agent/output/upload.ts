import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { OutputInfo } from "../../model/execution.ts";
import { OUTPUT_HEAD_BYTES } from "../../model/limits.ts";
import { NODE_OUTPUT_PATH } from "../../protocol/node/message.ts";
import { codeOf } from "../files/open.ts";
import { authorization, type NodeKey } from "../identity.ts";
import { newBackoff } from "../link/backoff.ts";
import type { AgentLogger } from "../options.ts";
import { gapNote } from "./share.ts";

export interface UploaderOptions {
  readonly serverUrl: string;
  readonly key: NodeKey;
  readonly logger: AgentLogger;
  readonly signal: AbortSignal;
}

export interface Upload {
  readonly execution: number;
  readonly stream: "stdout" | "stderr";
  readonly path: string;
  /** Where the share begins in the file. */
  readonly offset: number;
  readonly output: OutputInfo;
  /** Asked before each attempt: the files may have been given up meanwhile. */
  isWanted(): boolean;
}

const CHUNK_BYTES = 256 * 1024;
/** More would only take the server's and the disk's attention from each other. */
const UPLOADS_AT_ONCE = 2;
/** Answers that another attempt would not change. */
const FINAL_STATUSES = new Set([400, 404, 409, 410, 413]);

/** Brings larger output to the server, a few at a time, and tries until the server has it. */
export class Uploader {
  readonly #options: UploaderOptions;
  readonly #waiting: { upload: Upload; onDone: () => void }[] = [];
  #running = 0;

  constructor(options: UploaderOptions) {
    this.#options = options;
  }

  add(upload: Upload, onDone: () => void): void {
    this.#waiting.push({ upload, onDone });
    void this.#next();
  }

  async #next(): Promise<void> {
    if (this.#running >= UPLOADS_AT_ONCE) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#running += 1;
    if (await this.#untilAccepted(next.upload)) next.onDone();
    this.#running -= 1;
    void this.#next();
  }

  /** True when nothing is left to be done about it; false when the agent stops first. */
  async #untilAccepted(upload: Upload): Promise<boolean> {
    const { logger, signal } = this.#options;
    const { execution, stream } = upload;
    const backoff = newBackoff();
    for (let attempt = 1; ; attempt += 1) {
      if (signal.aborted || !upload.isWanted()) return false;
      const failure = await this.#attempt(upload).catch(failureOf);
      if (failure === null) return true;
      if (failure.isFinal) {
        logger.error(
          { execution, stream, reason: failure.reason },
          "Output could not be uploaded.",
        );
        return true;
      }
      if (attempt === 1) {
        logger.warn(
          { execution, stream, reason: failure.reason },
          "An upload failed; trying again.",
        );
      }
      await Bun.sleep(backoff.nextMs());
    }
  }

  async #attempt(upload: Upload): Promise<Failure | null> {
    const { serverUrl, key, signal } = this.#options;
    const { execution, stream, path, offset, output } = upload;
    const pathname = `${NODE_OUTPUT_PATH}/${execution}/${stream}`;
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const response = await fetch(serverUrl.replace(/\/+$/, "") + pathname, {
        method: "PUT",
        headers: { authorization: await authorization(key, "PUT", pathname) },
        body: streamOf(shareBytes(file, offset, output)),
        redirect: "error",
        signal,
      });
      if (response.ok) return null;
      const reason = `${response.status} ${(await response.text()).slice(0, 500)}`;
      return { reason, isFinal: FINAL_STATUSES.has(response.status) };
    } finally {
      await file.close();
    }
  }
}

interface Failure {
  readonly reason: string;
  readonly isFinal: boolean;
}

/** A file that is not there any more will not come back. */
function failureOf(error: unknown): Failure {
  return { reason: String(error), isFinal: codeOf(error) === "ENOENT" };
}

/** Head, a line about what was dropped, tail; or the share as a whole. */
async function* shareBytes(
  file: FileHandle,
  offset: number,
  { sizeBytes, droppedBytes }: OutputInfo,
): AsyncGenerator<Uint8Array> {
  if (droppedBytes === 0) {
    yield* rangeBytes(file, offset, sizeBytes);
    return;
  }
  yield* rangeBytes(file, offset, OUTPUT_HEAD_BYTES);
  yield Buffer.from(gapNote(droppedBytes));
  const tail = OUTPUT_HEAD_BYTES + droppedBytes;
  yield* rangeBytes(file, offset + tail, sizeBytes - tail);
}

async function* rangeBytes(
  file: FileHandle,
  offset: number,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < sizeBytes; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes - done));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, offset + done);
    // The task has cut its own output; what is there is what there is.
    if (bytesRead === 0) return;
    done += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
