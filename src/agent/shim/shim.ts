import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "../core/contract.ts";
import { type LineSender, newLineSender, newLineSplitter } from "../lines.ts";
import { readProcessStat } from "../platform/processIdentity.ts";
import {
  SHIM_IDENTITY,
  SHIM_SETTINGS,
  SHIM_SOCKET,
  type ShimLine,
  type ShimRecord,
  type ShimRequest,
  type SpawnRequest,
} from "./message.ts";
import { openShimJournal } from "./shimJournal.ts";
import { linesOf, ShimLog } from "./shimLog.ts";
import { spawnProcess } from "./spawn.ts";

/** A shim that no agent has driven for this long, and that has no child, exits; its journal stays. */
const LONELY_EXIT_MS = 60_000;

/** While the disk is full, lines wait in memory; they are written after this long, or told never. */
const WRITE_AGAIN_MS = 500;

/** What the agent that starts a shim leaves for it in its directory. */
export interface ShimSettings {
  readonly version: string;
  readonly bootId: string;
}

/**
 * The process that starts the tasks of a node and outlives the agent: it does nothing but spawn, write down what it
 * sees, and tell it. Resolves when it is not needed any more.
 */
export async function runShim(directory: string): Promise<void> {
  const settings = JSON.parse(readFileSync(join(directory, SHIM_SETTINGS), "utf8"));
  const { promise, resolve } = Promise.withResolvers<void>();
  const shim = new Shim(directory, settings as ShimSettings, resolve);
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
        socket.data = { take: newLineSplitter((line) => shim.onLine(line)), sender };
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

/** What the shim does, whoever it talks to. */
class Shim {
  readonly #settings: ShimSettings;
  readonly #self: ProcessIdentity;
  readonly #end: () => void;
  readonly #log: ShimLog;
  #agent: LineSender | null = null;
  /** Those whose `spawning` is not written yet. */
  #waiting: SpawnRequest[] = [];
  /** Those whose turn will come. */
  #written: SpawnRequest[] = [];
  #children = 0;
  #isRetiring = false;
  #lonely: ReturnType<typeof setTimeout> | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;

  constructor(directory: string, settings: ShimSettings, end: () => void) {
    this.#settings = settings;
    this.#end = end;
    this.#self = writeIdentity(directory, settings);
    this.#log = new ShimLog(openShimJournal(directory), (lines) => this.#agent?.send(lines));
    this.#considerEnd();
  }

  onLine(line: string): void {
    const request = JSON.parse(line) as ShimRequest;
    switch (request.do) {
      case "spawn":
        // Asked twice for the same: the first answer stands.
        if (this.#log.has(request.execution)) return;
        this.#log.note({ record: "spawning", execution: request.execution });
        this.#waiting.push(request);
        return;
      case "forget":
        if (!this.#log.has(request.execution)) return;
        this.#log.note({ record: "forgotten", execution: request.execution });
        break;
      case "retire":
        this.#isRetiring = true;
    }
    this.#considerEnd();
  }

  /** Writes what was noted, tells it, and starts what may be started now. */
  flush(): void {
    if (!this.#log.write()) {
      this.#retry ??= setTimeout(() => {
        this.#retry = null;
        this.flush();
      }, WRITE_AGAIN_MS);
      return;
    }
    if (this.#waiting.length === 0) return;
    const isSpawning = this.#written.length > 0;
    // Their `spawning` is on disk before they can exist: what has no such line was never started.
    this.#written.push(...this.#waiting);
    this.#waiting = [];
    if (!isSpawning) this.#spawnNext();
  }

  onAgent(sender: LineSender): void {
    this.flush();
    // What is written and not started is taken for a start that nobody saw, so there is to be none of these.
    for (let next = this.#written.shift(); next !== undefined; next = this.#written.shift()) {
      this.#spawn(next);
    }
    this.#agent = sender;
    const { version } = this.#settings;
    const hello: ShimLine = { record: "hello", version, process: this.#self };
    sender.send(linesOf([hello, ...this.#settled(), { record: "ready" }]));
    this.#considerEnd();
  }

  /** What a full disk keeps from being started is not known yet: the agent asks for it again. */
  #settled(): ShimRecord[] {
    const waiting = new Set(this.#waiting.map(({ execution }) => execution));
    return this.#log.all().filter(({ execution }) => !waiting.has(execution));
  }

  onAgentGone(sender: LineSender): void {
    // A newer agent's connection may already have taken its place.
    if (this.#agent === sender) this.#agent = null;
    this.#considerEnd();
  }

  #spawnNext(): void {
    const request = this.#written.shift();
    if (request !== undefined) this.#spawn(request);
    // One in a turn of the event loop: an end that was seen meanwhile is told between two starts.
    if (this.#written.length > 0) setImmediate(() => this.#spawnNext());
  }

  #spawn(request: SpawnRequest): void {
    const { execution } = request;
    const spawned = spawnProcess(request, (exit) => {
      this.#children -= 1;
      this.#note({ record: "exited", execution, exit });
      this.#considerEnd();
    });
    if ("code" in spawned) {
      this.#note({ record: "failed", execution, failure: spawned });
      return;
    }
    this.#children += 1;
    this.#note({ record: "started", execution, ...spawned });
  }

  #note(record: ShimRecord): void {
    if (this.#log.note(record)) queueMicrotask(() => this.flush());
  }

  #considerEnd(): void {
    if (this.#lonely !== null) clearTimeout(this.#lonely);
    this.#lonely = null;
    if (this.#children + this.#waiting.length + this.#written.length > 0) return;
    if (this.#isRetiring && this.#log.isEmpty) this.#end();
    else if (this.#agent === null) this.#lonely = setTimeout(this.#end, LONELY_EXIT_MS);
  }
}

function writeIdentity(directory: string, settings: ShimSettings): ProcessIdentity {
  const startTicks = readProcessStat(process.pid)?.startTicks ?? 0;
  const identity = { bootId: settings.bootId, pid: process.pid, startTicks };
  writeFileSync(join(directory, SHIM_IDENTITY), JSON.stringify(identity), { mode: 0o600 });
  return identity;
}
