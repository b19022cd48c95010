import {
  type ExecBytes,
  type ExecInput,
  type ExecOrder,
  type ExecOutput,
  type ExecStream,
  encodeExecBytes,
} from "../../protocol/node/exec.ts";
import type { ExecInputFrame, ExecOutputFrame } from "../../protocol/node/message.ts";
import { PacedSender } from "../../protocol/node/pacedSender.ts";

/** Whoever wants to know what a command in a node says. */
export interface ExecListener {
  onOutput(output: ExecOutput): void;
  onBytes(stream: ExecStream, bytes: Uint8Array): void;
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

/** Between looks whether the connection has sent something of what it holds. */
const PACE_MS = 5;

/** The sessions of commands on one connection to a node. */
export class ConnectionExecs {
  readonly #listeners = new Map<number, ExecListener>();
  readonly #send: (frame: ExecInputFrame) => void;
  readonly #bulk: PacedSender<ExecBytes>;
  #last = 0;

  constructor(send: (frame: ExecInputFrame) => void, socket: ExecSocket) {
    this.#send = send;
    this.#bulk = new PacedSender({
      send: (bytes) => socket.sendBytes(encodeExecBytes(bytes)) !== 0,
      bufferedBytes: () => socket.bufferedBytes(),
      later: (look) => setTimeout(look, PACE_MS),
    });
  }

  open(order: ExecOrder, listener: ExecListener): NodeExec {
    this.#last += 1;
    const session = this.#last;
    this.#listeners.set(session, listener);
    this.#send({ type: "exec", session, input: { kind: "open", order } });
    // The end of input comes behind the input that waits.
    let sent: Promise<unknown> = Promise.resolve();
    return {
      send: (input) => {
        if (input.kind === "close") this.#listeners.delete(session);
        const send = () => this.#send({ type: "exec", session, input });
        if (input.kind === "endOfInput") void sent.then(send);
        else send();
      },
      sendBytes: (bytes) => {
        sent = this.#bulk.send({ session, stream: "stdin", bytes });
      },
    };
  }

  received({ session, output }: ExecOutputFrame): void {
    const listener = this.#listeners.get(session);
    if (output.kind === "ended") this.#listeners.delete(session);
    listener?.onOutput(output);
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
