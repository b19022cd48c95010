import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ShimCore, type ShimPorts } from "../core/shim.ts";
import { type LineSender, newLineSender, newLineSplitter } from "../lines.ts";
import { writeShimIdentity } from "./identity.ts";
import {
  SHIM_PROTOCOL,
  SHIM_SETTINGS,
  SHIM_SOCKET,
  type ShimHello,
  type ShimLine,
  type SpawnRequest,
} from "./message.ts";
import { openShimJournal } from "./shimJournal.ts";
import { spawnProcess } from "./spawn.ts";

/** A shim that no agent has driven for this long, and that has no child, exits; its journal stays. */
const LONELY_EXIT_MS = 60_000;

/** Word of a start may come this much later than the start. */
const START_DELAY_MS = 4;

/** While the disk is full, lines wait in memory; they are written after this long, or told never. */
const WRITE_AGAIN_MS = 500;

/** What the agent that starts a shim leaves for it in its directory. */
export interface ShimSettings {
  readonly version: string;
  readonly bootId: string;
}

/**
 * The process that starts the tasks of a node and outlives the agent: it does nothing but spawn, write down what it
 * sees, and tell it. `selfCommand` is how this program is started. Resolves when it is not needed any more.
 */
export async function runShim(directory: string, selfCommand: readonly string[]): Promise<void> {
  const settings = JSON.parse(readFileSync(join(directory, SHIM_SETTINGS), "utf8"));
  const { promise, resolve } = Promise.withResolvers<void>();
  const shim = newShim(directory, settings as ShimSettings, selfCommand, resolve);
  // A closed terminal or a stopped agent must not take the processes' parent with it.
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"] as const) {
    process.on(signal, () => undefined);
  }
  const socketPath = join(directory, SHIM_SOCKET);
  const listener = Bun.listen<{ take: (chunk: Uint8Array) => void; sender: LineSender }>({
    unix: socketPath,
    socket: {
      open(socket) {
        const sender = newLineSender(socket);
        socket.data = {
          take: newLineSplitter((line) => shim.onRequest(sender, JSON.parse(line))),
          sender,
        };
        shim.onAgent(sender);
      },
      data(socket, chunk) {
        socket.data.take(chunk);
        shim.flush();
      },
      drain: (socket) => socket.data.sender.drain(),
      close: (socket) => shim.onAgentGone(socket.data.sender),
      error: () => undefined,
    },
  });
  await promise;
  listener.stop(true);
  rmSync(socketPath, { force: true });
}

/** The core with this process around it. */
function newShim(
  directory: string,
  settings: ShimSettings,
  selfCommand: readonly string[],
  end: () => void,
): ShimProcess {
  const identity = writeShimIdentity(directory, settings.bootId);
  const hello: ShimHello = {
    record: "hello",
    version: settings.version,
    protocol: SHIM_PROTOCOL,
    process: identity,
  };
  const spawn = (request: SpawnRequest) =>
    spawnProcess(request, selfCommand, {
      onBegun: (begun) => shim.onBegun(request.execution, begun),
      onExit: (exit) => shim.onExited(request.execution, exit),
    });
  const shim: ShimProcess = new ShimCore(newPorts(directory, hello, () => shim, spawn, end));
  return shim;
}

type ShimProcess = ShimCore<LineSender, SpawnRequest>;

/** What the core of this process is given to work with. `core` gives the core itself, once it is there. */
function newPorts(
  directory: string,
  hello: ShimHello,
  core: () => ShimProcess,
  spawn: ShimPorts<LineSender, SpawnRequest>["spawn"],
  end: () => void,
): ShimPorts<LineSender, SpawnRequest> {
  const journal = openShimJournal(directory);
  const timeouts = { tell: null, end: null } as Record<"tell" | "end", NodeJS.Timeout | null>;
  return {
    write(records, memory) {
      if (!journal.append(linesOf(records))) return false;
      journal.compact(memory);
      return true;
    },
    greet: (agent, records) => agent.send(linesOf([hello, ...records, { record: "ready" }])),
    tell: (agent, records) => agent.send(linesOf(records)),
    spawn,
    set(timer) {
      switch (timer) {
        case "flush":
          queueMicrotask(() => core().due(timer));
          return;
        case "spawn":
          setImmediate(() => core().due(timer));
          return;
        case "flushAgain":
          setTimeout(() => core().due(timer), WRITE_AGAIN_MS);
          return;
        case "tell":
          timeouts.tell = setTimeout(() => core().due(timer), START_DELAY_MS);
          return;
        case "end":
          timeouts.end = setTimeout(() => core().due(timer), LONELY_EXIT_MS);
      }
    },
    clear(timer) {
      clearTimeout(timeouts[timer] ?? undefined);
      timeouts[timer] = null;
    },
    end,
  };
}

function linesOf(lines: readonly ShimLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
