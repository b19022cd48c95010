import type {
  AgentInput,
  MemberProcess,
  ProcessExit,
  ProcessIdentity,
  ShimMemory,
} from "../agent/core/contract.ts";
import type { ShimRequestOf } from "../agent/core/shim.ts";
import {
  applyRecord,
  legacyOf,
  memoryOfDead,
  memoryOfLiving,
  type ShimEntry,
  type ShimRecord,
  unseenExit,
} from "../agent/core/shimRecord.ts";
import type { FailureInfo } from "../model/failure.ts";
import type { StartOrder } from "../model/order.ts";
import { behaviourOf, drawExitCode, NO_PROGRAM } from "./behaviour.ts";
import type { Machine } from "./machine.ts";
import { Processes, type SimProcess } from "./processes.ts";
import { ShimLife, type ShimLink, type ShimMachine, type Start } from "./shim.ts";
import type { World } from "./world.ts";

const ADOPTED_POLL_MS = 100;
const TELL_MAX_MS = 3;

/** All shims of a machine, the living one and what dead ones left, and what the present agent knows of them. */
export class Shims implements ShimMachine {
  readonly world: World;
  readonly #machine: Machine;
  readonly #processes: Processes;
  #living: ShimLife | null = null;
  /** Journals of dead shims. */
  readonly #left = new Map<number, ShimEntry>();
  /** The present agent's connection; null: it knows of no living shim. */
  #link: ShimLink | null = null;
  /** What the present agent was told. */
  readonly #told = new Map<number, ShimEntry>();
  /** Asked for by the present agent and not answered yet. */
  readonly #requests = new Map<number, Start>();
  /** Processes that the present agent watches itself. */
  readonly #adopted = new Set<number>();
  #isOff = false;

  constructor(machine: Machine) {
    this.world = machine.world;
    this.#machine = machine;
    this.#processes = new Processes(machine);
  }

  get processes(): ReadonlySet<SimProcess> {
    return this.#processes.running;
  }

  /** Until when a shim keeps an agent waiting that connects. */
  get pausedUntil(): number {
    return this.#living?.pausedUntil ?? 0;
  }

  /** Whether an agent that connects has to wait until some starts have come out. */
  get isBeginning(): boolean {
    return this.#living?.isBeginning ?? false;
  }

  pause(durationMs: number): void {
    this.#living?.pause(durationMs);
  }

  /** A new agent connects, and finds out what there is. */
  memories(): Map<number, ShimMemory> {
    const now = this.#machine.clock();
    const memories = new Map<number, ShimMemory>();
    const isAlive = (process: ProcessIdentity) => this.#processes.isAlive(process);
    for (const [execution, entry] of this.#left) {
      const memory = memoryOfDead(entry, isAlive, now);
      if (memory.memory === "running") this.#adopted.add(execution);
      this.#told.set(execution, entry);
      memories.set(execution, memory);
    }
    if (this.#living === null) return memories;
    for (const [execution, entry] of this.#connect(this.#living)) {
      memories.set(execution, memoryOfLiving(entry, now));
    }
    return memories;
  }

  #connect(shim: ShimLife): Map<number, ShimEntry> {
    const link: ShimLink = { requests: [], lastToAgent: 0, isClosed: false };
    this.#link = link;
    const entries = new Map<number, ShimEntry>();
    for (const record of shim.connect(link)) applyRecord(entries, record);
    for (const [execution, entry] of entries) this.#told.set(execution, entry);
    return entries;
  }

