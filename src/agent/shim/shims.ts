import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FailureInfo } from "../../model/failure.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { ProcessExit, ProcessIdentity, ShimMemory } from "../core/contract.ts";
import {
  applyRecord,
  legacyOf,
  memoryOfDead,
  memoryOfLiving,
  type ShimEntry,
  type ShimRecord,
} from "../core/shimRecord.ts";
import type { AgentLogger } from "../options.ts";
import { isAlive } from "../platform/processIdentity.ts";
import { type Adoption, newAdoption } from "./adoption.ts";
import { connectShim, type ShimConnection, type ShimEvents } from "./connection.ts";
import { endShim } from "./identity.ts";
import { launchShim } from "./launch.ts";
import { SHIM_PROTOCOL, SHIM_SOCKET, type ShimRequest, type SpawnRequest } from "./message.ts";
import { readShimJournal } from "./shimJournal.ts";

export interface ShimsOptions {
  readonly directory: string;
  readonly version: string;
  readonly bootId: string;
  readonly selfCommand: readonly string[];
  readonly logger: AgentLogger;
  /** Default GREETING_TIMEOUT_MS. */
  readonly greetingTimeoutMs?: number;
}

/** What the shims tell, whichever of them it comes from. */
export interface ShimsEvents {
  onStarted(execution: ExecutionNumber, process: ProcessIdentity, startedAt: number): void;
  onFailed(execution: ExecutionNumber, failure: FailureInfo): void;
  onExited(execution: ExecutionNumber, exit: ProcessExit): void;
}

/** One shim as the agent sees it. */
interface Shim {
  readonly directory: string;
  /** Null: dead. */
  connection: ShimConnection | null;
  readonly entries: Map<ExecutionNumber, ShimEntry>;
  /** Asked for and not answered yet. */
  readonly requests: Map<ExecutionNumber, SpawnRequest>;
  /** Not told to the shim yet. */
  readonly forgotten: ExecutionNumber[];
}

/** That something may be forgotten is told with the next request, or this much later. */
const FORGET_DELAY_MS = 200;

/** Between attempts to start a shim that does not start. */
const LAUNCH_AGAIN_MS = 1_000;

/** Finds the shims of earlier lives, alive or dead, and sees to it that one of this version is there. */
export async function openShims(options: ShimsOptions, events: ShimsEvents): Promise<Shims> {
  const shims = new Shims(options, events);
  await shims.open();
  return shims;
}

/** All shims of a node: the one that gets new work, older ones that still have children, and the dead. */
export class Shims {
  readonly #options: ShimsOptions;
  readonly #events: ShimsEvents;
  readonly #memories = new Map<ExecutionNumber, ShimMemory>();
  readonly #owners = new Map<ExecutionNumber, Shim>();
  readonly #open = new Set<Shim>();
  readonly #adoption: Adoption;
  /** The one that gets new work. */
  #current: Shim | null = null;
  /** Until there is one. */
  #waiting: SpawnRequest[] = [];
  /** Of this turn of the event loop. */
  #unsent: SpawnRequest[] = [];
  #forgetTimer: ReturnType<typeof setTimeout> | null = null;
  #isClosed = false;

