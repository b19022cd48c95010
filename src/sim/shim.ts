import type { ProcessExit, ProcessIdentity, ShimMemory } from "../agent/core/contract.ts";
import type { FailureInfo } from "../model/failure.ts";
import type { StartOrder } from "../model/order.ts";
import { behaviourOf, drawExitCode, NO_PROGRAM } from "./behaviour.ts";
import type { Machine } from "./machine.ts";

/** A process that really runs. */
export interface SimProcess {
  readonly order: StartOrder;
  readonly identity: ProcessIdentity;
  readonly startedAt: number;
  isAlive: boolean;
  /** Its parent sees its end. */
  isWatched: boolean;
}

/** What the shims' journals say of an execution. */
interface ShimEntry {
  process: SimProcess | null;
  failure: FailureInfo | null;
  exit: ProcessExit | null;
}

const POLL_MS = 100;
const SPAWN_MAX_MS = 3;
const SIGTERM = 15;
const SIGKILL = 9;

/** All shims of a machine with their processes; it outlives agents, and ends with the machine's boot. */
export class Shims {
  readonly #machine: Machine;
  readonly #entries = new Map<number, ShimEntry>();
  /** Asked for, and not yet on any shim's disk. */
  readonly #requests = new Map<number, StartOrder>();
  readonly processes = new Set<SimProcess>();
  #isOff = false;
  #nextPid = 100;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** The request is on its way to the shim, and is read even if the agent dies meanwhile. */
  spawn(order: StartOrder): void {
    const { agenda, random } = this.#machine.world;
    const { startsAgain } = this.#machine.world.hooks;
    if (this.#entries.has(order.execution) && !startsAgain) return;
    if (this.#requests.has(order.execution)) return;
    this.#requests.set(order.execution, order);
    agenda.after(random.between(0, SPAWN_MAX_MS), () => {
      if (this.#isOff || !this.#requests.delete(order.execution)) return;
      this.#start(order);
    });
  }

  #start(order: StartOrder): void {
    const { random } = this.#machine.world;
    const entry: ShimEntry = { process: null, failure: null, exit: null };
    this.#entries.set(order.execution, entry);
    const behaviour = behaviourOf(order);
    if (!behaviour.hasProgram) {
      entry.failure = NO_PROGRAM;
      this.#tell({ input: "spawnFailed", execution: order.execution, failure: NO_PROGRAM });
      return;
    }
    entry.process = this.#fork(order, drawExitCode(behaviour, random), behaviour.durationMs);
    const { identity, startedAt } = entry.process;
    this.#tell({ input: "spawned", execution: order.execution, process: identity, startedAt });
  }

  #fork(order: StartOrder, exitCode: number, durationMs: number): SimProcess {
    const { world, bootId } = this.#machine;
    this.#nextPid += 1;
    const process: SimProcess = {
      order,
      identity: { bootId, pid: this.#nextPid, startTicks: world.agenda.now },
      startedAt: this.#machine.clock(),
      isAlive: true,
      isWatched: true,
    };
    this.processes.add(process);
    world.checks.processStarted(this.#machine, process);
    const actualMs = durationMs + world.random.between(0, 20);
    world.agenda.after(actualMs, () => this.#end(process, { state: "exited", exitCode }));
    return process;
  }

  #end(process: SimProcess, outcome: ProcessExit["outcome"]): void {
    if (!process.isAlive) return;
    process.isAlive = false;
    this.processes.delete(process);
    const { execution } = process.order;
    const endedAt = this.#machine.clock();
    this.#machine.world.checks.processEnded(this.#machine, process, outcome);
    const entry = this.#entries.get(execution);
    if (entry?.process !== process) return;
    const durationMs = endedAt - process.startedAt;
    const seen = { outcome, endedAt, durationMs, peakMemoryBytes: 1, cpuMs: 1 };
    if (process.isWatched) entry.exit = seen;
    const exit = process.isWatched ? seen : unseen(endedAt);
    this.#tell({ input: "exited", execution, exit }, process.isWatched ? SPAWN_MAX_MS : POLL_MS);
  }

  #tell(input: Parameters<Machine["tellAgent"]>[0], delayMaxMs = SPAWN_MAX_MS): void {
    const { random } = this.#machine.world;
    this.#machine.tellAgent(input, random.between(0, delayMaxMs));
  }

  signal(execution: number, signal: "terminate" | "kill"): void {
    const { agenda, random } = this.#machine.world;
    for (const process of this.processes) {
      if (process.order.execution !== execution) continue;
      if (signal === "kill") {
        agenda.after(random.between(0, 50), () =>
          this.#end(process, { state: "signaled", signal: SIGKILL }),
        );
      } else if (!behaviourOf(process.order).isStubborn) {
        const isGraceful = random.chance(0.3);
        agenda.after(random.between(0, 2_000), () =>
          this.#end(
            process,
            isGraceful ? { state: "exited", exitCode: 0 } : { state: "signaled", signal: SIGTERM },
          ),
        );
      }
    }
  }

  /** No process of the execution survives. */
  clear(execution: number): void {
    for (const process of [...this.processes]) {
      if (process.order.execution === execution) {
        this.#end(process, { state: "signaled", signal: SIGKILL });
      }
    }
  }

  forget(execution: number): void {
    this.#entries.delete(execution);
  }

  /** What a new agent finds out. What is on its way to a shim is read before the shim answers. */
  memories(): Map<number, ShimMemory> {
    for (const order of [...this.#requests.values()]) {
      this.#requests.delete(order.execution);
      this.#start(order);
    }
    const memories = new Map<number, ShimMemory>();
    for (const [execution, entry] of this.#entries) memories.set(execution, this.#memoryOf(entry));
    return memories;
  }

  #memoryOf({ process, failure, exit }: ShimEntry): ShimMemory {
    if (failure !== null) return { memory: "failedToStart", failure };
    if (process === null) return { memory: "unknown" };
    const { identity, startedAt, isAlive } = process;
    if (isAlive) return { memory: "running", process: identity, startedAt };
    const ended = exit ?? unseen(this.#machine.clock());
    return { memory: "exited", process: identity, startedAt, exit: ended };
  }

  /** The shim dies; its processes go on, and nobody sees how they end. */
  die(): void {
    const { random } = this.#machine.world;
    for (const process of this.processes) process.isWatched = false;
    for (const order of [...this.#requests.values()]) {
      const fate = random.between(0, 2);
      // It never read the request, or died before, or right after it started the process.
      if (fate === 0) continue;
      this.#requests.delete(order.execution);
      this.#entries.set(order.execution, { process: null, failure: null, exit: null });
      const behaviour = behaviourOf(order);
      if (fate === 2 && behaviour.hasProgram) this.#fork(order, 0, behaviour.durationMs);
      const exit = unseen(this.#machine.clock());
      this.#tell({ input: "exited", execution: order.execution, exit });
    }
  }

  /** The machine goes off: every process is gone, unseen. */
  powerOff(): void {
    this.#isOff = true;
    for (const process of this.processes) {
      process.isAlive = false;
      this.#machine.world.checks.processEnded(this.#machine, process, { state: "unseen" });
    }
    this.processes.clear();
  }
}

function unseen(endedAt: number): ProcessExit {
  return {
    outcome: { state: "unseen" },
    endedAt,
    durationMs: null,
    peakMemoryBytes: null,
    cpuMs: null,
  };
}
