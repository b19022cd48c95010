import type { ExecutionNumber } from "../../model/id.ts";

/**
 * Commands that people run inside executions. A session is transient: its frames are neither numbered nor kept, and it ends
 * with any of its connections. The same messages travel on both of them, from whoever asked to the server and on to the node.
 *
 * Bytes are frames of their own kind, and each direction only sends as many as the other end has room for (credit), so that
 * nobody between has to hold more than a window, and a slow reader slows the command down, nothing else.
 */

/** Bytes that may be under way in one direction of a session: 5 MB/s at 50 ms of delay, and little for a server to hold. */
export const EXEC_WINDOW_BYTES = 256 * 1024;
/** Bytes in one frame: what an ordinary message may have to wait behind stays short. */
export const EXEC_FRAME_BYTES = 32 * 1024;
/** Sessions of one node: a few people with a few shells each; each costs the node a process and up to two windows. */
export const EXEC_SESSIONS_PER_NODE_MAX = 32;

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** What is to be run, and where. */
export interface ExecOrder {
  readonly execution: ExecutionNumber;
  /** Null: the execution is one of a task that has no members of a name. */
  readonly member: string | null;
  /** The first is a program. */
  readonly command: readonly string[];
  /** Null: stdin, stdout and stderr are pipes. */
  readonly terminal: (TerminalSize & { readonly type: string }) | null;
  /** Whether there is anything to read for it. */
  readonly hasStdin: boolean;
}

/** Towards the command. */
export type ExecInput =
  | { readonly kind: "resize"; readonly size: TerminalSize }
  /** Nothing more comes on stdin. */
  | { readonly kind: "endOfInput" }
  /** So many bytes of output have been taken. */
  | { readonly kind: "credit"; readonly bytes: number }
  /** Nobody wants it any more: it is killed. */
  | { readonly kind: "close" };

/** From the command. */
export type ExecOutput =
  /** `shortcoming`: why it may run on after the session, as a sentence; null: nothing is known to keep it from its end. */
  | { readonly kind: "started"; readonly shortcoming: string | null }
  /** So many bytes of stdin have been taken. */
  | { readonly kind: "credit"; readonly bytes: number }
  /** The last message. */
  | { readonly kind: "ended"; readonly end: ExecEnd };

/** How a session ended: with its command, or because of something else. */
export type ExecEnd =
  | { readonly state: "exited"; readonly exitCode: number }
  | { readonly state: "failed"; readonly code: ExecFailureCode; readonly message: string };

export const EXEC_FAILURE_CODES = [
  /** There is no such program where the member runs. */
  "CommandNotFound",
  /** It is there, but can not be run. */
  "CommandLaunchFailed",
  /** The member does not run, or has ended meanwhile. */
  "TaskNotRunning",
  "TooManySessions",
  /** What runs the containers of the node does not answer. */
  "ContainerEngineAway",
  /** The node is not connected or does not answer, the connection to it broke, or its agent stopped. */
  "NodeNotReachable",
  "ServerStopping",
  /** Whoever ran it has gone, or may not run it any more. */
  "SessionClosed",
  /** It has ended, or may have, and nobody can say how. */
  "EndUnknown",
  /** Nothing was said for too long. */
  "SessionIdle",
  /** The other end sent what does not fit. */
  "ProtocolError",
] as const;
export type ExecFailureCode = (typeof EXEC_FAILURE_CODES)[number];

/** What a shell exits with for a program that it can not find, and for one that it can not run. */
const EXIT_CODES: Partial<Record<ExecFailureCode, number>> = {
  CommandNotFound: 127,
  CommandLaunchFailed: 126,
};
const FAILED = 1;

/** The exit code of whoever ran the command from afar. */
export function exitCodeOfEnd(end: ExecEnd): number {
  return end.state === "exited" ? end.exitCode : (EXIT_CODES[end.code] ?? FAILED);
}

export type ExecStream = "stdin" | "stdout" | "stderr";
const STREAMS: readonly ExecStream[] = ["stdin", "stdout", "stderr"];

/** Bytes of a session. */
export interface ExecBytes {
  /** 0 where a connection has only one session. */
  readonly session: number;
  readonly stream: ExecStream;
  readonly bytes: Uint8Array;
}

/** Before the bytes of a frame. */
export const EXEC_HEADER_BYTES = 5;

/** As a binary frame: four bytes of session, the highest first, one of stream, then the bytes. */
export function encodeExecBytes({ session, stream, bytes }: ExecBytes): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(EXEC_HEADER_BYTES + bytes.byteLength);
  new DataView(frame.buffer).setUint32(0, session);
  frame[4] = STREAMS.indexOf(stream);
  frame.set(bytes, EXEC_HEADER_BYTES);
  return frame;
}

/** Null: it is no such frame. The bytes are a view of the frame. */
export function decodeExecBytes(frame: Uint8Array): ExecBytes | null {
  const stream = STREAMS[frame[4] ?? STREAMS.length];
  if (frame.byteLength <= EXEC_HEADER_BYTES || stream === undefined) return null;
  if (frame.byteLength > EXEC_HEADER_BYTES + EXEC_FRAME_BYTES) return null;
  const session = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
  return { session, stream, bytes: frame.subarray(EXEC_HEADER_BYTES) };
}

/** The bytes in pieces that fit a frame. */
export function execPieces(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += EXEC_FRAME_BYTES) {
    pieces.push(bytes.subarray(at, at + EXEC_FRAME_BYTES));
  }
  return pieces;
}

/**
 * What one end may still send. It begins with a window, and what the other end takes is given back to it; more than was
 * given is never spent.
 */
export class ExecCredit {
  #bytes = EXEC_WINDOW_BYTES;
  #waiters: (() => void)[] = [];
  #isClosed = false;

  /** False: more was given back than can be under way. */
  give(bytes: number): boolean {
    if (!Number.isSafeInteger(bytes) || bytes <= 0) return false;
    if (this.#bytes + bytes > EXEC_WINDOW_BYTES) return false;
    this.#bytes += bytes;
    this.#wake();
    return true;
  }

  /** False: there is not so much. */
  spend(bytes: number): boolean {
    if (bytes > this.#bytes) return false;
    this.#bytes -= bytes;
    return true;
  }

  /** Waits until there is so much, and spends it: true; false: it is closed. */
  async spendWhenGiven(bytes: number): Promise<boolean> {
    while (!this.#isClosed && !this.spend(bytes)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.push(resolve);
      await promise;
    }
    return !this.#isClosed;
  }

  /** Whoever waits need not any more. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
