import type { FailureInfo } from "../../model/failure.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { ProcessExit, ProcessIdentity } from "./contract.ts";
import { applyRecord, recordsOf, type ShimEntry, type ShimRecord } from "./shimRecord.ts";

/** What an agent asks of a shim; `Spawn` has what the runtime needs to start the process. */
export type ShimRequestOf<Spawn> =
  | Spawn
  /** Its records are not needed any more. */
  | { readonly do: "forget"; readonly execution: ExecutionNumber }
  /** No new work will come: exit after the last child has ended and was forgotten, or no agent is left to be told. */
  | { readonly do: "retire" };

export interface SpawnOf {
  readonly do: "spawn";
  readonly execution: ExecutionNumber;
}

/** What the core wants to be called for (`due`). */
export type ShimTimer =
  /** At the end of what happens now: what was noted is to be written. */
  | "flush"
  /** After a while: the disk would not take what was to be written. */
  | "flushAgain"
  /** In the next turn, after everything that has happened by then: the next process may be started. */
  | "spawn"
  /** In a moment: mere starts are told. */
  | "tell"
  /** After the time that a shim waits for an agent. */
  | "end";

export interface Spawned {
  readonly process: ProcessIdentity;
  readonly startedAt: number;
}

/** Starts that take time share the CPU: of more at once, as after a boot, none might come out in time. */
const BEGINNING_MAX = 16;

/** The shim's process, disk and connections. `Agent` is a connection of an agent. */
export interface ShimPorts<Agent, Spawn> {
  /** Appends to the journal; false: the disk would not take it, and the same is to be given again. */
  write(records: readonly ShimRecord[], memory: ReadonlyMap<ExecutionNumber, ShimEntry>): boolean;
  /** The first words to an agent: everything that is not forgotten. */
  greet(agent: Agent, records: readonly ShimRecord[]): void;
  tell(agent: Agent, records: readonly ShimRecord[]): void;
  /** `beginning`: `onBegun` tells what became of it. Its end is told by `onExited`, never before its beginning is. */
  spawn(request: Spawn): Spawned | FailureInfo | "beginning";
  /** None is set that is set already. */
  set(timer: ShimTimer): void;
  clear(timer: "tell" | "end"): void;
  end(): void;
}

/**
 * What a shim does, whatever process, disk and connections it has: it starts what it is asked for once, writes down what
 * it sees, and tells it. It outlives agents; the shim that is shipped and the simulator's run it alike.
 */
export class ShimCore<Agent, Spawn extends SpawnOf> {
  readonly #ports: ShimPorts<Agent, Spawn>;
  readonly #memory = new Map<ExecutionNumber, ShimEntry>();
  /** The last that has connected, if it is still there. */
  #agent: Agent | null = null;
  /** As that, while it cannot be told yet what there is. */
  #arriving: Agent | null = null;
  /** Those whose `spawning` is not written yet. */
  #waiting: Spawn[] = [];
  /** Those whose turn will come. */
  #written: Spawn[] = [];
  /** Those that were started, and may fail yet. */
  readonly #beginning = new Set<ExecutionNumber>();
  #unwritten: ShimRecord[] = [];
  #untold: ShimRecord[] = [];
  #children = 0;
  #isRetiring = false;
  #isFlushing = false;
  #isFlushingAgain = false;
  #isSpawning = false;
  #isTelling = false;
  #isLonely = false;

  constructor(ports: ShimPorts<Agent, Spawn>) {
    this.#ports = ports;
    this.#considerEnd();
  }

  has(execution: ExecutionNumber): boolean {
    return this.#memory.has(execution);
  }

