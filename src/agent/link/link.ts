import { decodeExecBytes, type ExecBytes, encodeExecBytes } from "../../protocol/node/exec.ts";
import { nodeFrameText } from "../../protocol/node/frameText.ts";
import type {
  AskFrame,
  BatchFrame,
  ChallengeFrame,
  ExecInputFrame,
  ExecOutputFrame,
  HelloFrame,
  NodeOrder,
  NodeReport,
  RefusedFrame,
  ReplyFrame,
  ScriptAnswerFrame,
  ScriptAskFrame,
  ServerFrame,
  WelcomeFrame,
} from "../../protocol/node/message.ts";
import { NODE_LINK_PATH } from "../../protocol/node/message.ts";
import { PACE_MS, PacedSender } from "../../protocol/node/pacedSender.ts";
import type { AgentLogger } from "../options.ts";
import { type Backoff, newBackoff } from "./backoff.ts";

export interface LinkOptions {
  readonly serverUrl: string;
  readonly logger: AgentLogger;
  /** The answer to a challenge, made anew for each connection. */
  hello(challenge: ChallengeFrame): Promise<HelloFrame>;
  onWelcome(frame: WelcomeFrame): void;
  onFrame(frame: BatchFrame<NodeOrder>): void;
  onAsk(frame: AskFrame): void;
  onExec(frame: ExecInputFrame): void;
  onScript(frame: ScriptAnswerFrame): void;
  onExecBytes(bytes: ExecBytes): void;
  /** After a welcome, the connection ended. */
  onDisconnected(): void;
  /** Whether to go on trying. */
  onRefused(frame: RefusedFrame): boolean;
  /** A heartbeat is due. */
  onHeartbeat(): void;
}

/** Heartbeats without any sign of the server after which the connection is taken for dead. */
const SILENT_HEARTBEATS_MAX = 3;
/** From dialling to the welcome. */
const GREETING_TIMEOUT_MS = 15_000;

/** The connection to the server: made again and again until it is closed. */
export class Link {
  readonly #options: LinkOptions;
  readonly #backoff: Backoff = newBackoff();
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Null: not welcome (yet). */
  #session: string | null = null;
  #isClosed = false;
  #silentHeartbeats = 0;
  #complained = "";
  /** Why the server refused this connection; null: it did not. */
  #refused: RefusedFrame | null = null;
  /** For what must not hold up orders and reports. */
  #bulk: PacedSender<ExecBytes> | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  open(): void {
    const { serverUrl } = this.#options;
    const url = `${serverUrl.replace(/^http/, "ws").replace(/\/+$/, "")}${NODE_LINK_PATH}`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#bulk = new PacedSender({
      send(bytes) {
        socket.send(encodeExecBytes(bytes));
        return socket.readyState === WebSocket.OPEN;
      },
      bufferedBytes: () => socket.bufferedAmount,
      later: (look) => setTimeout(look, PACE_MS),
    });
    socket.onmessage = ({ data }) => this.#onMessage(socket, data as string | ArrayBuffer);
    socket.onclose = ({ reason }) => this.#onEnd(socket, reason);
    socket.onerror = () => undefined;
    socket.addEventListener("pong", () => this.#onSign());
    this.#timer = setTimeout(() => socket.terminate(), GREETING_TIMEOUT_MS);
  }

  /**
   * Sends a frame that was made for the session. Any other session's is dropped: its acknowledgement would mean other
   * orders, and what matters is sent again after the next welcome.
   */
  send(session: string, frame: BatchFrame<NodeReport>): void {
    if (session === this.#session) this.#socket?.send(nodeFrameText(frame));
  }

  /** Sends a frame that nothing is kept of; without a connection it is dropped. */
  sendOnce(frame: ReplyFrame | ExecOutputFrame | ScriptAskFrame): void {
    if (this.#session !== null) this.#socket?.send(nodeFrameText(frame));
  }

  /** Resolves when the connection has taken them, or is gone. */
  sendBytes(bytes: ExecBytes): Promise<boolean> {
    return this.#bulk?.send(bytes) ?? Promise.resolve(false);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
    this.#socket?.close();
  }

  #onSign(): void {
    this.#silentHeartbeats = 0;
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #onMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    if (socket !== this.#socket) return;
    this.#onSign();
    if (typeof data !== "string") {
      const bytes = decodeExecBytes(new Uint8Array(data));
      if (bytes !== null) this.#options.onExecBytes(bytes);
      return;
    }
    const frame = JSON.parse(data) as ServerFrame;
    switch (frame.type) {
      case "challenge":
        void this.#greet(socket, frame);
        return;
      case "welcome":
        this.#onWelcome(frame);
        return;
      case "refused":
        this.#refused = frame;
        if (!this.#options.onRefused(frame)) this.#isClosed = true;
        else this.#backoff.longest();
        socket.close();
        return;
      case "batch":
        this.#options.onFrame(frame);
        return;
      case "ask":
        this.#options.onAsk(frame);
        return;
      case "exec":
        this.#options.onExec(frame);
        return;
      case "script":
        this.#options.onScript(frame);
    }
  }

  async #greet(socket: WebSocket, frame: ChallengeFrame): Promise<void> {
    const hello = await this.#options.hello(frame);
    if (socket.readyState === WebSocket.OPEN) socket.send(nodeFrameText(hello));
  }

  #onWelcome(frame: WelcomeFrame): void {
    this.#session = frame.session;
    this.#complained = "";
    this.#backoff.reset();
    this.#stopTimer();
    this.#beat(frame.heartbeatIntervalMs);
    this.#options.onWelcome(frame);
  }

  #beat(intervalMs: number): void {
    this.#timer = setTimeout(() => {
      this.#silentHeartbeats += 1;
      if (this.#silentHeartbeats > SILENT_HEARTBEATS_MAX) {
        this.#socket?.terminate();
        return;
      }
      this.#options.onHeartbeat();
      this.#socket?.ping();
      this.#beat(intervalMs);
    }, intervalMs);
  }

  #onEnd(socket: WebSocket, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#bulk?.close();
    this.#stopTimer();
    this.#onSign();
    const wasWelcome = this.#session !== null;
    this.#session = null;
    if (wasWelcome) this.#options.onDisconnected();
    if (this.#isClosed) return;
    this.#complain(wasWelcome, reason);
    this.#timer = setTimeout(() => this.open(), this.#backoff.nextMs());
  }

  /** A server that is away, or refuses, for a night fills no log. */
  #complain(wasWelcome: boolean, reason: string): void {
    const refused = this.#refused;
    this.#refused = null;
    const message = complaintOf(wasWelcome, refused);
    if (message !== this.#complained) {
      const server = this.#options.serverUrl;
      if (refused === null) {
        const given = reason === "" ? "the server, or something before it, closed it" : reason;
        this.#options.logger.warn({ server, reason: given }, message);
      } else {
        const { code, message: said } = refused;
        this.#options.logger.warn({ server, code, reason: said, fix: FIXES[code] }, message);
      }
    }
    this.#complained = message;
  }
}

function complaintOf(wasWelcome: boolean, refused: RefusedFrame | null): string {
  if (refused !== null) return `The server refuses this node (${refused.code}); trying again.`;
  return wasWelcome ? "The connection to the server ended." : "No connection to the server.";
}

/** What a person can do about a refusal that may pass. */
const FIXES: Partial<Record<RefusedFrame["code"], string>> = {
  KeyConflict:
    "If another agent runs on a copy of this data directory, stop it, or give this one an empty --data; else it passes.",
  ProtocolVersion: "Run the same version of stint here and on the server.",
};
