import { TestStore } from "../engine/testStore.ts";
import { Agenda } from "./agenda.ts";
import { Checks } from "./checks/checks.ts";
import { Violation } from "./checks/violation.ts";
import { planFaults } from "./faultPlan.ts";
import { drawFaults, type Faults } from "./faults.ts";
import type { Hooks } from "./hooks.ts";
import type { Machine } from "./machine.ts";
import { Provider } from "./provider.ts";
import { Random } from "./random.ts";
import { Server } from "./server.ts";
import { Workload } from "./workload.ts";

/** After the faults have stopped something has to happen at least this often until everything has settled. */
const PROGRESS_MAX_MS = 30 * 60_000;
const SETTLE_CHECK_MS = 5_000;

export interface WorldOptions {
  readonly hooks?: Hooks;
  /** Called with every line of the trace. */
  readonly onTrace?: (line: string) => void;
  /** Default: those of the seed. */
  readonly faults?: Partial<Faults>;
}

export interface Outcome {
  readonly violation: Violation | null;
  /** Of everything that happened, in order. */
  readonly traceHash: string;
  /** Simulated, from the beginning to the end. */
  readonly durationMs: number;
  readonly steps: number;
}

/** One simulated world: time, chance, and everything in it. */
export class World {
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly faults: Faults;
  readonly hooks: Hooks;
  readonly disk = new TestStore();
  readonly machines: Machine[] = [];
  readonly provider: Provider;
  readonly server: Server;
  readonly checks: Checks;
  readonly workload: Workload;
  readonly #onTrace: ((line: string) => void) | undefined;
  /** False once the faults have stopped. */
  isFaulty = true;
  #isSettled = false;
  #traceHash = 0x811c9dc5;
  #steps = 0;

  constructor(seed: number, options: WorldOptions = {}) {
    this.random = new Random(seed);
    this.faults = { ...drawFaults(seed), ...options.faults };
    this.hooks = options.hooks ?? {};
    this.#onTrace = options.onTrace;
    this.provider = new Provider(this);
    this.checks = new Checks(this);
    this.server = new Server(this);
    this.workload = new Workload(this);
  }

  trace(line: string): void {
    this.#onTrace?.(`${String(this.agenda.now).padStart(8)} ${line}`);
    let hash = this.#traceHash ^ this.agenda.now;
    for (let index = 0; index < line.length; index += 1) {
      hash = Math.imul(hash ^ line.charCodeAt(index), 0x01000193);
    }
    this.#traceHash = hash >>> 0;
  }

  /** Runs to the end, or to the first violation. */
  run(): Outcome {
    const violation = this.#runToEnd();
    return {
      violation,
      traceHash: this.#traceHash.toString(16).padStart(8, "0"),
      durationMs: this.agenda.now,
      steps: this.#steps,
    };
  }

  #runToEnd(): Violation | null {
    try {
      this.server.boot();
      this.workload.begin();
      planFaults(this);
      this.agenda.at(this.faults.endMs, () => this.#calm());
      while (!this.#isSettled && this.agenda.advance()) this.#steps += 1;
      return null;
    } catch (error) {
      if (error instanceof Violation) return error;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return new Violation("exception", text);
    }
  }

  /** The faults stop, what is broken is mended, and everything has to come to an end. */
  #calm(): void {
    this.isFaulty = false;
    this.trace("the faults stop");
    this.workload.calm();
    for (const machine of this.machines) {
      if (!machine.isOn && this.random.chance(0.7)) machine.powerOn();
    }
    let progressAt = this.agenda.now;
    let events = this.disk.events.length;
    const look = () => {
      if (this.disk.events.length > events) {
        events = this.disk.events.length;
        progressAt = this.agenda.now;
      }
      const waiting = this.checks.unsettled();
      if (waiting === null) {
        this.checks.settled();
        this.#isSettled = true;
      } else if (this.agenda.now > progressAt + PROGRESS_MAX_MS) {
        throw new Violation("liveness", waiting);
      } else this.agenda.after(SETTLE_CHECK_MS, look);
    };
    this.agenda.after(SETTLE_CHECK_MS, look);
  }
}
