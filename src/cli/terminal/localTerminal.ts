import { constants } from "node:os";
import type { TerminalSize } from "../../protocol/node/exec.ts";

/** Whether a person sits at both ends of this process. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

export function terminalSize(): TerminalSize {
  const { columns = 80, rows = 24 } = process.stdout;
  return { columns: Math.max(columns, 1), rows: Math.max(rows, 1) };
}

/** Tells of every change of the window's size; what is returned ends that. */
export function onTerminalResize(tell: (size: TerminalSize) => void): () => void {
  const onResize = () => tell(terminalSize());
  process.stdout.on("resize", onResize);
  return () => void process.stdout.off("resize", onResize);
}

const ENDING = ["SIGTERM", "SIGHUP"] as const;

/** Hands every key on as it is typed, Ctrl-C too, until what is returned is called; that is made sure of. */
export function makeRaw(): () => void {
  let isRaw = true;
  const restore = () => {
    if (isRaw) process.stdin.setRawMode(false);
    isRaw = false;
    for (const [name, end] of ends) process.off(name, end);
  };
  const ends = ENDING.map(
    (name) =>
      [
        name,
        () => {
          restore();
          process.exit(128 + constants.signals[name]);
        },
      ] as const,
  );
  process.stdin.setRawMode(true);
  for (const [name, end] of ends) process.on(name, end);
  keepLineFeeds();
  return restore;
}

/** The raw mode leaves them to be made ends of lines, which those of programs that draw are not. */
function keepLineFeeds(): void {
  try {
    Bun.spawnSync(["stty", "-opost"], { stdin: "inherit" });
  } catch {
    // Without the program they are drawn askew, and everything else is as it should be.
  }
}

/** What comes on stdin, as it comes. */
export function stdinBytes(): AsyncIterable<Uint8Array> {
  return process.stdin.isTTY === true ? process.stdin : Bun.stdin.stream();
}
