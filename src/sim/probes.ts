import type { Probe } from "../agent/core/contract.ts";
import type { CheckStatus } from "../model/allocation.ts";
import type { Machine } from "./machine.ts";

/** The checks that an agent probes; they end with it. */
export class Probes {
  readonly #machine: Machine;
  /** Executions with the numbers of their probes. */
  readonly #running = new Map<number, Set<number>>();
  #isDead = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  start(probe: Probe): void {
    const { execution } = probe.order;
    const numbers = this.#running.get(execution) ?? new Set();
    this.#running.set(execution, numbers.add(probe.probe));
    this.#after(probe, probe.check.intervalMs / 2);
  }

  stop(execution: number, probe: number): void {
    this.#running.get(execution)?.delete(probe);
  }

  close(execution: number): void {
    this.#running.delete(execution);
  }

  /** The agent is gone. */
  end(): void {
    this.#isDead = true;
  }

  #after(probe: Probe, delayMs: number): void {
    const { execution } = probe.order;
    this.#machine.world.agenda.after(delayMs, () => {
      if (this.#isDead || this.#running.get(execution)?.has(probe.probe) !== true) return;
      this.#machine.agent?.push({
        input: "probed",
        execution,
        probe: probe.probe,
        status: this.#statusOf(probe),
        output: "",
        at: this.#machine.clock(),
      });
      this.#after(probe, probe.check.intervalMs);
    });
  }

  #statusOf({ order, process }: Probe): CheckStatus {
    const { agenda, isFaulty } = this.#machine.world;
    const serving = [...this.#machine.shims.processes].filter(
      ({ key, order: its }) =>
        its.execution === order.execution && (process === null || process.key === key),
    );
    if (serving.length === 0) return "critical";
    const isSick = isFaulty && serving.some(({ sickUntil }) => sickUntil > agenda.now);
    return isSick ? "critical" : "passing";
  }
}
