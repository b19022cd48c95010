import { parseExecInput } from "../../protocol/api/exec.ts";
import {
  decodeExecBytes,
  EXEC_FRAME_BYTES,
  EXEC_HEADER_BYTES,
  ExecCredit,
  type ExecEnd,
  type ExecFailureCode,
  type ExecInput,
  type ExecOrder,
  type ExecOutput,
  type ExecStream,
  encodeExecBytes,
} from "../../protocol/node/exec.ts";
import type { ExecListener, NodeExec } from "../nodes/connectionExecs.ts";
import { NodeUnreachable } from "../routes/context.ts";

/** The WebSocket of whoever asked for a command. */
export interface ExecClient {
  /** Bytes sent, -1 when queued, 0 when dropped. */
  send(message: string | Uint8Array<ArrayBuffer>): number;
  close(): void;
}

export interface ExecRelayParts {
  /** Puts its beginning on record; rejects when that cannot be done, and then nothing begins. */
  readonly noteStart: () => Promise<void>;
  readonly noteEnd: (end: ExecEnd) => Promise<void>;
  /** Throws NodeUnreachable. */
  readonly open: (order: ExecOrder, listener: ExecListener) => NodeExec;
  /** For the node to say that the command has begun, or why not. */
  readonly startMaxMs: number;
  readonly idleMaxMs: number;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
}

const IDLE_LOOK_MS = 60_000;
/** A frame of bytes is the longest that a client has a reason to send. */
const FRAME_MAX_BYTES = EXEC_HEADER_BYTES + EXEC_FRAME_BYTES;

/**
 * One session, between whoever asked and the node. It holds nothing back, and neither end may send more than the other
 * has given it room for: one that does is cut off.
 */
export class ExecRelay implements ExecListener {
  /** Resolves when it is over and its end on record. */
  readonly done: Promise<void>;
  readonly #order: ExecOrder;
  readonly #client: ExecClient;
  readonly #parts: ExecRelayParts;
  readonly #over = Promise.withResolvers<ExecEnd>();
  #node: NodeExec | null = null;
  #isOver = false;
  /** The node knows that it is over. */
  #isEndedThere = false;
  #hasStarted = false;
  #isInputOver = false;
  /** Why the command may run on after the session; null: it does not. */
  #shortcoming: string | null = null;
  readonly #stdinCredit = new ExecCredit();
  readonly #outputCredit = new ExecCredit();
  #heardAt: number;

  constructor(order: ExecOrder, client: ExecClient, parts: ExecRelayParts) {
    this.#order = order;
    this.#client = client;
    this.#parts = parts;
    this.#heardAt = parts.monotonic();
    this.done = this.#run();
  }

