import { closeSync } from "node:fs";
import { openMemoryFile, openPipe } from "../platform/libc.ts";
import type { ProgramStart, StartPlace } from "../platform/startPlace.ts";
import type { Elsewhere, StarterFailure, StarterOrder, StarterWord } from "./order.ts";

/** The role of the executable that runs a starter; its argument is the number of whoever waits for it. */
const STARTER_ROLE = "starter";

/** A start that takes longer has met a volume that does not answer. Shorter than an agent waits for a shim. */
const START_TIMEOUT_MS = 8_000;

/** By which a process is known as its node's, see newTreeKeeper. */
const MARKS = ["STINT_NODE_ROOT_DIR", "STINT_PROCESS"];

/** A place that a starter goes to. `selfCommand` is how this program is started. */
export function elsewhere(
  where: Elsewhere,
  selfCommand: readonly string[],
  timeoutMs = START_TIMEOUT_MS,
): StartPlace {
  return {
    start(start, hasTerminal, spawn) {
      const order = openMemoryFile(JSON.stringify(orderOf(start, where, hasTerminal)));
      const files = [order];
      try {
        const pipe = openPipe();
        files.push(pipe.writes);
        try {
          const child = spawn({
            words: [...starterCommand(selfCommand), String(process.pid)],
            // Nothing of the task's: what of it has a meaning for this program would be done by root.
            options: { argv0: "stint", cwd: "/", env: marksOf(start.env), detached: true },
            further: [order, pipe.writes],
          });
          return { child, begun: hear(child, pipe.reads, timeoutMs) };
        } catch (error) {
          closeSync(pipe.reads);
          throw error;
        }
      } finally {
        for (const file of files) closeSync(file);
      }
    },
  };
}

function orderOf(
  { program, argv, env, cwd, user, groups }: ProgramStart,
  where: Elsewhere,
  hasTerminal: boolean,
): StarterOrder {
  const all = groups === null ? [] : [groups.first, ...groups.further];
  return { where, program, argv, env, cwd, user, groups: all, hasTerminal };
}

/** The file of this program may be another version's by now. */
function starterCommand([program = "", ...words]: readonly string[]): string[] {
  return [program === process.execPath ? "/proc/self/exe" : program, ...words, STARTER_ROLE];
}

function marksOf(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => MARKS.includes(name)));
}

/** Closes the pipe. Never rejects. */
async function hear(
  child: Bun.Subprocess,
  pipe: number,
  timeoutMs: number,
): Promise<StarterFailure | null> {
  const timeout = Promise.withResolvers<StarterFailure>();
  const giveUp = (reason: string): StarterFailure => {
    child.kill("SIGKILL");
    return { by: "node", reason };
  };
  const late = `it did not begin within ${timeoutMs / 1000} s, as when a volume does not answer`;
  const timer = setTimeout(() => timeout.resolve(giveUp(late)), timeoutMs);
  try {
    return await Promise.race([lastWord(child, pipe), timeout.promise]);
  } catch (error) {
    return giveUp(`its start could not be followed (${String(error)})`);
  } finally {
    clearTimeout(timer);
  }
}

async function lastWord(child: Bun.Subprocess, pipe: number): Promise<StarterFailure | null> {
  let text: string;
  try {
    text = await new Response(Bun.file(pipe).stream()).text();
  } finally {
    closeSync(pipe);
  }
  const line = text.split("\n").findLast(Boolean);
  if (line === undefined) {
    const exitCode = await child.exited;
    return { by: "node", reason: `its start ended with ${child.signalCode ?? exitCode}` };
  }
  const last = JSON.parse(line) as StarterWord;
  return last.word === "becoming" ? null : { by: last.by, reason: last.reason };
}
