import { closeSync, constants, lstatSync, openSync } from "node:fs";
import type { ExecutionNumber } from "../../model/id.ts";
import { OUTPUT_HEAD_BYTES, OUTPUT_TAIL_BYTES } from "../../model/limits.ts";
import type { AgentLogger } from "../options.ts";
import { punchHole } from "../platform/libc.ts";

/** One execution's share of an output file. */
export interface OutputShare {
  readonly path: string;
  readonly offset: number;
}

/** How often files are looked at while something runs, and while one of them grows fast. */
const LOOK_MS = 500;
const LOOK_FAST_MS = 50;
/** Growth between two looks that counts as fast. */
const FAST_BYTES = 16 * 1024 * 1024;
/** Holes are made in pieces of at least this, so that a slowly growing file is not opened at every look. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** Blocks of file systems are at most this large in practice; a hole frees whole blocks only. */
const BLOCK_BYTES = 4096;

interface Watched {
  readonly share: OutputShare;
  sizeBytes: number;
  /** Everything between the head and here is a hole. */
  punchedTo: number;
}

/**
 * Keeps running executions from filling the disk with output: of each share the head and the tail stay, the middle is
 * given back to the file system. Offsets stay as they are, so writers and readers notice nothing.
 */
export class OutputTrimmer {
  readonly #logger: AgentLogger;
  readonly #watched = new Map<ExecutionNumber, readonly Watched[]>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #hasComplained = false;

  constructor(logger: AgentLogger) {
    this.#logger = logger;
  }

  watch(execution: ExecutionNumber, shares: readonly OutputShare[]): void {
    const watched = shares.map((share) => ({ share, sizeBytes: 0, punchedTo: 0 }));
    this.#watched.set(execution, watched);
    this.#arm(LOOK_MS);
  }

  /** The execution has ended: makes its last hole, if its output is long, and forgets it. */
  finish(execution: ExecutionNumber, isLong: boolean): void {
    if (isLong) {
      for (const watched of this.#watched.get(execution) ?? []) this.#look(watched, BLOCK_BYTES);
    }
    this.#watched.delete(execution);
    if (this.#watched.size === 0) this.stop();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      let isFast = false;
      for (const all of this.#watched.values()) {
        for (const watched of all) isFast = this.#look(watched, PIECE_BYTES) || isFast;
      }
      if (this.#watched.size > 0) this.#arm(isFast ? LOOK_FAST_MS : LOOK_MS);
    }, delayMs);
  }

  /** True if the file grows fast. */
  #look(watched: Watched, pieceBytes: number): boolean {
    const { path, offset } = watched.share;
    const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const growth = size - watched.sizeBytes;
    watched.sizeBytes = size;
    const from = roundUp(Math.max(offset + OUTPUT_HEAD_BYTES, watched.punchedTo));
    const to = roundDown(size - OUTPUT_TAIL_BYTES);
    if (to - from >= pieceBytes) {
      this.#punch(path, from, to - from);
      watched.punchedTo = to;
    }
    return growth >= FAST_BYTES;
  }

  #punch(path: string, offset: number, sizeBytes: number): void {
    let isPunched = false;
    try {
      const file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        isPunched = punchHole(file, offset, sizeBytes);
      } finally {
        closeSync(file);
      }
    } catch {
      // As below.
    }
    if (isPunched || this.#hasComplained) return;
    this.#hasComplained = true;
    this.#logger.warn({ path }, "This file system cannot give back the middle of a long output.");
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function roundDown(bytes: number): number {
  return Math.floor(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}