  /** The agent is gone, with everything it knew. */
  agentGone(): void {
    if (this.#link !== null) this.#living?.disconnect(this.#link);
    this.#link = null;
    this.#told.clear();
    this.#requests.clear();
    this.#adopted.clear();
  }

  spawn(order: StartOrder, member: MemberProcess | null): void {
    const execution = member?.key ?? order.execution;
    const start: Start = { do: "spawn", execution, order, member };
    this.#requests.set(execution, start);
    if (this.#link === null) this.#connect(this.#launch());
    const { faults, random, isFaulty } = this.world;
    if (isFaulty && random.chance(faults.shimStall)) this.#machine.stallShim();
    this.#ask(start);
  }

  #launch(): ShimLife {
    this.#living = new ShimLife(this);
    return this.#living;
  }

  /** A shim that has died reads nothing any more. */
  #ask(request: ShimRequestOf<Start>): void {
    if (this.#link !== null) this.#living?.request(this.#link, request);
  }

  forget(execution: number): void {
    this.#told.delete(execution);
    this.#adopted.delete(execution);
    if (!this.#left.delete(execution)) this.#ask({ do: "forget", execution });
  }

  signal(execution: number, signal: "terminate" | "kill"): void {
    this.#processes.signal(execution, signal);
  }

  clear(execution: number): void {
    this.#processes.clear(execution);
  }

  fork(start: Start, shim: ShimLife): SimProcess | FailureInfo {
    const { random, isFaulty } = this.world;
    const behaviour = behaviourOf(start.order, start.member);
    const isBroken = behaviour.brokenPercent > 0 && isFaulty;
    if (!behaviour.hasProgram) return NO_PROGRAM;
    if (isBroken && random.chance(behaviour.brokenPercent / 200)) return NO_PROGRAM;
    const exitCode = drawExitCode(behaviour, random);
    return this.#processes.start(start, behaviour, exitCode, (_, exit) =>
      this.#ended(start, shim, exit),
    );
  }

  /** Its parent sees it, or the agent that watches it from outside, or nobody. */
  #ended({ execution }: Start, shim: ShimLife, exit: ProcessExit): void {
    if (!shim.isDead) shim.onExited(execution, exit);
    else if (this.#adopted.delete(execution)) this.#endAdopted(execution);
  }

  #endAdopted(execution: number): void {
    const { agent } = this.#machine;
    this.world.agenda.after(this.world.random.between(0, ADOPTED_POLL_MS), () => {
      if (this.#isOff || agent === null || this.#machine.agent !== agent) return;
      const exit = unseenExit(this.#machine.clock());
      this.#hear({ record: "exited", execution, exit });
    });
  }

  /** What a shim says arrives in order. */
  tell(link: ShimLink, records: readonly ShimRecord[]): void {
    this.#deliver(link, () => {
      for (const record of records) this.#hear(record);
    });
  }

  #deliver(link: ShimLink, arrive: () => void): void {
    const { agenda, random } = this.world;
    link.lastToAgent = Math.max(link.lastToAgent, agenda.now + random.between(0, TELL_MAX_MS));
    agenda.at(link.lastToAgent, () => {
      if (!this.#isOff && this.#link === link) arrive();
    });
  }

  #hear(record: ShimRecord): void {
    const { execution } = record;
    this.#requests.delete(execution);
    applyRecord(this.#told, record);
    const input = inputOf(record);
    if (input !== null) this.#machine.tellAgent(input, 0);
  }

  /** The shim dies; its processes go on, and nobody sees how they end. */
  die(): void {
    const shim = this.#living;
    if (shim === null) return;
    shim.die();
    this.onEnd(shim);
  }

  /** Takes the shim for dead, though it lives. */
  abandon(): void {
    if (this.#living !== null) this.onEnd(this.#living);
  }

  onEnd(shim: ShimLife): void {
    const link = this.#link;
    this.#living = null;
    for (const [execution, entry] of shim.journal) this.#left.set(execution, entry);
    if (link !== null) this.#deliver(link, () => this.#onGone());
  }

  /** The agent finds out from the journal what the shim could not tell any more. */
  #onGone(): void {
    this.#link = null;
    const now = this.#machine.clock();
    const open = [...this.#told].filter(([, entry]) => entry.ended === null).map(([key]) => key);
    for (const execution of new Set([...this.#requests.keys(), ...open])) {
      const left = this.#left.get(execution);
      const request = this.#requests.get(execution);
      if (left === undefined && request !== undefined) {
        this.spawn(request.order, request.member);
        continue;
      }
      if (this.#adopted.has(execution)) continue;
      const { records, process } = legacyOf(execution, this.#told.get(execution), left, now);
      for (const record of records) this.#hear(record);
      if (process !== null) this.#adopt(execution, process);
    }
  }

  #adopt(execution: number, process: ProcessIdentity): void {
    if (this.#processes.isAlive(process)) this.#adopted.add(execution);
    else this.#endAdopted(execution);
  }

  /** The machine goes off: every process is gone, unseen. */
  powerOff(): void {
    this.#isOff = true;
    if (this.#living !== null) this.#living.isDead = true;
    this.#processes.powerOff();
  }
}

/** What the agent's machine is told; null: nothing. */
function inputOf(record: ShimRecord): AgentInput | null {
  const { execution } = record;
  switch (record.record) {
    case "started": {
      const { process, startedAt } = record;
      return { input: "spawned", execution, process, startedAt };
    }
    case "failed":
      return { input: "spawnFailed", execution, failure: record.failure };
    case "exited":
      return { input: "exited", execution, exit: record.exit };
    case "spawning":
    case "forgotten":
      return null;
  }
}
