import {
  closeSync,
  constants,
  fchownSync,
  openSync,
  readdirSync,
  readlinkSync,
  writeSync,
} from "node:fs";
import type { TerminalSize } from "../../protocol/node/exec.ts";
import { codeOf } from "../files/open.ts";
import { holdOutput, letOutput, replaceFile } from "./libc.ts";
import type { ProgramStart, Started, StartPlace } from "./startPlace.ts";

/** What gets a terminal; where else than on the node it finds it as CONSOLE. */
export interface TerminalProcess {
  readonly start: ProgramStart;
  readonly place: StartPlace;
}

/** A process that has a pseudo-terminal for its session. */
export interface PseudoTerminal {
  readonly child: Bun.Subprocess;
  readonly begun: Started<unknown>["begun"];
  /** Resolves when everything that was written to it has been told, and no process has it any more. */
  readonly isOver: Promise<void>;
  /** As many of the bytes as it takes now. */
  write(bytes: Uint8Array): number;
  /** What the processes write has to wait, as after Ctrl-S, until it is let. */
  hold(): void;
  let(): void;
  resize(size: TerminalSize): void;
  /** To be called when the child has ended, so that the end of what it wrote can be seen. */
  release(): void;
  close(): void;
}

const LINE_END = /^\/dev\/pts\/\d+$/;
const MASTER_END = /^\/dev\/(pts\/)?ptmx$/;

/**
 * Bun makes the terminal, gives it to the child and reads it, as fast as it can. What else is needed it has no word for,
 * so that is done on its descriptors, which are those that were not there, or something else, before.
 */
export function spawnInTerminal(
  { start, place }: TerminalProcess,
  size: TerminalSize,
  onOutput: (bytes: Uint8Array) => void,
): PseudoTerminal {
  const before = new Map(descriptors().map(({ file, path }) => [file, path]));
  const { promise: isOver, resolve: onOver } = Promise.withResolvers<void>();
  const { child, begun } = place.start(start, true, ({ words, options, further }) =>
    Bun.spawn(words, {
      ...options,
      // The first three are the terminal.
      stdio: ["ignore", "ignore", "ignore", ...further],
      terminal: {
        cols: size.columns,
        rows: size.rows,
        data: (_, bytes) => onOutput(new Uint8Array(bytes)),
        exit: () => onOver(),
      },
    }),
  );
  const { terminal } = child;
  const own = descriptors().filter(({ file, path }) => before.get(file) !== path);
  const bunsLine = own.find(({ path }) => LINE_END.test(path))?.file;
  const master = own.find(({ path }) => MASTER_END.test(path))?.file;
  if (terminal === undefined || bunsLine === undefined || master === undefined) {
    child.kill("SIGKILL");
    terminal?.close();
    throw new Error("no pseudo-terminal could be made; are /dev/ptmx and /dev/pts there?");
  }
  let line: number | null = takeOver(bunsLine);
  // Programs that open their terminal by its name need it to be their user's.
  const uid = start.user?.uid ?? start.uid;
  if (uid !== null) fchownSync(line, uid, -1);
  let isClosed = false;
  const release = () => {
    if (line !== null) closeSync(line);
    line = null;
  };
  return {
    child,
    begun,
    isOver,
    write: (bytes) => (isClosed ? bytes.byteLength : writeNow(master, bytes)),
    hold() {
      if (line !== null) holdOutput(line);
    },
    let() {
      if (line !== null) letOutput(line);
    },
    resize({ columns, rows }) {
      if (!isClosed) terminal.resize(columns, rows);
    },
    release,
    close() {
      if (isClosed) return;
      release();
      isClosed = true;
      terminal.close();
    },
  };
}

/** Bun keeps the child's end open as long as its own, so that the child's end of it would not be seen: it is given another. */
function takeOver(bunsLine: number): number {
  const line = openSync(`/proc/self/fd/${bunsLine}`, constants.O_RDWR | constants.O_NOCTTY);
  const nothing = openSync("/dev/null", constants.O_RDWR);
  replaceFile(bunsLine, nothing);
  closeSync(nothing);
  return line;
}

function descriptors(): { file: number; path: string }[] {
  return readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      return [{ file: Number(name), path: readlinkSync(`/proc/self/fd/${name}`) }];
    } catch {
      return [];
    }
  });
}

function writeNow(file: number, bytes: Uint8Array): number {
  try {
    return writeSync(file, bytes);
  } catch (error) {
    // Nobody has the other end any more: it goes nowhere.
    return codeOf(error) === "EAGAIN" ? 0 : bytes.byteLength;
  }
}
