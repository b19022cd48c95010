import { connect, type Socket } from "node:net";
import type { TerminalSize } from "../../../protocol/node/exec.ts";
import type { EnteredCommand, EnterFailure, EnterWish } from "../../exec/enteredCommand.ts";
import { OutputDrain } from "../../exec/outputDrain.ts";
import { kernelBootId } from "../../platform/processIdentity.ts";
import { endProcessSession, identityOf } from "../../platform/processSession.ts";
import { type ContainerEngine, EngineError } from "./engine.ts";
import { newFrameSplitter } from "./frames.ts";

interface InspectedExec {
  readonly Running: boolean;
  readonly ExitCode: number | null;
  /** Of the machine; 0 before it runs. */
  readonly Pid: number;
}

/** The engine tells of a beginning and an end a moment after it has opened and closed the connection. */
const LOOK_AGAIN_MS = 20;
const TOLD_MAX_MS = 5_000;
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const KILLED = 128 + 9;
const MISSING = /executable file not found|no such file or directory/i;

/** Runs a command in a container that runs, as `docker exec` does. */
export async function enterContainer(
  engine: ContainerEngine,
  container: string,
  wish: EnterWish,
): Promise<EnteredCommand | EnterFailure> {
  const { command, terminal, hasStdin } = wish;
  try {
    const { Id } = await engine.json<{ Id: string }>("POST", `/containers/${container}/exec`, {
      body: {
        Cmd: command,
        AttachStdin: hasStdin,
        AttachStdout: true,
        AttachStderr: true,
        Tty: terminal !== null,
        ...(terminal === null || terminal.type === "" ? {} : { Env: [`TERM=${terminal.type}`] }),
      },
    });
    const stream = await openExec(engine.socketPath, Id, terminal !== null);
    return await new ContainerCommand(engine, Id, stream, wish).begun(terminal);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (MISSING.test(message)) return { code: "CommandNotFound", message: missing(command) };
    const isGone = error instanceof EngineError && (error.status === 404 || error.status === 409);
    return { code: isGone ? "TaskNotRunning" : "CommandLaunchFailed", message: `${message}.` };
  }
}

function missing([program = ""]: readonly string[]): string {
  return `There is no program ${JSON.stringify(program)} in the container.`;
}

/** A connection that was HTTP until the engine handed it to the command. */
interface RawStream {
  readonly socket: Socket;
  /** What came right behind the engine's answer. */
  readonly first: Uint8Array;
}

/** Throws EngineError for what the engine refuses. */
function openExec(socketPath: string, id: string, hasTerminal: boolean): Promise<RawStream> {
  const { promise, resolve, reject } = Promise.withResolvers<RawStream>();
  const body = JSON.stringify({ Detach: false, Tty: hasTerminal });
  // Half of it is closed at the end of input.
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  const head = [
    `POST /exec/${id}/start HTTP/1.1`,
    "Host: localhost",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "Connection: Upgrade",
    "Upgrade: tcp",
  ];
  let answer: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    answer = Buffer.concat([answer, chunk]);
    const end = answer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(answer.toString("latin1"))?.[1]);
    // A refusal is read to its end, that it can be told.
    if (status !== 101 && status !== 200) return;
    socket.pause();
    socket.off("data", onData);
    socket.off("end", onEnd);
    resolve({ socket, first: answer.subarray(end + 4) });
  };
  const onEnd = (): void => {
    const [, reason = "it closed the connection"] =
      /"message":"(.*?)"\}/s.exec(answer.toString()) ?? [];
    socket.destroy();
    reject(new EngineError(reason.trim(), { status: Number(answer.toString("latin1", 9, 12)) }));
  };
  socket.on("data", onData);
  socket.on("end", onEnd);
  socket.on("error", (cause) => {
    reject(
      new EngineError(`${socketPath} does not answer: ${cause.message}`, { status: 0, cause }),
    );
  });
  socket.write(`${[...head, "", ""].join("\r\n")}${body}`);
  return promise;
}

class ContainerCommand implements EnteredCommand {
  readonly ended: Promise<number>;
  readonly #engine: ContainerEngine;
  readonly #id: string;
  readonly #socket: Socket;
  readonly #command: readonly string[];
  /** What it says waits for this: an engine may tell there that it could not run the command. */
  readonly #hasBegun = Promise.withResolvers<boolean>();
  #firstSaid = "";
  #pid: number | null = null;

  constructor(
    engine: ContainerEngine,
    id: string,
    { socket, first }: RawStream,
    { take, terminal, command }: EnterWish,
  ) {
    this.#engine = engine;
    this.#id = id;
    this.#socket = socket;
    this.#command = command;
    const drain = new OutputDrain(async (name, bytes) => {
      this.#firstSaid ||= Buffer.from(bytes).toString();
      if (await this.#hasBegun.promise) await take(name, bytes);
    });
    const output = pumped(socket, first, terminal !== null, drain);
    this.ended = this.#finish(output);
  }

  get pid(): number | null {
    return this.#pid;
  }

  /** Some engines only tell of a program that is not there by what it seems to say and its exit code. */
  async begun(size: TerminalSize | null): Promise<EnteredCommand | EnterFailure> {
    const { ExitCode, Pid } = await this.#inspected(
      ({ Pid: pid, ExitCode: code }) => pid > 0 || code !== null,
    );
    const isRefused = Pid === 0 && (ExitCode === NOT_FOUND || ExitCode === NOT_EXECUTABLE);
    this.#hasBegun.resolve(!isRefused);
    if (isRefused) {
      this.#socket.destroy();
      if (ExitCode === NOT_FOUND || MISSING.test(this.#firstSaid)) {
        return { code: "CommandNotFound", message: missing(this.#command) };
      }
      return { code: "CommandLaunchFailed", message: this.#firstSaid.trim() };
    }
    if (Pid > 0) this.#pid = Pid;
    if (size !== null) this.resize(size);
    return this;
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

  resize({ columns, rows }: TerminalSize): void {
    this.#engine.act("POST", `/exec/${this.#id}/resize?h=${rows}&w=${columns}`).catch(() => false);
  }

  /** The engine has no way to end a command; on its own machine it is a process like others. */
  async stop(): Promise<void> {
    const bootId = kernelBootId();
    const leader = this.#pid === null ? null : identityOf(this.#pid, bootId);
    const { Running } = await this.#inspect();
    if (Running && leader !== null) await endProcessSession(leader, bootId);
    this.#socket.destroy();
  }

  async #finish(output: Promise<void>): Promise<number> {
    await output;
    const { ExitCode } = await this.#inspected(
      ({ Running, ExitCode: code }) => !Running && code !== null,
    );
    return ExitCode ?? KILLED;
  }

  /** As the engine sees it once that holds, or after a while in any case. */
  async #inspected(holds: (exec: InspectedExec) => boolean): Promise<InspectedExec> {
    const until = performance.now() + TOLD_MAX_MS;
    for (;;) {
      const exec = await this.#inspect();
      if (holds(exec) || performance.now() > until) return exec;
      await Bun.sleep(LOOK_AGAIN_MS);
    }
  }

  async #inspect(): Promise<InspectedExec> {
    const path = `/exec/${this.#id}/json`;
    return this.#engine
      .json<InspectedExec>("GET", path)
      .catch(() => ({ Running: false, ExitCode: KILLED, Pid: 0 }));
  }
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
