import { EXECUTABLE, type Sandbox } from "./sandbox.ts";
import type { ServerProcess } from "./server.ts";
import { until } from "./until.ts";

/** A command line as a person at a terminal runs it. */
export interface Typist {
  readonly pid: number;
  readonly exited: Promise<number>;
  /** What the terminal shows. */
  shown(): string;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** Waits until the terminal shows the text. */
  untilShown(text: string): Promise<void>;
}

function surroundings(sandbox: Sandbox, server: ServerProcess) {
  return {
    cwd: sandbox.path,
    env: {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      HOME: sandbox.path,
      STINT_DATA: server.data,
      TERM: "xterm",
    },
  };
}

/** Starts the executable on a pseudo-terminal of 100 columns and 30 rows. */
export function typist(
  sandbox: Sandbox,
  server: ServerProcess,
  words: readonly string[],
  executable = EXECUTABLE,
): Typist {
  let text = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn([executable, ...words], {
    ...surroundings(sandbox, server),
    terminal: {
      cols: 100,
      rows: 30,
      data(_, bytes) {
        text += decoder.decode(bytes, { stream: true });
      },
    },
  });
  return {
    pid: child.pid,
    exited: child.exited,
    shown: () => text,
    type: (keys) => void child.terminal?.write(keys),
    resize: (columns, rows) => child.terminal?.resize(columns, rows),
    async untilShown(wanted) {
      await until(
        `${JSON.stringify(wanted)} on the terminal`,
        () => text,
        (shown) => shown.includes(wanted),
      );
    },
  };
}

/** Starts the executable with pipes at its three ends. */
export function piped(sandbox: Sandbox, server: ServerProcess, words: readonly string[]) {
  return Bun.spawn([EXECUTABLE, ...words], {
    ...surroundings(sandbox, server),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** Names of the events of commands in which the word occurs, oldest first. */
export async function execEvents(
  { events }: ServerProcess["client"],
  word: string,
): Promise<string[]> {
  const { items } = await events.list({ type: ["ExecStartEvent", "ExecEndEvent"] });
  return items
    .filter(({ properties }) => JSON.stringify(properties).includes(word))
    .map(({ operationName }) => operationName);
}
