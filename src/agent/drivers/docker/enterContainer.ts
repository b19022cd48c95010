import type { Socket } from "node:net";
import type { TerminalSize } from "../../../protocol/node/exec.ts";
import type { EnteredCommand, EnterFailure, EnterWish } from "../../exec/enteredCommand.ts";
import { OutputDrain } from "../../exec/outputDrain.ts";
import { isAlive, kernelBootId } from "../../platform/processIdentity.ts";
import { endProcessSession } from "../../platform/processSession.ts";
import { ContainerExec } from "./containerExec.ts";
import { type ContainerEngine, EngineError } from "./engine.ts";
import { type ExecLeader, findLeader } from "./execLeader.ts";
import { newFrameSplitter } from "./frames.ts";
import { type RawStream, startExec } from "./hijack.ts";

/** From the wish to the command's beginning, less than the server waits for it. */
const ENTER_MAX_MS = 20_000;
/** The engine tells of a beginning and an end a moment after it has opened and closed the connection. */
const TOLD_MAX_MS = 5_000;
/** What was started for nobody is looked for this long. */
const STRAY_TOLD_MAX_MS = 1_000;
/** Between looks whether the first process has ended, behind whose output others may stay. */
const LEADER_LOOK_MS = 250;
/** An engine hands on what it holds of a command that has ended, a busy one not at once. */
const QUIET_MAX_MS = 3_000;
const CONTAINER_END_TOLD_MAX_MS = 1_000;
const KILLED = 128 + 9;
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const MISSING = /executable file not found|no such file or directory/i;

/** Runs a command in a container that runs, as `docker exec` does. */
export async function enterContainer(
  engine: ContainerEngine,
  container: string,
  wish: EnterWish,
): Promise<EnteredCommand | EnterFailure> {
  const { command, terminal, hasStdin } = wish;
  const signal = AbortSignal.any([wish.signal, AbortSignal.timeout(ENTER_MAX_MS)]);
  const type = terminal?.type ?? "";
  let exec: ContainerExec | null = null;
  try {
    const body = {
      Cmd: command,
      AttachStdin: hasStdin,
      Tty: terminal !== null,
      ...(type === "" ? {} : { Env: [`TERM=${type}`] }),
    };
    exec = await ContainerExec.create(engine, container, body, signal);
    const stream = await startExec(engine.socketPath, exec.id, terminal !== null, signal);
    return await new ContainerCommand(exec, stream, wish).begun(terminal, signal);
  } catch (error) {
    const isRefused = error instanceof EngineError && error.status !== 0;
    if (exec !== null && !isRefused) await endStray(exec);
    return startFailure(error, command);
  }
}

function startFailure(error: unknown, command: readonly string[]): EnterFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof EngineError && error.status === 0) {
    const text = `The container engine of the node did not run the command: ${message}.`;
    return { code: "ContainerEngineAway", message: text };
  }
  if (MISSING.test(message)) return { code: "CommandNotFound", message: missing(command) };
  const isGone = error instanceof EngineError && (error.status === 404 || error.status === 409);
  return { code: isGone ? "TaskNotRunning" : "CommandLaunchFailed", message: `${message}.` };
}

function missing([program = ""]: readonly string[]): string {
  return `There is no program ${JSON.stringify(program)} in the container.`;
}

/** Ends a command that nobody waits for any more, and that may have begun. */
async function endStray(exec: ContainerExec): Promise<void> {
  const found = await exec.inspected(({ Pid }) => Pid > 0, STRAY_TOLD_MAX_MS).catch(() => null);
  const { identity } = found === null ? { identity: null } : await findLeader(exec, found);
  if (identity !== null) await endProcessSession(identity, kernelBootId());
}

class ContainerCommand implements EnteredCommand {
  readonly ended: Promise<number | EnterFailure>;
  readonly #exec: ContainerExec;
  readonly #socket: Socket;
  readonly #command: readonly string[];
  readonly #drain: OutputDrain;
  readonly #bootId = kernelBootId();
  /** What it says waits for this: an engine may tell there that it could not run the command. */
  readonly #hasBegun = Promise.withResolvers<boolean>();
  readonly #stopped = Promise.withResolvers<void>();
  #isStopped = false;
  #firstSaid = "";
  #leader: ExecLeader = { identity: null, shortcoming: null };
  #ending: Promise<readonly number[]> | null = null;
  #resize: TerminalSize | null = null;
  #isResizing = false;

