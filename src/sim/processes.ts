import type { ProcessExit, ProcessIdentity } from "../agent/core/contract.ts";
import type { StartOrder } from "../model/order.ts";
import { behaviourOf } from "./behaviour.ts";
import type { Machine } from "./machine.ts";

/** A process that really runs. */
export interface SimProcess {
  readonly order: StartOrder;
  readonly identity: ProcessIdentity;
  readonly startedAt: number;
  isAlive: boolean;
  readonly onEnd: (process: SimProcess, exit: ProcessExit) => void;
}

const SIGTERM = 15;
const SIGKILL = 9;

/** The processes of the tasks on a machine, in one boot. */
export class Processes {
  readonly #machine: Machine;
  readonly running = new Set<SimProcess>();
  #nextPid = 100;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  start(order: StartOrder, exitCode: number, onEnd: SimProcess["onEnd"]): SimProcess {
    const { world, bootId } = this.#machine;
    this.#nextPid += 1;
    const process: SimProcess = {
      order,
      identity: { bootId, pid: this.#nextPid, startTicks: world.agenda.now },
      startedAt: this.#machine.clock(),
      isAlive: true,
      onEnd,
    };
    this.running.add(process);
    world.checks.processStarted(this.#machine, process);
    const actualMs = behaviourOf(order).durationMs + world.random.between(0, 20);
    world.agenda.after(actualMs, () => this.#end(process, { state: "exited", exitCode }));
    return process;
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

  signal(execution: number, signal: "terminate" | "kill"): void {
    const { agenda, random } = this.#machine.world;
    for (const process of this.running) {
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
    for (const process of [...this.running]) {
      if (process.order.execution === execution) {
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