  async #run(): Promise<void> {
    const { noteStart, noteEnd } = this.#parts;
    try {
      await noteStart();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.fail(
        "ServerStopping",
        `The beginning of the command could not be put on record: ${reason}`,
      );
      return;
    }
    const idle = setInterval(() => this.#lookIdle(), Math.min(IDLE_LOOK_MS, this.#parts.idleMaxMs));
    const late = setTimeout(() => this.#lookLate(), this.#parts.startMaxMs);
    this.#open();
    const end = await this.#over.promise;
    clearInterval(idle);
    clearTimeout(late);
    await noteEnd(end);
  }

  #open(): void {
    if (this.#isOver) return;
    try {
      this.#node = this.#parts.open(this.#order, this);
    } catch (error) {
      if (!(error instanceof NodeUnreachable)) throw error;
      this.fail("NodeNotReachable", error.message);
    }
  }

  onOutput(output: ExecOutput): void {
    switch (output.kind) {
      case "started":
        this.#hasStarted = true;
        this.#shortcoming = output.shortcoming;
        this.#tell(output);
        return;
      case "credit":
        if (this.#stdinCredit.give(output.bytes)) this.#tell(output);
        else this.fail("ProtocolError", "The node took more than it was sent.");
        return;
      case "ended":
        this.#isEndedThere = true;
        this.#finish(output.end);
    }
  }

  onBytes(stream: ExecStream, bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#heardAt = this.#parts.monotonic();
    if (stream === "stdin" || !this.#outputCredit.spend(bytes.byteLength)) {
      this.fail("ProtocolError", "The node sent more than there is room for.");
    } else if (this.#client.send(encodeExecBytes({ session: 0, stream, bytes })) === 0) {
      this.clientClosed();
    }
  }

  onNonsense(): void {
    this.fail("ProtocolError", "The node sent what makes no sense.");
  }

  onGone(): void {
    this.#isEndedThere = true;
    this.fail("NodeNotReachable", "The connection to the node broke; the command was ended.");
  }

  received(message: string | Uint8Array): void {
    if (this.#isOver) return;
    this.#heardAt = this.#parts.monotonic();
    if (message.length > FRAME_MAX_BYTES) {
      this.fail("ProtocolError", "The client sent more than fits a frame.");
    } else if (typeof message === "string") this.#receivedInput(parseExecInput(message));
    else this.#receivedBytes(message);
  }

  #receivedInput(input: ExecInput | null): void {
    if (input === null || this.#node === null) {
      this.fail("ProtocolError", "The client sent what makes no sense.");
    } else if (input.kind === "close") {
      this.clientClosed();
    } else if (input.kind === "credit" && !this.#outputCredit.give(input.bytes)) {
      this.fail("ProtocolError", "The client took more than it was sent.");
    } else if (input.kind === "endOfInput" && this.#isInputOver) {
      this.fail("ProtocolError", "The client ended its input twice.");
    } else {
      this.#isInputOver ||= input.kind === "endOfInput";
      this.#node.send(input);
    }
  }

  #receivedBytes(frame: Uint8Array): void {
    const given = decodeExecBytes(frame);
    const fits =
      given?.stream === "stdin" &&
      this.#order.hasStdin &&
      !this.#isInputOver &&
      this.#node !== null &&
      this.#stdinCredit.spend(given.bytes.byteLength);
    if (fits) this.#node?.sendBytes(new Uint8Array(given.bytes));
    else this.fail("ProtocolError", "The client sent more than there is room for.");
  }

  /** Whoever asked has gone. */
  clientClosed(): void {
    this.fail("SessionClosed", "Whoever ran the command has gone.");
  }

  /** Ends it for another reason than its command's end. */
  fail(code: ExecFailureCode, message: string): void {
    this.#finish({ state: "failed", code, message });
  }

  #finish(given: ExecEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const end = this.#withShortcoming(given);
    this.#client.send(JSON.stringify({ kind: "ended", end }));
    this.#client.close();
    if (!this.#isEndedThere) this.#node?.send({ kind: "close" });
    this.#over.resolve(end);
  }

  /** Of a command that was not seen to its end. */
  #withShortcoming(end: ExecEnd): ExecEnd {
    if (end.state === "exited" || end.code === "TaskNotRunning") return end;
    if (this.#shortcoming === null) return end;
    return { ...end, message: `${end.message} ${this.#shortcoming}` };
  }

  #tell(output: ExecOutput): void {
    if (this.#isOver) return;
    if (this.#client.send(JSON.stringify(output)) === 0) this.clientClosed();
  }

  #lookLate(): void {
    if (this.#hasStarted) return;
    const seconds = Math.round(this.#parts.startMaxMs / 1_000);
    this.fail("NodeNotReachable", `The node did not begin the command within ${seconds} s.`);
  }

  #lookIdle(): void {
    const { monotonic, idleMaxMs } = this.#parts;
    if (monotonic() - this.#heardAt < idleMaxMs) return;
    const minutes = Math.round(idleMaxMs / 60_000);
    this.fail("SessionIdle", `Nothing was said for ${minutes} minutes; the command was ended.`);
  }
}