  constructor(
    exec: ContainerExec,
    { socket, first }: RawStream,
    { take, terminal, command }: EnterWish,
  ) {
    this.#exec = exec;
    this.#socket = socket;
    this.#command = command;
    this.#drain = new OutputDrain(async (name, bytes) => {
      this.#firstSaid ||= Buffer.from(bytes).toString();
      if (await this.#hasBegun.promise) await take(name, bytes);
    }, QUIET_MAX_MS);
    this.ended = this.#finish(pumped(socket, first, terminal !== null, this.#drain));
  }

  get pid(): number | null {
    return this.#leader.identity?.pid ?? null;
  }

  get shortcoming(): string | null {
    return this.#leader.shortcoming;
  }

  /**
   * Some engines only tell of a program that is not there by what it seems to say and its exit code. Throws EngineError
   * when the engine does not tell.
   */
  async begun(
    size: TerminalSize | null,
    signal: AbortSignal,
  ): Promise<EnteredCommand | EnterFailure> {
    try {
      const found = await this.#exec.inspected(
        ({ Pid: pid, ExitCode: code }) => pid > 0 || code !== null,
        TOLD_MAX_MS,
        signal,
      );
      const { ExitCode, Pid } = found;
      if (Pid === 0 && (ExitCode === NOT_FOUND || ExitCode === NOT_EXECUTABLE)) {
        return this.#refused(ExitCode);
      }
      this.#leader = await findLeader(this.#exec, found);
    } catch (error) {
      this.#giveUp();
      throw error;
    }
    this.#hasBegun.resolve(true);
    if (size !== null) this.resize(size);
    return this;
  }

  #refused(exitCode: number): EnterFailure {
    this.#giveUp();
    if (exitCode === NOT_FOUND || MISSING.test(this.#firstSaid)) {
      return { code: "CommandNotFound", message: missing(this.#command) };
    }
    return { code: "CommandLaunchFailed", message: this.#firstSaid.trim() };
  }

  #giveUp(): void {
    this.#hasBegun.resolve(false);
    this.#drain.abandon();
    this.#isStopped = true;
    this.#stopped.resolve();
    this.#socket.destroy();
  }

  write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // A command that has ended takes nothing any more, and its end is told by its output.
    this.#socket.once("close", resolve);
    this.#socket.write(bytes, () => {
      this.#socket.off("close", resolve);
      resolve();
    });
    return promise;
  }

  endInput(): void {
    this.#socket.end();
  }

  /** One at a time is under way, and then only the newest counts. */
  resize(size: TerminalSize): void {
    this.#resize = size;
    if (this.#isResizing) return;
    this.#isResizing = true;
    void this.#resizeToNewest();
  }

  async #resizeToNewest(): Promise<void> {
    for (let size = this.#resize; size !== null && !this.#isStopped; size = this.#resize) {
      this.#resize = null;
      const path = `/exec/${this.#exec.id}/resize?h=${size.rows}&w=${size.columns}`;
      const signal = AbortSignal.timeout(TOLD_MAX_MS);
      await this.#exec.engine.act("POST", path, { signal }).catch(() => false);
    }
    this.#isResizing = false;
  }

  async stop(): Promise<readonly number[]> {
    this.#giveUp();
    return await this.#endSession();
  }

  /** Also of a leader that has ended: what it has left behind is in its session. */
  #endSession(): Promise<readonly number[]> {
    const { identity } = this.#leader;
    this.#ending ??=
      identity === null ? Promise.resolve([]) : endProcessSession(identity, this.#bootId);
    return this.#ending;
  }

  async #finish(output: Promise<void>): Promise<number | EnterFailure> {
    if (await this.#hasBegun.promise) {
      await Promise.race([output, this.#stopped.promise, this.#leaderEnded(output)]);
      await this.#endSession();
      await this.#drain.finished(output);
    }
    this.#socket.destroy();
    if (this.#isStopped) return { code: "SessionClosed", message: "The command was ended." };
    try {
      const { ExitCode } = await this.#exec.inspected(
        ({ Running, ExitCode: code }) => !Running && code !== null,
        TOLD_MAX_MS,
      );
      if (ExitCode === KILLED && (await this.#hasContainerEnded())) {
        return { code: "TaskNotRunning", message: "The task ended while the command ran." };
      }
      // Podman says -1 for one that it does not know.
      if (ExitCode !== null && ExitCode >= 0) return ExitCode;
    } catch (error) {
      return endFailure(error);
    }
    return endFailure(new Error("it tells no exit code"));
  }

  /** The end of a container kills what runs in it, a moment before its engine tells of it. */
  async #hasContainerEnded(): Promise<boolean> {
    const { engine, container } = this.#exec;
    const until = performance.now() + CONTAINER_END_TOLD_MAX_MS;
    for (;;) {
      const signal = AbortSignal.timeout(TOLD_MAX_MS);
      const path = `/containers/${container}/json`;
      try {
        const { State } = await engine.json<{ State: { Running: boolean } }>("GET", path, {
          signal,
        });
        if (!State.Running) return true;
      } catch (error) {
        return error instanceof EngineError && error.status === 404;
      }
      if (performance.now() > until) return false;
      await Bun.sleep(LEADER_LOOK_MS);
    }
  }

  async #leaderEnded(output: Promise<void>): Promise<void> {
    const { identity } = this.#leader;
    if (identity === null) return await output;
    let isOver = false;
    const over = Promise.race([output, this.#stopped.promise]).then(() => {
      isOver = true;
    });
    while (!isOver && isAlive(identity, this.#bootId)) {
      await Promise.race([over, Bun.sleep(LEADER_LOOK_MS)]);
    }
  }
}

function endFailure(error: unknown): EnterFailure {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof EngineError && error.status === 404) {
    return { code: "TaskNotRunning", message: `The container of the command is gone: ${reason}.` };
  }
  return {
    code: "EndUnknown",
    message: `How the command ended is not known, as its engine does not tell: ${reason}.`,
  };
}

/** Reads no faster than it is taken; resolves at the end of the output. */
function pumped(
  socket: Socket,
  first: Uint8Array,
  hasTerminal: boolean,
  drain: OutputDrain,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let taken: Promise<void> = Promise.resolve();
  const add = (stream: "stdout" | "stderr", bytes: Uint8Array) => {
    taken = taken.then(() => drain.take(stream, bytes));
  };
  const split = hasTerminal ? (bytes: Uint8Array) => add("stdout", bytes) : newFrameSplitter(add);
  const onData = (chunk: Uint8Array): void => {
    split(chunk);
    socket.pause();
    void taken.then(() => socket.resume());
  };
  const onEnd = () => void taken.then(() => resolve());
  socket.on("data", onData);
  socket.on("end", onEnd);
  socket.on("close", onEnd);
  if (first.byteLength > 0) onData(first);
  else socket.resume();
  return promise;
}
