import {
  decodeExecBytes,
  ExecCredit,
  type ExecEnd,
  type ExecInput,
  type ExecOutput,
  encodeExecBytes,
  execPieces,
  type TerminalSize,
} from "../../protocol/node/exec.ts";
import { CliError } from "../failure.ts";

export interface ExecStreamParts {
  /** Of the server. */
  readonly url: string;
  readonly token: string | undefined;
  readonly sessionId: string;
  /** For the command; null: nothing. */
  readonly input: AsyncIterable<Uint8Array> | null;
  /** Resolves when whoever reads it has taken it. */
  readonly write: (stream: "stdout" | "stderr", bytes: Uint8Array) => Promise<void>;
  /** Aborted by Ctrl-C, or by the escape. */
  readonly signal: AbortSignal;
}

/** A server that is silent for longer is taken for dead: it answers pings at once. */
const SILENT_MAX_MS = 60_000;
const PING_MS = 15_000;
/** For the server to take leave; one that is dead never does. */
const FAREWELL_MS = 200;

/** One session's WebSocket, from its opening to the end of the command. */
export class ExecStream {
  readonly #parts: ExecStreamParts;
  readonly #socket: WebSocket;
  readonly #credit = new ExecCredit();
  readonly #ended = Promise.withResolvers<ExecEnd>();
  /** Output is written one after the other. */
  #written: Promise<void> = Promise.resolve();
  #isStarted = false;
  #shortcoming: string | null = null;
  #isOver = false;
  /** The window's size before the command has begun. */
  #size: TerminalSize | null = null;

  constructor(parts: ExecStreamParts) {
    this.#parts = parts;
    const { url, token, sessionId, signal } = parts;
    const base = url.replace(/^http/i, "ws").replace(/\/+$/, "");
    const path = `/api/v1/exec-sessions/${encodeURIComponent(sessionId)}/stream`;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${base}${path}`, { headers, perMessageDeflate: false });
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#onMessage(data as string | ArrayBuffer);
    socket.onclose = ({ reason }) => this.#onClose(reason);
    socket.onerror = () => undefined;
    signal.addEventListener("abort", () => this.#onAbort(signal.reason), { once: true });
    this.#watchServer();
  }

  /** Whether the command has begun. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Why the command may run on after the session; null: nothing is known to keep it from its end. */
  get shortcoming(): string | null {
    return this.#shortcoming;
  }

  /**
   * How it ended, when all its output was written. Throws CliError when the connection broke before, the signal's reason
   * as soon as it is aborted, and what `write` throws.
   */
  get ended(): Promise<ExecEnd> {
    return this.#ended.promise;
  }

  resize(size: TerminalSize): void {
    if (this.#isStarted) this.#send({ kind: "resize", size });
    else this.#size = size;
  }

  close(): void {
    this.#isOver = true;
    this.#credit.close();
    this.#socket.close();
    setTimeout(() => this.#socket.terminate(), FAREWELL_MS).unref();
  }

  #onAbort(reason: unknown): void {
    if (!this.#isOver) this.#send({ kind: "close" });
    this.#ended.reject(reason);
    this.close();
  }

  #onMessage(data: string | ArrayBuffer): void {
    if (typeof data === "string") this.#onOutput(JSON.parse(data) as ExecOutput);
    else this.#onBytes(new Uint8Array(data));
  }

  #onOutput(output: ExecOutput): void {
    switch (output.kind) {
      case "started":
        this.#isStarted = true;
        this.#shortcoming = output.shortcoming;
        if (this.#size !== null) this.resize(this.#size);
        this.#sendInput().catch((error: unknown) => this.#ended.reject(error));
        return;
      case "credit":
        this.#credit.give(output.bytes);
        return;
      case "ended":
        this.#isOver = true;
        this.#written.then(() => this.#ended.resolve(output.end), this.#ended.reject);
    }
  }

  #onBytes(frame: Uint8Array): void {
    const given = decodeExecBytes(frame);
    if (given === null || given.stream === "stdin") return;
    const { stream, bytes } = given;
    this.#written = this.#written.then(async () => {
      await this.#parts.write(stream, bytes);
      if (!this.#isOver) this.#send({ kind: "credit", bytes: bytes.byteLength });
    });
    this.#written.catch((error: unknown) => this.#ended.reject(error));
  }

  #onClose(reason: string): void {
    this.#credit.close();
    if (this.#isOver) return;
    const why = reason === "" ? "" : `: ${reason}`;
    const message = `The connection to the server ended before the command did${why}.`;
    const fix = "The command was ended with it. See that the server is well, and run it again.";
    this.#ended.reject(new CliError(message, { fix }));
  }

  async #sendInput(): Promise<void> {
    const { input } = this.#parts;
    if (input === null) return;
    for await (const chunk of input) {
      for (const bytes of execPieces(chunk)) {
        if (!(await this.#credit.spendWhenGiven(bytes.byteLength))) return;
        this.#socket.send(encodeExecBytes({ session: 0, stream: "stdin", bytes }));
      }
    }
    if (!this.#isOver) this.#send({ kind: "endOfInput" });
  }

  #send(input: ExecInput): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(input));
  }

  #watchServer(): void {
    const socket = this.#socket;
    let heardAt = performance.now();
    const onSign = () => {
      heardAt = performance.now();
    };
    for (const sign of ["open", "message", "pong"]) socket.addEventListener(sign, onSign);
    const timer = setInterval(() => {
      if (performance.now() - heardAt > SILENT_MAX_MS) socket.terminate();
      else if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, PING_MS);
    socket.addEventListener("close", () => clearInterval(timer));
  }
}
