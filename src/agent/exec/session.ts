import {
  ExecCredit,
  type ExecEnd,
  type ExecInput,
  type ExecOrder,
  type ExecOutput,
  execPieces,
  type TerminalSize,
} from "../../protocol/node/exec.ts";
import {
  type EnteredCommand,
  type EnterFailure,
  type EnterWish,
  isEnterFailure,
} from "./enteredCommand.ts";

/** The exit code of a command that was killed is this and the signal's number. */
const SIGNAL_EXIT_BASE = 128;

/** Runs a command inside a member that runs. */
export type Enter = (wish: EnterWish) => Promise<EnteredCommand | EnterFailure>;

/** Where a session's messages and bytes go. */
export interface SessionOutlet {
  readonly tell: (output: ExecOutput) => void;
  /** Resolves when the connection has taken them. */
  readonly say: (stream: "stdout" | "stderr", bytes: Uint8Array) => Promise<unknown>;
}

export interface SessionEvents {
  /** Of its first process; null: nobody says which. */
  readonly onBegun: (pid: number | null) => void;
  /** Something that the agent's owner should know. */
  readonly onTrouble: (error: unknown) => void;
}

/** One command for somebody at the other end of the connection. It ends once, for the first reason that there is. */
export class AgentExecSession {
  /** Resolves when the command has ended and nothing of it is left. */
  readonly done: Promise<void>;
  readonly #outlet: SessionOutlet;
  readonly #events: SessionEvents;
  readonly #unwanted = new AbortController();
  /** For output. */
  readonly #credit = new ExecCredit();
  #command: EnteredCommand | null = null;
  #end: ExecEnd | null = null;
  /** What is told of a command that was killed with its task; null: the task is not about to end. */
  #taskEnding: string | null = null;
  /** Input is taken one after the other, from before the command has begun. */
  #input: Promise<void>;
  /** The newest that was given before the command has begun. */
  #size: TerminalSize | null = null;

  constructor(order: ExecOrder, enter: Enter, outlet: SessionOutlet, events: SessionEvents) {
    this.#outlet = outlet;
    this.#events = events;
    const { command, terminal, hasStdin } = order;
    const entering = enter({
      command,
      terminal,
      hasStdin,
      take: (...output) => this.#take(...output),
      signal: this.#unwanted.signal,
    });
    const failed = (error: unknown): EnterFailure => ({
      code: "CommandLaunchFailed",
      message: `The command could not be run: ${String(error)}.`,
    });
    const entered = entering.catch(failed);
    this.#input = entered.then(() => undefined);
    this.done = entered.then((given) => this.#run(given));
  }

  async #run(entered: EnteredCommand | EnterFailure): Promise<void> {
    if (isEnterFailure(entered)) {
      this.#finish({ state: "failed", ...entered });
      return;
    }
    this.#command = entered;
    const { pid, shortcoming } = entered;
    this.#events.onBegun(pid);
    if (shortcoming !== null) this.#events.onTrouble(shortcoming);
    if (this.#size !== null) entered.resize(this.#size);
    // Ended while it was being started.
    if (this.#end === null) this.#outlet.tell({ kind: "started", shortcoming });
    else this.#stop();
    this.#finish(this.#endOf(await entered.ended));
    const left = await entered.stop();
    if (left.length === 0) return;
    this.#events.onTrouble(`The processes ${left.join(", ")} of a command could not be ended.`);
  }

  /** A signal that ended the command was its task's, so that its code is nothing that the command says. */
  #endOf(ended: number | EnterFailure): ExecEnd {
    if (typeof ended !== "number") return { state: "failed", ...ended };
    if (this.#taskEnding === null || ended <= SIGNAL_EXIT_BASE) {
      return { state: "exited", exitCode: ended };
    }
    return { state: "failed", code: "TaskNotRunning", message: this.#taskEnding };
  }

  /** From now on it may be killed with its task; `message` says why that ends. */
  taskEnding(message: string): void {
    this.#taskEnding = message;
  }

  input(input: ExecInput): void {
    switch (input.kind) {
      case "resize":
        // Not behind input that is not read.
        this.#size = input.size;
        this.#command?.resize(input.size);
        return;
      case "endOfInput":
        this.#inOrder(async () => this.#command?.endInput());
        return;
      case "credit":
        if (!this.#credit.give(input.bytes))
          this.fail("ProtocolError", "More was taken than sent.");
        return;
      case "close":
        this.#stop();
    }
  }

  write(bytes: Uint8Array): void {
    this.#inOrder(async () => {
      await this.#command?.write(bytes);
      if (this.#end === null) this.#outlet.tell({ kind: "credit", bytes: bytes.byteLength });
    });
  }

  /** Ends it for another reason than its command's end. */
  fail(code: Extract<ExecEnd, { state: "failed" }>["code"], message: string): void {
    this.#finish({ state: "failed", code, message });
    this.#stop();
  }

  /** Nobody listens any more. */
  #stop(): void {
    this.#end ??= { state: "exited", exitCode: 0 };
    // Whatever waits to be taken is taken by nobody.
    this.#credit.close();
    this.#unwanted.abort();
    void this.#command?.stop().catch(this.#events.onTrouble);
  }

  #finish(end: ExecEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#outlet.tell({ kind: "ended", end });
  }

  #inOrder(work: () => Promise<void>): void {
    this.#input = this.#input.then(work).catch(() => undefined);
  }

  async #take(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void> {
    for (const piece of execPieces(bytes)) {
      if (!(await this.#credit.spendWhenGiven(piece.byteLength))) return;
      await this.#outlet.say(stream, piece);
    }
  }
}
