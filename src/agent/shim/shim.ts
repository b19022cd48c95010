import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionNumber } from "../../model/id.ts";
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
import {
  applyRecord,
  openShimJournal,
  recordsOf,
  type ShimEntry,
  type ShimJournal,
} from "./shimJournal.ts";
import { spawnProcess } from "./spawn.ts";

/** A shim that no agent has driven for this long, and that has no child, exits; its journal stays. */
const LONELY_EXIT_MS = 60_000;

/** While the disk is full, lines wait in memory; they are written after this long, or told never. */
const WRITE_AGAIN_MS = 500;

/** Word of a start may come this much later than the start. */
const START_DELAY_MS = 4;

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
  const shim = newShim(directory, settings as ShimSettings, resolve);
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
        socket.data = { take: newLineSplitter(shim.onLine), sender };
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

function newShim(directory: string, settings: ShimSettings, end: () => void) {
  const self = writeIdentity(directory, settings);
  const log = newShimLog(openShimJournal(directory));
  let agent: LineSender | null = null;
  /** Those whose `spawning` is not written yet, and those whose turn will come. */
  const waiting: SpawnRequest[] = [];
  const written: SpawnRequest[] = [];
  let children = 0;
  let isRetiring = false;
  let lonely: ReturnType<typeof setTimeout> | null = null;

  const considerEnd = () => {
    if (lonely !== null) clearTimeout(lonely);
    lonely = null;
    if (children + waiting.length + written.length > 0) return;
    if (isRetiring && log.memory.size === 0) end();
    else if (agent === null) lonely = setTimeout(end, LONELY_EXIT_MS);
  };
  const spawn = (request: SpawnRequest) => {
    const { execution } = request;
    const spawned = spawnProcess(request, (exit) => {
      children -= 1;
      note({ record: "exited", execution, exit });
      considerEnd();
    });
    if ("code" in spawned) {
      note({ record: "failed", execution, failure: spawned });
      return;
    }
    children += 1;
    note({ record: "started", execution, ...spawned });
  };
  const spawnNext = () => {
    const request = written.shift();
    if (request !== undefined) spawn(request);
    // One in a turn of the event loop: an end that was seen meanwhile is told between two starts.
    if (written.length > 0) setImmediate(spawnNext);
  };
  const flush = () => {
    if (!log.write((lines) => agent?.send(lines))) {
      setTimeout(flush, WRITE_AGAIN_MS);
      return;
    }
    if (waiting.length === 0) return;
    const isSpawning = written.length > 0;
    // Their `spawning` is on disk before they can exist: what has no such line was never started.
    written.push(...waiting.splice(0));
    if (!isSpawning) spawnNext();
  };
  const note = (record: ShimRecord) => {
    if (log.note(record)) queueMicrotask(flush);
  };
  considerEnd();
  return {
    flush,
    onLine(line: string) {
      const request = JSON.parse(line) as ShimRequest;
      if (request.do === "retire") isRetiring = true;
      // Asked twice for the same: the first answer stands.
      else if (request.do === "spawn" && !log.memory.has(request.execution)) {
        log.note({ record: "spawning", execution: request.execution });
        waiting.push(request);
      } else if (request.do === "forget" && log.memory.has(request.execution)) {
        // Written with what comes next: a next agent forgets it again.
        log.note({ record: "forgotten", execution: request.execution });
      }
      if (request.do !== "spawn") considerEnd();
    },
    onAgent(sender: LineSender) {
      flush();
      agent = sender;
      const hello: ShimLine = { record: "hello", version: settings.version, process: self };
      sender.send(linesOf([hello, ...log.told(), { record: "ready" }]));
      considerEnd();
    },
    onAgentGone(sender: LineSender) {
      // A newer agent's connection may already have taken its place.
      if (agent === sender) agent = null;
      considerEnd();
    },
  };
}

/** Memory and journal of a shim: what is noted is first written, then told. */
function newShimLog(journal: ShimJournal) {
  const memory = new Map<ExecutionNumber, ShimEntry>();
  let unwritten: ShimRecord[] = [];
  let untold: ShimRecord[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  const tellNow = (tell: (lines: string) => void) => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (untold.length > 0) tell(linesOf(untold));
    untold = [];
  };
  /** Mere starts wait a moment for the end that may follow: it spares the agent every other waking. */
  const tellSoon = (tell: (lines: string) => void) => {
    if (untold.some(({ record }) => record !== "started")) tellNow(tell);
    else if (untold.length > 0) timer ??= setTimeout(() => tellNow(tell), START_DELAY_MS);
  };
  return {
    memory,
    /** True if nothing urgent waited before, so that a flush is to be arranged. */
    note(record: ShimRecord): boolean {
      const isFirst = !unwritten.some(isUrgent);
      unwritten.push(record);
      applyRecord(memory, record);
      return isFirst;
    },
    /** Everything that is not forgotten; what a full disk keeps from being written is told again later. */
    told: () => [...memory].flatMap(([execution, entry]) => recordsOf(execution, entry)),
    /** False: the disk would not take it; nothing was told. */
    write(tell: (lines: string) => void): boolean {
      if (unwritten.length === 0) return true;
      if (!journal.append(linesOf(unwritten))) return false;
      untold.push(...unwritten.filter((record) => TOLD.has(record.record)));
      unwritten = [];
      tellSoon(tell);
      journal.compact(memory);
      return true;
    },
  };
}

function isUrgent({ record }: ShimRecord): boolean {
  return record !== "forgotten";
}

const TOLD: ReadonlySet<ShimRecord["record"]> = new Set(["started", "failed", "exited"]);

function linesOf(lines: readonly ShimLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function writeIdentity(directory: string, settings: ShimSettings): ProcessIdentity {
  const startTicks = readProcessStat(process.pid)?.startTicks ?? 0;
  const identity = { bootId: settings.bootId, pid: process.pid, startTicks };
  writeFileSync(join(directory, SHIM_IDENTITY), JSON.stringify(identity), { mode: 0o600 });
  return identity;
}
