import { parseExecOutput } from "../../protocol/api/exec.ts";
import {
  type ExecBytes,
  type ExecInput,
  type ExecOrder,
  type ExecOutput,
  type ExecStream,
  encodeExecBytes,
  type TerminalSize,
} from "../../protocol/node/exec.ts";
import type { ExecInputFrame } from "../../protocol/node/message.ts";
import { PACE_MS, PacedSender } from "../../protocol/node/pacedSender.ts";
import { NodeUnreachable } from "../routes/context.ts";

/** Whoever wants to know what a command in a node says. */
export interface ExecListener {
  onOutput(output: ExecOutput): void;
  onBytes(stream: ExecStream, bytes: Uint8Array): void;
  /** The node sent what makes no sense. */
  onNonsense(): void;
  /** The connection to the node broke; nothing more comes. */
  onGone(): void;
}

/** The way to a command in a node. */
export interface NodeExec {
  send(input: ExecInput): void;
  sendBytes(bytes: Uint8Array): void;
}

export interface ExecSocket {
  sendBytes(frame: Uint8Array<ArrayBuffer>): number;
  bufferedBytes(): number;
}

const TOO_OLD =
  "The agent of the node is older than commands inside executions; restart it with the version of the server.";
/** A window that is being drawn larger changes its size with every movement of the mouse. */
const RESIZE_GAP_MS = 20;

/** The sessions of commands on one connection to a node. */
export class ConnectionExecs {
  /** Whether the node's agent has said that it runs commands. */
  isUnderstood = false;
  readonly #listeners = new Map<number, ExecListener>();
  /** False: the connection has not taken it. */
  readonly #send: (frame: ExecInputFrame) => boolean;
  /** Each sends something, and says whether the connection has taken it. */
  readonly #bulk: PacedSender<() => boolean>;
  readonly #socket: ExecSocket;
  #last = 0;

  constructor(send: (frame: ExecInputFrame) => boolean, socket: ExecSocket) {
    this.#send = send;
    this.#socket = socket;
    this.#bulk = new PacedSender({
      send: (frame) => frame(),
      bufferedBytes: () => socket.bufferedBytes(),
      later: (look) => setTimeout(look, PACE_MS),
    });
  }

  /** Throws NodeUnreachable when the node's agent would leave it unanswered. */
  open(order: ExecOrder, listener: ExecListener): NodeExec {
    if (!this.isUnderstood) throw new NodeUnreachable(TOO_OLD);
    this.#last += 1;
    const session = this.#last;
    this.#listeners.set(session, listener);
    this.#sendInput(session, { kind: "open", order });
    // The end of input comes behind the input that waits.
    let sent: Promise<unknown> = Promise.resolve();
    const resize = this.#newResize(session);
    return {
      send: (input) => {
        if (input.kind === "close") this.#listeners.delete(session);
        const send = () => this.#sendInput(session, input);
        if (input.kind === "endOfInput") void sent.then(send);
        else if (input.kind === "resize") resize(input.size);
        else send();
      },
      sendBytes: (bytes) => {
        const frame = encodeExecBytes({ session, stream: "stdin", bytes });
        sent = this.#bulk
          .send(() => this.#socket.sendBytes(frame) !== 0)
          .then((isSent) => isSent || this.#gone(session));
      },
    };
  }

  /** Of sizes that come close to each other only the newest is sent, and none beside one that waits. */
  #newResize(session: number): (size: TerminalSize) => void {
    let newest: TerminalSize | null = null;
    const sendNewest = (): boolean => {
      const size = newest;
      newest = null;
      if (size === null || !this.#listeners.has(session)) return true;
      return this.#sendInput(session, { kind: "resize", size });
    };
    return (size) => {
      const isWaiting = newest !== null;
      newest = size;
      if (!isWaiting) setTimeout(() => void this.#bulk.send(sendNewest), RESIZE_GAP_MS);
    };
  }

  #sendInput(session: number, input: ExecInputFrame["input"]): boolean {
    const isSent = this.#send({ type: "exec", session, input });
    if (!isSent) this.#gone(session);
    return isSent;
  }

  #gone(session: number): void {
    const listener = this.#listeners.get(session);
    this.#listeners.delete(session);
    listener?.onGone();
  }

  /** `output` comes from a machine that is not this server's: it may be anything. */
  received(session: number, output: unknown): void {
    const listener = this.#listeners.get(session);
    if (listener === undefined) return;
    const given = parseExecOutput(output);
    if (given === null) {
      listener.onNonsense();
      return;
    }
    if (given.kind === "ended") this.#listeners.delete(session);
    listener.onOutput(given);
  }

  receivedBytes({ session, stream, bytes }: ExecBytes): void {
    this.#listeners.get(session)?.onBytes(stream, bytes);
  }

  /** The connection is gone. */
  close(): void {
    this.#bulk.close();
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) listener.onGone();
  }
}
