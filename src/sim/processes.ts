import type {
  MemberProcess,
  ProcessExit,
  ProcessIdentity,
  ProcessKey,
} from "../agent/core/contract.ts";
import type { StartOrder } from "../model/order.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Machine } from "./machine.ts";
import type { Start } from "./shim.ts";

/** A process that really runs. */
export interface SimProcess {
  readonly order: StartOrder;
  readonly key: ProcessKey;
  /** Null: it is the execution's own process. */
  readonly member: MemberProcess | null;
  readonly behaviour: Behaviour;
  /** Until when it fails its checks, in true time. */
  readonly sickUntil: number;
  readonly identity: ProcessIdentity;
  readonly startedAt: number;
  isAlive: boolean;
  readonly onEnd: (process: SimProcess, exit: ProcessExit) => void;
}

const SIGTERM = 15;
const SIGKILL = 9;
const SICK_MAX_MS = 60_000;

/** The processes of the tasks on a machine, in one boot. */
export class Processes {
  readonly #machine: Machine;
  readonly running = new Set<SimProcess>();
  #nextPid = 100;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  start(
    { order, execution: key, member }: Start,
    behaviour: Behaviour,
    exitCode: number,
    onEnd: SimProcess["onEnd"],
  ): SimProcess {
    const { world, bootId } = this.#machine;
    const { random, agenda } = world;
    this.#nextPid += 1;
    const isSick = behaviour.sickPercent > 0 && random.chance(behaviour.sickPercent / 100);
    const process: SimProcess = {
      order,
      key,
      member,
      behaviour,
      sickUntil: isSick ? agenda.now + random.between(0, SICK_MAX_MS) : 0,
      identity: { bootId, pid: this.#nextPid, startTicks: world.agenda.now },
      startedAt: this.#machine.clock(),
      isAlive: true,
      onEnd,
    };
    this.running.add(process);
    world.checks.processStarted(this.#machine, process);
    this.#planEnd(process, exitCode);
    return process;
  }

  #planEnd(process: SimProcess, exitCode: number): void {
    const { world } = this.#machine;
    const { kind, durationMs } = process.behaviour;
    const end = () => this.#end(process, { state: "exited", exitCode });
    if (kind === "work") world.agenda.after(durationMs + world.random.between(0, 20), end);
    else if (durationMs > 0) {
      world.agenda.after(world.random.exponential(durationMs), () => {
        if (world.isFaulty) end();
      });
    }
  }

  isAlive(identity: ProcessIdentity): boolean {
    return [...this.running].some((process) => process.identity.pid === identity.pid);
  }

  #end(process: SimProcess, outcome: ProcessExit["outcome"]): void {
    if (!process.isAlive) return;
    process.isAlive = false;
    this.running.delete(process);
    this.#machine.world.checks.processEnded(this.#machine, process, outcome);
    const endedAt = this.#machine.clock();
    const durationMs = endedAt - process.startedAt;
    process.onEnd(process, { outcome, endedAt, durationMs, peakMemoryBytes: 1, cpuMs: 1 });
  }

  signal(key: ProcessKey, signal: "terminate" | "kill"): void {
    const { agenda, random } = this.#machine.world;
    for (const process of this.running) {
      if (process.key !== key) continue;
      if (signal === "kill") {
        agenda.after(random.between(0, 50), () =>
          this.#end(process, { state: "signaled", signal: SIGKILL }),
        );
      } else if (!process.behaviour.isStubborn) {
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

  /** No process of the key survives. */
  clear(key: ProcessKey): void {
    for (const process of [...this.running]) {
      if (process.key === key) {
        this.#end(process, { state: "signaled", signal: SIGKILL });
      }
    }
  }

  /** The machine goes off: every process is gone, unseen. */
  powerOff(): void {
    for (const process of this.running) {
      process.isAlive = false;
      this.#machine.world.checks.processEnded(this.#machine, process, { state: "unseen" });
    }
    this.running.clear();
  }
}
