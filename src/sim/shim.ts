import type { MemberProcess, ProcessExit } from "../agent/core/contract.ts";
import {
  ShimCore,
  type ShimPorts,
  type ShimRequestOf,
  type ShimTimer,
  type Spawned,
  type SpawnOf,
} from "../agent/core/shim.ts";
import {
  applyRecord,
  recordsOf,
  type ShimEntry,
  type ShimRecord,
} from "../agent/core/shimRecord.ts";
import type { FailureInfo } from "../model/failure.ts";
import type { StartOrder } from "../model/order.ts";
import type { SimProcess } from "./processes.ts";
import type { World } from "./world.ts";

export interface Start extends SpawnOf {
  readonly order: StartOrder;
  /** Null: the execution's own process; `execution` is its key otherwise. */
  readonly member: MemberProcess | null;
}

/** A connection of an agent to a shim; what is in the socket is read even if the agent dies meanwhile. */
export interface ShimLink {
  /** On their way to the shim. */
  requests: ShimRequestOf<Start>[];
  /** When the last word to the agent arrives. */
  lastToAgent: number;
  /** The agent's end of it is closed. */
  isClosed: boolean;
}

/** What a shim has around it on its machine. */
export interface ShimMachine {
  readonly world: World;
  fork(start: Start, shim: ShimLife): SimProcess | FailureInfo;
  tell(link: ShimLink, records: readonly ShimRecord[]): void;
  onEnd(shim: ShimLife): void;
}

const READ_MAX_MS = 3;
/** A machine without memory is slow to start processes. */
const FORK_MAX_MS = 20;
/** Of a starter on a machine that has much to do. */
const BEGIN_MAX_MS = 200;
/** As the shipped shim has them. */
const START_DELAY_MS = 4;
const LONELY_EXIT_MS = 60_000;

/** One life of a shim process around the shipped core. */
export class ShimLife implements ShimPorts<ShimLink, Start> {
  /** What its journal has on the disk. */
  readonly journal = new Map<number, ShimEntry>();
  readonly #machine: ShimMachine;
  readonly #core: ShimCore<ShimLink, Start>;
  /** Turned when a timer is cleared, so that it is void when it comes due. */
  readonly #timers = { tell: 0, end: 0 };
  #newest: ShimLink | null = null;
  #greeting: readonly ShimRecord[] = [];
  #pausedUntil = 0;
  /** Members of which it is not known yet whether they begin. */
  #beginning = 0;
  #isGreeting = false;
  isDead = false;

  constructor(machine: ShimMachine) {
    this.#machine = machine;
    this.#core = new ShimCore(this);
  }

  /** Whatever this process does later; a pause puts it off, its death cancels it. */
  #later(delayMs: number, run: () => void): void {
    const { agenda, random } = this.#machine.world;
    const awake = () => {
      if (this.isDead) return;
      const leftMs = this.#pausedUntil - agenda.now;
      // What has waited is done in any order.
      if (leftMs > 0) agenda.after(leftMs + random.between(0, READ_MAX_MS), awake);
      else run();
    };
    agenda.after(delayMs, awake);
  }

  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  pause(durationMs: number): void {
    this.#pausedUntil = this.#machine.world.agenda.now + durationMs;
  }

  /** It keeps an agent waiting that connects. */
  get isBeginning(): boolean {
    return this.#beginning > 0;
  }

  /** An agent connects; returns what it is told first. */
  connect(link: ShimLink): readonly ShimRecord[] {
    const { hooks } = this.#machine.world;
    const onDisk = [...this.journal].flatMap(([number, entry]) => recordsOf(number, entry));
    this.#newest = link;
    // Agents come only while none is left open, see isBeginning.
    this.#isGreeting = true;
    this.#core.onAgent(link);
    this.#isGreeting = false;
    return hooks.hidesStarts ? onDisk : this.#greeting;
  }

  /** What an agent writes in one turn is read together. */
  request(link: ShimLink, request: ShimRequestOf<Start>): void {
    link.requests.push(request);
    if (link.requests.length > 1) return;
    this.#later(this.#machine.world.random.between(0, READ_MAX_MS), () => this.#read(link));
  }

  #read(link: ShimLink): void {
    const { hooks } = this.#machine.world;
    const heardAs = hooks.listensToAll ? (this.#newest ?? link) : link;
    for (const request of link.requests.splice(0)) {
      if (hooks.startsAgain && request.do === "spawn" && this.#core.has(request.execution)) {
        this.spawn(request);
      }
      this.#core.onRequest(heardAs, request);
    }
    this.#core.flush();
  }

  /** The agent is gone; the shim reads what it has written before, and then its end. */
  disconnect(link: ShimLink): void {
    link.isClosed = true;
    this.#later(READ_MAX_MS, () => this.#core.onAgentGone(link));
  }

  onExited(execution: number, exit: ProcessExit): void {
    this.#later(this.#machine.world.random.between(0, READ_MAX_MS), () =>
      this.#core.onExited(execution, exit),
    );
  }

  /** Kill -9, at any point of what it was about to do. */
  die(): void {
    if (this.isDead) return;
    const { random } = this.#machine.world;
    if (this.#newest !== null && random.chance(0.5)) this.#read(this.#newest);
    if (random.chance(0.5)) this.#core.flush();
    this.isDead = true;
  }

  write(records: readonly ShimRecord[]): boolean {
    for (const record of records) applyRecord(this.journal, record);
    return true;
  }

  greet(_: ShimLink, records: readonly ShimRecord[]): void {
    this.#greeting = records;
  }

  tell(link: ShimLink, records: readonly ShimRecord[]): void {
    this.#machine.tell(link, records);
  }

  spawn(start: Start): ReturnType<ShimPorts<ShimLink, Start>["spawn"]> {
    const { random } = this.#machine.world;
    if (start.member === null || this.#isGreeting || random.chance(0.5)) return this.#fork(start);
    // Until then there is a starter, which ends with the shim.
    this.#beginning += 1;
    this.#later(random.skewed(0, BEGIN_MAX_MS), () => {
      this.#beginning -= 1;
      this.#core.onBegun(start.execution, this.#fork(start));
    });
    return "beginning";
  }

  #fork(start: Start): Spawned | FailureInfo {
    const process = this.#machine.fork(start, this);
    if ("code" in process) return process;
    return { process: process.identity, startedAt: process.startedAt };
  }

  set(timer: ShimTimer): void {
    const { random } = this.#machine.world;
    switch (timer) {
      case "flush":
      case "flushAgain":
        this.#later(0, () => this.#core.due(timer));
        return;
      case "spawn":
        this.#later(random.skewed(0, FORK_MAX_MS), () => this.#core.due(timer));
        return;
      case "tell":
        this.#clearable(timer, START_DELAY_MS);
        return;
      case "end":
        this.#clearable(timer, LONELY_EXIT_MS);
    }
  }

  #clearable(timer: "tell" | "end", delayMs: number): void {
    const turn = this.#timers[timer];
    this.#later(delayMs, () => {
      if (this.#timers[timer] === turn) this.#core.due(timer);
    });
  }

  clear(timer: "tell" | "end"): void {
    this.#timers[timer] += 1;
  }

  end(): void {
    this.isDead = true;
    this.#machine.onEnd(this);
  }
}