  /** After the requests that came together: `flush`. */
  onRequest(agent: Agent, request: ShimRequestOf<Spawn>): void {
    // A next agent was told what there is: what one before it had asked for is none of it, and it will not hear of it.
    if (agent !== this.#agent) return;
    switch (request.do) {
      case "spawn":
        // Asked twice for the same: the first answer stands.
        if (this.#memory.has(request.execution)) return;
        this.#note({ record: "spawning", execution: request.execution });
        this.#waiting.push(request);
        return;
      case "forget":
        if (!this.#memory.has(request.execution)) return;
        this.#note({ record: "forgotten", execution: request.execution });
        break;
      case "retire":
        this.#isRetiring = true;
    }
    this.#considerEnd();
  }

  /** Writes what was noted, tells it, and starts what may be started now. */
  flush(): void {
    if (!this.#write()) {
      if (!this.#isFlushingAgain) this.#ports.set("flushAgain");
      this.#isFlushingAgain = true;
      return;
    }
    if (this.#waiting.length === 0) {
      if (this.#isRetiring) this.#considerEnd();
      return;
    }
    // Their `spawning` is on disk before they can exist: what has no such line was never started.
    this.#written.push(...this.#waiting);
    this.#waiting = [];
    if (!this.#isSpawning) this.#spawnNext();
  }

  onAgent(agent: Agent): void {
    this.flush();
    // What is written and not started is taken for a start that nobody saw, so there is to be none of these.
    for (let next = this.#written.shift(); next !== undefined; next = this.#written.shift()) {
      this.#spawn(next);
    }
    this.#agent = null;
    this.#arriving = agent;
    this.#greet();
    this.#considerEnd();
  }

  #greet(): void {
    // What may fail yet would be taken for such a start, too.
    if (this.#arriving === null || this.#beginning.size > 0) return;
    this.#agent = this.#arriving;
    this.#arriving = null;
    this.#ports.greet(this.#agent, this.#settled());
  }

  /** What a full disk keeps from being started is not known yet: the agent asks for it again. */
  #settled(): ShimRecord[] {
    const waiting = new Set(this.#waiting.map(({ execution }) => execution));
    return [...this.#memory].flatMap(([execution, entry]) =>
      waiting.has(execution) ? [] : recordsOf(execution, entry),
    );
  }

  onAgentGone(agent: Agent): void {
    // A newer agent's connection may already have taken its place.
    if (this.#agent === agent) this.#agent = null;
    if (this.#arriving === agent) this.#arriving = null;
    this.#considerEnd();
  }

  onBegun(execution: ExecutionNumber, begun: Spawned | FailureInfo): void {
    this.#beginning.delete(execution);
    this.#noteBegun(execution, begun);
    this.#spawnSoon();
    this.#greet();
    this.#considerEnd();
  }

  onExited(execution: ExecutionNumber, exit: ProcessExit): void {
    this.#children -= 1;
    this.#noteSoon({ record: "exited", execution, exit });
    this.#considerEnd();
  }

  /** What was set comes due. */
  due(timer: ShimTimer): void {
    switch (timer) {
      case "flushAgain":
        this.#isFlushingAgain = false;
        this.flush();
        return;
      case "flush":
        this.#isFlushing = false;
        this.flush();
        return;
      case "spawn":
        this.#isSpawning = false;
        this.#spawnNext();
        return;
      case "tell":
        this.#isTelling = false;
        this.#tell();
        return;
      case "end":
        this.#ports.end();
    }
  }

  #spawnNext(): void {
    // `onBegun` goes on.
    if (this.#beginning.size >= BEGINNING_MAX) return;
    const request = this.#written.shift();
    if (request !== undefined) this.#spawn(request);
    this.#spawnSoon();
  }

  #spawnSoon(): void {
    if (this.#written.length === 0 || this.#isSpawning) return;
    // One in a turn of the event loop: an end that was seen meanwhile is told between two starts.
    this.#isSpawning = true;
    this.#ports.set("spawn");
  }

  #spawn(request: Spawn): void {
    const { execution } = request;
    const begun = this.#ports.spawn(request);
    if (begun === "beginning") this.#beginning.add(execution);
    else this.#noteBegun(execution, begun);
  }

  #noteBegun(execution: ExecutionNumber, begun: Spawned | FailureInfo): void {
    if ("code" in begun) {
      this.#noteSoon({ record: "failed", execution, failure: begun });
      return;
    }
    this.#children += 1;
    this.#noteSoon({ record: "started", execution, ...begun });
  }

  #note(record: ShimRecord): void {
    this.#unwritten.push(record);
    applyRecord(this.#memory, record);
  }

  /** To be written without waiting for what comes next. */
  #noteSoon(record: ShimRecord): void {
    this.#note(record);
    if (this.#isFlushing || this.#isFlushingAgain) return;
    this.#isFlushing = true;
    this.#ports.set("flush");
  }

  /** False: the disk would not take it; nothing was told. */
  #write(): boolean {
    if (this.#unwritten.length === 0) return true;
    if (!this.#ports.write(this.#unwritten, this.#memory)) return false;
    for (const record of this.#unwritten) if (isTold(record)) this.#untold.push(record);
    this.#unwritten = [];
    this.#tellSoon();
    return true;
  }

  /** Mere starts wait a moment for the end that may follow: it spares the agent every other waking. */
  #tellSoon(): void {
    if (this.#untold.some(({ record }) => record !== "started")) this.#tell();
    else if (this.#untold.length > 0 && !this.#isTelling) {
      this.#isTelling = true;
      this.#ports.set("tell");
    }
  }

  #tell(): void {
    if (this.#isTelling) this.#ports.clear("tell");
    this.#isTelling = false;
    const records = this.#untold;
    this.#untold = [];
    if (this.#agent !== null && records.length > 0) this.#ports.tell(this.#agent, records);
  }

  #considerEnd(): void {
    if (this.#isLonely) this.#ports.clear("end");
    this.#isLonely = false;
    const starting = this.#waiting.length + this.#written.length + this.#beginning.size;
    if (this.#children + starting > 0) return;
    // What an agent that is gone was not told is in the journal, for the next.
    const isKept = this.#agent === null && this.#unwritten.length === 0;
    if (this.#isRetiring && (this.#memory.size === 0 || isKept)) this.#ports.end();
    else if (this.#agent === null) {
      this.#isLonely = true;
      this.#ports.set("end");
    }
  }
}

function isTold({ record }: ShimRecord): boolean {
  return record === "started" || record === "failed" || record === "exited";
}
