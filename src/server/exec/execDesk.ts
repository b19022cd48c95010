import type { ExecNote } from "../../model/event.ts";
import type { NodeNumber } from "../../model/id.ts";
import { EXEC_SESSIONS_PER_NODE_MAX, type ExecOrder } from "../../protocol/node/exec.ts";
import type { ExecListener, NodeExec } from "../nodes/connectionExecs.ts";
import { refuse } from "../routes/refusal.ts";
import { type ExecClient, ExecRelay } from "./relay.ts";

/** Somebody may run this command; nothing has begun. */
export interface ExecReservation {
  readonly order: ExecOrder;
  readonly node: NodeNumber;
  /** What is put on record of it. */
  readonly about: Omit<ExecNote, "sessionId" | "startedAt" | "end">;
  /** Of the caller's token: nobody else may use the session. */
  readonly tokenHash: string;
}

interface Waiting extends ExecReservation {
  readonly sessionId: string;
  readonly expiresAt: number;
}

export interface ExecDeskParts {
  /** Puts it on record; rejects when it is not. */
  readonly note: (note: ExecNote) => Promise<void>;
  /** Throws NodeUnreachable. */
  readonly open: (node: NodeNumber, order: ExecOrder, listener: ExecListener) => NodeExec;
  /** Engine time. */
  readonly clock: () => number;
  readonly monotonic: () => number;
  /** The end of the session could not be put on record. */
  readonly onFailure: (error: unknown, session: ExecSessionFacts) => void;
}

/** By which a session is found again in a log. */
export type ExecSessionFacts = Pick<
  ExecNote,
  "sessionId" | "user" | "command" | "jobId" | "taskId" | "execution"
>;

/** From the reservation to its stream. */
const RESERVATION_LIFE_MS = 30_000;
/** Longer than an agent waits for a container engine, so that its own answer is heard. */
const START_MAX_MS = 30_000;
/** A shell that was forgotten in the evening gives its place back before the next morning. */
const IDLE_MAX_MS = 8 * 60 * 60_000;

/** All commands that people run inside executions by this server: those that may begin, and those that have. */
export class ExecDesk {
  readonly #parts: ExecDeskParts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Map<ExecRelay, Waiting>();
  #isStopping = false;

  constructor(parts: ExecDeskParts) {
    this.#parts = parts;
  }

  /** The new session's id. Throws a refusal when the node has too many. */
  reserve(reservation: ExecReservation): string {
    this.#forgetLate();
    const { node } = reservation;
    const all = [...this.#waiting.values(), ...this.#running.values()];
    const count = all.filter((one) => one.node === node).length;
    if (count >= EXEC_SESSIONS_PER_NODE_MAX) {
      throw refuse(
        "TooManyExecSessions",
        `Node ${reservation.about.nodeId} runs ${count} commands of people inside its executions, and no more are allowed.`,
        "End one of them, or wait until one has ended.",
      );
    }
    const sessionId = crypto.randomUUID();
    const expiresAt = this.#parts.monotonic() + RESERVATION_LIFE_MS;
    this.#waiting.set(sessionId, { ...reservation, sessionId, expiresAt });
    return sessionId;
  }

  /** What makes a connection the session's, once. Throws a refusal unless this caller may do it now. */
  take(sessionId: string, tokenHash: string): (client: ExecClient) => ExecRelay {
    this.#forgetLate();
    const waiting = this.#waiting.get(sessionId);
    if (waiting === undefined || waiting.tokenHash !== tokenHash || this.#isStopping) {
      throw refuse(
        "ExecSessionNotFound",
        `There is no session ${sessionId} that waits for its stream.`,
        "Make a new one with POST /api/v1/executions/NUMBER/exec, and open its stream within 30 s with the same token.",
      );
    }
    this.#waiting.delete(sessionId);
    return (client) => this.#begin(waiting, client);
  }

  #begin(waiting: Waiting, client: ExecClient): ExecRelay {
    const { about, sessionId, node, order } = waiting;
    const { note, open, clock, monotonic, onFailure } = this.#parts;
    const startedAt = clock();
    const facts = { ...about, sessionId, startedAt };
    const relay = new ExecRelay(order, client, {
      noteStart: () => note({ ...facts, end: null }),
      noteEnd: (end) => {
        const isExit = end.state === "exited";
        const exitCode = isExit ? end.exitCode : null;
        const reason = isExit ? null : end.message;
        return note({ ...facts, end: { endedAt: clock(), exitCode, reason } });
      },
      open: (given, listener) => open(node, given, listener),
      startMaxMs: START_MAX_MS,
      idleMaxMs: IDLE_MAX_MS,
      monotonic,
    });
    this.#running.set(relay, waiting);
    const { user, command, jobId, taskId, execution } = about;
    const named = { sessionId, user, command, jobId, taskId, execution };
    relay.done
      .catch((error: unknown) => onFailure(error, named))
      .finally(() => this.#running.delete(relay));
    return relay;
  }

  /** A token was taken back, and with it what it allowed. */
  endOf(tokenHash: string): void {
    for (const [sessionId, waiting] of this.#waiting) {
      if (waiting.tokenHash === tokenHash) this.#waiting.delete(sessionId);
    }
    for (const [relay, waiting] of this.#running) {
      if (waiting.tokenHash !== tokenHash) continue;
      relay.fail("SessionClosed", "The token by which the command was run has been taken back.");
    }
  }

  /** Resolves when all have ended and are on record. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#waiting.clear();
    const relays = [...this.#running.keys()];
    for (const relay of relays) {
      relay.fail("ServerStopping", "The server was stopped; the command was ended.");
    }
    await Promise.allSettled(relays.map(({ done }) => done));
  }

  #forgetLate(): void {
    const now = this.#parts.monotonic();
    for (const [sessionId, { expiresAt }] of this.#waiting) {
      if (expiresAt <= now) this.#waiting.delete(sessionId);
    }
  }
}
