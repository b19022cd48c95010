import type { Launch as MemberLaunch } from "../drivers/driver.ts";
import { kernelBootId } from "../platform/processIdentity.ts";
import { endProcessSession, identityOf } from "../platform/processSession.ts";
import { spawnInTerminal } from "../platform/pseudoTerminal.ts";
import type { ProgramStart, Started, StartPlace } from "../platform/startPlace.ts";
import type { SpawnGroups } from "../shim/message.ts";
import type { EnteredCommand, EnterFailure, EnterWish } from "./enteredCommand.ts";
import { OutputDrain } from "./outputDrain.ts";

/** Between tries to write to a terminal whose reader has not come to it yet. */
const WRITE_AGAIN_MS = 10;
/** What the terminal holds beyond this has to wait with its processes. */
const TERMINAL_QUEUE_BYTES = 64 * 1024;
/** End of input, as a terminal's user types it. */
const CONTROL_D = new Uint8Array([4]);

type Launch = Omit<MemberLaunch, "limits" | "notes" | "root">;

/** Runs a command of this machine in the member's control group and root, as the first of a session of its own. */
export async function enterProcess(
  launch: Launch,
  groups: SpawnGroups | null,
  place: StartPlace,
  wish: EnterWish,
): Promise<EnteredCommand | EnterFailure> {
  const start = { ...launch, groups };
  const failed = (reason: string): EnterFailure => {
    const message = `${launch.argv[0] ?? launch.program} could not be run: ${reason}.`;
    return { code: "CommandLaunchFailed", message };
  };
  try {
    const { terminal } = wish;
    const { begun, command } =
      terminal === null ? piped(start, place, wish) : inTerminal(start, place, wish, terminal);
    const failure = await begun;
    if (failure === null) return command;
    await command.stop();
    return failed(failure.reason);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** What may not have begun yet. */
interface Entering {
  readonly begun: Started<unknown>["begun"];
  readonly command: EnteredCommand;
}

function piped(start: ProgramStart, place: StartPlace, wish: EnterWish): Entering {
  const { child, begun } = place.start(start, false, ({ words, options, further }) =>
    Bun.spawn(words, {
      ...options,
      stdio: [wish.hasStdin ? "pipe" : "ignore", "pipe", "pipe", ...further],
    }),
  );
  const endSession = sessionEnd(child.pid);
  const drain = new OutputDrain(wish.take);
  const streams = [reader(child.stdout, "stdout", drain), reader(child.stderr, "stderr", drain)];
  const all = Promise.all(streams.map(({ done }) => done));
  const cancel = () => {
    for (const stream of streams) stream.cancel();
  };
  const finish = async (): Promise<number> => {
    const exitCode = await child.exited;
    await endSession();
    await drain.finished(all);
    cancel();
    return exitCode;
  };
  const command: EnteredCommand = {
    pid: child.pid,
    shortcoming: null,
    ended: finish(),
    async write(bytes) {
      try {
        await Promise.all([child.stdin?.write(bytes), child.stdin?.flush()]);
      } catch {
        // It reads no more.
      }
    },
    endInput() {
      void Promise.resolve(child.stdin?.end()).catch(() => undefined);
    },
    resize: () => undefined,
    stop() {
      drain.abandon();
      cancel();
      return endSession();
    },
  };
  return { begun, command };
}

function reader(
  output: ReadableStream<Uint8Array>,
  stream: "stdout" | "stderr",
  drain: OutputDrain,
): { done: Promise<void>; cancel: () => void } {
  const from = output.getReader();
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await from.read();
      if (done) return;
      await drain.take(stream, value);
    }
  };
  const cancel = () => void from.cancel().catch(() => undefined);
  return { done: read().catch(() => undefined), cancel };
}

function inTerminal(
  start: ProgramStart,
  place: StartPlace,
  { take }: EnterWish,
  terminal: NonNullable<EnterWish["terminal"]>,
): Entering {
  const env = { ...start.env, ...(terminal.type === "" ? {} : { TERM: terminal.type }) };
  const drain = new OutputDrain((_, bytes) => take("stdout", bytes));
  const output = new TerminalOutput(drain);
  const tty = spawnInTerminal({ start: { ...start, env }, place }, terminal, (bytes) =>
    output.add(bytes, tty),
  );
  const { child, begun } = tty;
  const endSession = sessionEnd(child.pid);
  let hasExited = false;
  const finish = async (): Promise<number> => {
    const exitCode = await child.exited;
    hasExited = true;
    await endSession();
    // Nothing waits for a reader any more but what is there, and its end is to be seen.
    tty.let();
    tty.release();
    await drain.finished(tty.isOver.then(() => output.taken()));
    tty.close();
    return exitCode;
  };
  const command: EnteredCommand = {
    pid: child.pid,
    shortcoming: null,
    ended: finish(),
    async write(bytes) {
      for (let rest = bytes; rest.byteLength > 0 && !hasExited; ) {
        rest = rest.subarray(tty.write(rest));
        if (rest.byteLength > 0) await Bun.sleep(WRITE_AGAIN_MS);
      }
    },
    endInput: () => void tty.write(CONTROL_D),
    resize: (size) => tty.resize(size),
    stop() {
      drain.abandon();
      tty.close();
      return endSession();
    },
  };
  return { begun, command };
}

type HoldableOutput = Pick<ReturnType<typeof spawnInTerminal>, "hold" | "let">;

/** Output of a terminal on its way to whoever reads it; while that one is slow, processes have to wait. */
class TerminalOutput {
  readonly #drain: OutputDrain;
  readonly #queue: Uint8Array[] = [];
  #sizeBytes = 0;
  #pumping: Promise<void> | null = null;

  constructor(drain: OutputDrain) {
    this.#drain = drain;
  }

  add(bytes: Uint8Array, tty: HoldableOutput): void {
    this.#queue.push(bytes);
    this.#sizeBytes += bytes.byteLength;
    if (this.#sizeBytes > TERMINAL_QUEUE_BYTES) tty.hold();
    this.#pumping ??= this.#pump(tty);
  }

  /** Resolves when everything that was added has been taken. */
  async taken(): Promise<void> {
    await this.#pumping;
  }

  async #pump(tty: HoldableOutput): Promise<void> {
    for (let bytes = this.#queue.shift(); bytes !== undefined; bytes = this.#queue.shift()) {
      await this.#drain.take("stdout", bytes);
      this.#sizeBytes -= bytes.byteLength;
      if (this.#sizeBytes === 0) tty.let();
    }
    this.#pumping = null;
  }
}

/** Ends the session of the process, see endProcessSession. */
function sessionEnd(pid: number): () => Promise<readonly number[]> {
  const bootId = kernelBootId();
  const leader = identityOf(pid, bootId);
  let ended: Promise<readonly number[]> | null = null;
  return () => {
    // Once is enough, and later its number may be another's.
    ended ??= leader === null ? Promise.resolve([]) : endProcessSession(leader, bootId);
    return ended;
  };
}
