import type { ExecutionNumber } from "../../model/id.ts";
import {
  EXEC_SESSIONS_PER_NODE_MAX,
  type ExecBytes,
  type ExecFailureCode,
  type ExecOrder,
} from "../../protocol/node/exec.ts";
import type { ExecInputFrame, ExecOutputFrame } from "../../protocol/node/message.ts";
import type { ProcessKey } from "../core/contract.ts";
import type { LeftCommands } from "./leftCommands.ts";
import { AgentExecSession, type Enter } from "./session.ts";

/** A process in whose surroundings a command can be run. */
export interface EnterTarget {
  readonly key: ProcessKey;
  readonly enter: Enter;
}

export interface AgentExecSessionsParts {
  /** Null: it does not run. */
  readonly find: (execution: ExecutionNumber, member: string | null) => EnterTarget | null;
  readonly left: LeftCommands;
  readonly send: (frame: ExecOutputFrame) => void;
  readonly sendBytes: (bytes: ExecBytes) => Promise<unknown>;
  /** Something that the agent's owner should know. */
  readonly onTrouble: (error: unknown) => void;
  /** How long `close` waits for what does not end; default CLOSE_MAX_MS. */
  readonly closeMaxMs?: number;
}

/** A command and what it has started have ended by then, unless they hang in the kernel or their engine does not answer. */
const CLOSE_MAX_MS = 12_000;

interface Running {
  readonly key: ProcessKey;
  readonly session: AgentExecSession;
}

/** All commands that people run inside this node's executions. */
export class AgentExecSessions {
  readonly #parts: AgentExecSessionsParts;
  /** Of the present connection, by its number there. */
  readonly #running = new Map<number, Running>();
  /** Those of earlier connections included, until nothing is left of them. */
  readonly #alive = new Set<AgentExecSession>();
  #isClosing = false;

  constructor(parts: AgentExecSessionsParts) {
    this.#parts = parts;
  }

  received({ session: number, input }: ExecInputFrame): void {
    if (input.kind === "open") this.#open(number, input.order);
    else this.#running.get(number)?.session.input(input);
  }

  receivedBytes({ session, stream, bytes }: ExecBytes): void {
    if (stream === "stdin") this.#running.get(session)?.session.write(bytes);
  }

  /** The process is about to be told to end, and with it whatever was run beside it; `reason` says why. */
  processEnding(key: ProcessKey, reason: string): void {
    for (const running of this.#running.values()) {
      if (running.key === key) running.session.taskEnding(taskEnded(reason));
    }
  }

  /** The process has ended, and with it whatever was run beside it. */
  processEnded(key: ProcessKey, reason: string): void {
    for (const running of this.#running.values()) {
      if (running.key === key) running.session.fail("TaskNotRunning", taskEnded(reason));
    }
  }

  /** Nobody is there any more for whom the commands run. */
  disconnected(): void {
    for (const { session } of this.#running.values()) session.input({ kind: "close" });
    this.#running.clear();
  }

  /** Begins none any more; resolves when none of them is left, or one will not end. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const { session } of this.#running.values()) {
      session.fail("NodeNotReachable", "The agent of the node was stopped.");
    }
    const { onTrouble, closeMaxMs = CLOSE_MAX_MS } = this.#parts;
    const allDone = Promise.allSettled([...this.#alive].map(({ done }) => done));
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, closeMaxMs);
    await Promise.race([allDone, timeout.promise]);
    clearTimeout(timer);
    const left = this.#alive.size;
    if (left > 0) onTrouble(`${left} commands did not end within ${closeMaxMs} ms.`);
  }

  #open(number: number, order: ExecOrder): void {
    const { find, left, send, sendBytes, onTrouble } = this.#parts;
    const refuse = (code: ExecFailureCode, message: string): void => {
      const end = { state: "failed", code, message } as const;
      send({ type: "exec", session: number, output: { kind: "ended", end } });
    };
    if (this.#isClosing) {
      refuse("NodeNotReachable", "The agent of the node is being stopped.");
      return;
    }
    // The server counts too; commands of a connection that broke are counted here alone.
    if (this.#alive.size >= EXEC_SESSIONS_PER_NODE_MAX) {
      refuse("TooManySessions", `The node has ${this.#alive.size} sessions already.`);
      return;
    }
    const target = find(order.execution, order.member);
    if (target === null) {
      refuse("TaskNotRunning", "The task does not run on its node at this moment.");
      return;
    }
    const outlet = {
      tell: (output: ExecOutputFrame["output"]) => {
        if (this.#running.get(number)?.session !== session) return;
        send({ type: "exec", session: number, output });
        if (output.kind === "ended") this.#running.delete(number);
      },
      say: (stream: "stdout" | "stderr", bytes: Uint8Array) =>
        sendBytes({ session: number, stream, bytes }),
    };
    let forget = (): void => undefined;
    const session: AgentExecSession = new AgentExecSession(order, target.enter, outlet, {
      onBegun(pid) {
        if (pid !== null) forget = left.note(pid);
      },
      onTrouble,
    });
    this.#running.set(number, { key: target.key, session });
    this.#alive.add(session);
    void session.done.catch(onTrouble).finally(() => {
      forget();
      this.#alive.delete(session);
    });
  }
}

function taskEnded(reason: string): string {
  return `The task ended (${reason}) while the command ran.`;
}
