import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { codeOf } from "../files/open.ts";
import type { AgentLogger } from "../options.ts";
import { nextHole, punchHole } from "../platform/libc.ts";

/** One stream of a member: the file that its processes append to, and the files that people read. */
export interface RotatedOutput {
  /** Only the agent and its shim get at it. */
  readonly spoolPath: string;
  /** Of the files `NAME.0`, `NAME.1`, ...: the highest number is the newest. */
  readonly directory: string;
  readonly name: string;
  readonly maxFiles: number;
  readonly maxFileBytes: number;
}

const LOOK_MS = 250;
/** Copied in one go, so that one talkative member does not hold up the others. */
const SHARE_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const BLOCK_BYTES = 4096;
const READ_FLAGS = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const WRITE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * Turns what members say into numbered files of a bounded size. Processes append straight to a file that is never
 * renamed or cut, as they hold it open and outlive the agent. What was copied from it is given back to the file system;
 * offsets stay as they are, and byte `p` of it belongs to the numbered file `p / maxFileBytes`. So the numbered files
 * alone say how far the copy is, and an agent that was away goes on exactly there.
 */
export class OutputRotator {
  readonly #logger: AgentLogger;
  readonly #watched = new Map<string, RotatedOutput>();
  readonly #buffer = Buffer.alloc(CHUNK_BYTES);
  #timer: ReturnType<typeof setTimeout> | null = null;
  #hasComplained = false;

  constructor(logger: AgentLogger) {
    this.#logger = logger;
  }

  /** Until `finish`; again: nothing new. */
  watch(output: RotatedOutput): void {
    mkdirSync(output.directory, { recursive: true });
    this.#watched.set(output.spoolPath, output);
    this.#arm(LOOK_MS);
  }

  /** Brings the files of a stream up to date, down to the last byte that is there. */
  flush(output: RotatedOutput): void {
    while (this.#copy(output)) {
      // There is more.
    }
  }

  /** Its processes have ended. */
  finish(output: RotatedOutput): void {
    this.flush(output);
    this.#watched.delete(output.spoolPath);
    if (this.#watched.size === 0) this.stop();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      let isBehind = false;
      for (const output of this.#watched.values()) isBehind = this.#copy(output) || isBehind;
      if (this.#watched.size > 0) this.#arm(isBehind ? 0 : LOOK_MS);
    }, delayMs);
  }

  /** True if there is more to be copied. A disk that does not take it is tried again at the next look. */
  #copy(output: RotatedOutput): boolean {
    try {
      return this.#copyShare(output);
    } catch (error) {
      if (codeOf(error) !== "ENOENT" && !this.#hasComplained) {
        this.#hasComplained = true;
        const facts = { path: output.spoolPath, error: String(error) };
        this.#logger.warn(facts, "Output could not be copied to its log files; trying again.");
      }
      return false;
    }
  }

  #copyShare(output: RotatedOutput): boolean {
    const spool = openSync(output.spoolPath, READ_FLAGS);
    try {
      const { size } = fstatSync(spool);
      const begin = positionOf(output, spool);
      // Files that would be removed again at once are not written.
      const last = Math.floor(Math.max(size - 1, 0) / output.maxFileBytes);
      const first = Math.max(last - output.maxFiles + 1, 0) * output.maxFileBytes;
      const from = Math.max(begin, first);
      const to = Math.min(size, from + SHARE_BYTES);
      for (let at = from; at < to; ) at += this.#copyChunk(output, spool, at, to);
      if (to > begin) {
        removeOld(output);
        punchHole(spool, 0, Math.floor(to / BLOCK_BYTES) * BLOCK_BYTES);
      }
      return to < size;
    } finally {
      closeSync(spool);
    }
  }

  /** Within one numbered file. */
  #copyChunk(output: RotatedOutput, spool: number, at: number, to: number): number {
    const number = Math.floor(at / output.maxFileBytes);
    const offset = at - number * output.maxFileBytes;
    const room = output.maxFileBytes - offset;
    const length = Math.min(CHUNK_BYTES, to - at, room);
    const read = readSync(spool, this.#buffer, 0, length, at);
    const file = openSync(join(output.directory, `${output.name}.${number}`), WRITE_FLAGS, 0o644);
    try {
      // Only of a file that somebody has removed while it was written is anything missing here.
      if (fstatSync(file).size < offset) ftruncateSync(file, offset);
      for (let done = 0; done < read; ) {
        done += writeSync(file, this.#buffer, done, read - done, offset + done);
      }
    } finally {
      closeSync(file);
    }
    return read;
  }
}

/** Numbers of the stream's files that are there. */
function numbersOf({ directory, name }: RotatedOutput): number[] {
  return readdirSync(directory).flatMap((entry) => {
    const number = entry.startsWith(`${name}.`) ? entry.slice(name.length + 1) : "";
    return /^\d+$/.test(number) ? [Number(number)] : [];
  });
}

/** How far the copy is. */
function positionOf(output: RotatedOutput, spool: number): number {
  const newest = Math.max(-1, ...numbersOf(output));
  if (newest < 0) {
    // All were removed by somebody: what was given back to the file system is not to be had.
    const hole = nextHole(spool, 0);
    return hole !== null && hole.from === 0 ? hole.to : 0;
  }
  const file = openSync(join(output.directory, `${output.name}.${newest}`), READ_FLAGS);
  try {
    return newest * output.maxFileBytes + Math.min(fstatSync(file).size, output.maxFileBytes);
  } finally {
    closeSync(file);
  }
}

function removeOld(output: RotatedOutput): void {
  const numbers = numbersOf(output);
  const newest = Math.max(-1, ...numbers);
  for (const number of numbers) {
    if (number > newest - output.maxFiles) continue;
    rmSync(join(output.directory, `${output.name}.${number}`), { force: true });
  }
}