  constructor(options: ShimsOptions, events: ShimsEvents) {
    this.#options = options;
    this.#events = events;
    this.#adoption = newAdoption(options.bootId, (execution, exit) => {
      const shim = this.#owners.get(execution);
      if (shim !== undefined) this.#tell(shim, { record: "exited", execution, exit });
    });
  }

  async open(): Promise<void> {
    const { directory } = this.#options;
    const found = readdirSync(directory).map((name) => join(directory, name));
    await Promise.all(found.map((each) => this.#takeUp(each)));
    await this.#launch();
  }

  /** What they remembered when the agent came back. */
  get memories(): ReadonlyMap<ExecutionNumber, ShimMemory> {
    return this.#memories;
  }

  spawn(request: SpawnRequest): void {
    const shim = this.#current;
    if (shim === null) {
      this.#waiting.push(request);
      return;
    }
    shim.requests.set(request.execution, request);
    this.#owners.set(request.execution, shim);
    if (this.#unsent.length === 0) queueMicrotask(() => this.#send());
    this.#unsent.push(request);
  }

  forget(execution: ExecutionNumber): void {
    const shim = this.#owners.get(execution);
    if (shim === undefined) return;
    this.#owners.delete(execution);
    shim.entries.delete(execution);
    if (shim.connection === null) {
      this.#tidy(shim);
      return;
    }
    shim.forgotten.push(execution);
    this.#forgetTimer ??= setTimeout(() => this.#sendForgotten(), FORGET_DELAY_MS);
  }

  #sendForgotten(): void {
    if (this.#forgetTimer !== null) clearTimeout(this.#forgetTimer);
    this.#forgetTimer = null;
    for (const shim of this.#open) {
      const requests = shim.forgotten.splice(0).map(forget);
      if (requests.length > 0) shim.connection?.send(requests);
    }
  }

  /** Null: not known to have been started. */
  processOf(execution: ExecutionNumber): ProcessIdentity | null {
    return this.#owners.get(execution)?.entries.get(execution)?.started?.process ?? null;
  }

  /** No agent will come back for them: they leave as soon as nothing runs in them. */
  retire(): void {
    for (const { connection } of this.#open) connection?.send([{ do: "retire" }]);
  }

  /** Lets go of the shims; they and their processes run on. */
  close(): void {
    this.#isClosed = true;
    this.#adoption.stop();
    this.#sendForgotten();
    for (const shim of this.#open) shim.connection?.close();
  }

  #eventsOf(shim: Shim): ShimEvents {
    return {
      onRecord: (record) => this.#tell(shim, record),
      onGone: () => this.#onGone(shim),
    };
  }

  #tell(shim: Shim, record: ShimRecord): void {
    const { execution } = record;
    shim.requests.delete(execution);
    applyRecord(shim.entries, record);
    switch (record.record) {
      case "started":
        this.#events.onStarted(execution, record.process, record.startedAt);
        return;
      case "failed":
        this.#events.onFailed(execution, record.failure);
        return;
      case "exited":
        this.#events.onExited(execution, record.exit);
        return;
      case "spawning":
      case "forgotten":
    }
  }

  /** A shim of an earlier life: driven on if it lives, else its journal is its memory. */
  async #takeUp(directory: string): Promise<void> {
    const shim = newShim(directory);
    const { bootId, version, greetingTimeoutMs } = this.#options;
    const events = this.#eventsOf(shim);
    shim.connection = await connectShim(join(directory, SHIM_SOCKET), events, greetingTimeoutMs);
    const now = Date.now();
    this.#open.add(shim);
    if (shim.connection === null) {
      await this.#endSilent(directory);
      for (const [execution, entry] of readShimJournal(directory)) {
        shim.entries.set(execution, entry);
        const memory = memoryOfDead(entry, (process) => isAlive(process, bootId), now);
        if (memory.memory === "running") this.#adoption.adopt(execution, memory.process);
        this.#memories.set(execution, memory);
      }
    } else {
      for (const record of shim.connection.records) applyRecord(shim.entries, record);
      for (const [execution, entry] of shim.entries) {
        this.#memories.set(execution, memoryOfLiving(entry, now));
      }
      const { hello } = shim.connection;
      if (hello.version === version && hello.protocol === SHIM_PROTOCOL) this.#current = shim;
      else shim.connection.send([{ do: "retire" }]);
    }
    for (const execution of shim.entries.keys()) this.#owners.set(execution, shim);
    this.#tidy(shim);
  }

  /** One that lives and does not answer would later start what it is taken not to have started. */
  async #endSilent(directory: string): Promise<void> {
    if (!(await endShim(directory, this.#options.bootId))) return;
    this.#options.logger.warn({ shim: directory }, "A shim that did not answer was killed.");
  }

  async #launch(): Promise<void> {
    const { directory, version, bootId, selfCommand, logger } = this.#options;
    while (this.#current === null && !this.#isClosed) {
      const id = crypto.randomUUID().slice(0, 8);
      const shim = newShim(join(directory, `${version.replaceAll(/[^\w.-]/g, "_")}-${id}`));
      const events = this.#eventsOf(shim);
      try {
        const settings = { version, bootId };
        shim.connection = await launchShim(shim.directory, selfCommand, settings, events);
      } catch (error) {
        logger.error({ error: String(error) }, "A shim could not be started; trying again.");
        await Bun.sleep(LAUNCH_AGAIN_MS);
        continue;
      }
      this.#open.add(shim);
      this.#current = shim;
    }
    if (this.#isClosed) {
      this.close();
      return;
    }
    for (const request of this.#waiting.splice(0)) this.spawn(request);
  }

  /** Requests of one turn of the event loop go together. */
  #send(): void {
    const shim = this.#current;
    // Those of a shim that has died since were settled then.
    const requests = this.#unsent.filter(({ execution }) => this.#owners.get(execution) === shim);
    this.#unsent = [];
    if (shim === null || requests.length === 0) return;
    shim.connection?.send([...shim.forgotten.splice(0).map(forget), ...requests]);
  }

  /** Its journal has what it could not tell any more; what still runs is adopted. */
  #onGone(shim: Shim): void {
    if (this.#isClosed) return;
    shim.connection = null;
    const left = readShimJournal(shim.directory);
    const open = [...shim.entries].filter(([, entry]) => entry.ended === null);
    for (const execution of new Set([...shim.requests.keys(), ...open.map(([key]) => key)])) {
      this.#settle(shim, execution, left.get(execution));
    }
    if (open.length > 0) {
      const { logger } = this.#options;
      const facts = { shim: shim.directory, processes: open.length };
      logger.warn(facts, "A shim died; its processes are watched from outside.");
    }
    this.#tidy(shim);
    if (shim !== this.#current) return;
    this.#current = null;
    void this.#launch();
  }

  #settle(shim: Shim, execution: ExecutionNumber, entry: ShimEntry | undefined): void {
    const request = shim.requests.get(execution);
    if (entry === undefined && request !== undefined) {
      // It died before it read the request: nothing was started.
      shim.requests.delete(execution);
      this.#owners.delete(execution);
      this.#waiting.push(request);
      return;
    }
    const known = shim.entries.get(execution);
    const { records, process } = legacyOf(execution, known, entry, Date.now());
    for (const record of records) this.#tell(shim, record);
    if (process !== null) this.#adoption.adopt(execution, process);
  }

  /** A dead shim of which nothing is remembered is nothing but a directory. */
  #tidy(shim: Shim): void {
    if (shim.connection !== null || shim.entries.size > 0 || shim.requests.size > 0) return;
    this.#open.delete(shim);
    rmSync(shim.directory, { recursive: true, force: true });
  }
}

function newShim(directory: string): Shim {
  return { directory, connection: null, entries: new Map(), requests: new Map(), forgotten: [] };
}

function forget(execution: ExecutionNumber): ShimRequest {
  return { do: "forget", execution };
}
