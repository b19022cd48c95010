import { CHECK_OUTPUT_MAX, type CheckStatus } from "../../model/allocation.ts";
import type { CheckSpec } from "../../model/group.ts";
import { type ProbeResult, type ProbeTarget, probe } from "./probe.ts";

/** What is known of a check after a probe. */
export interface Probed {
  readonly status: CheckStatus;
  readonly output: string;
  readonly at: number;
}

interface Running {
  readonly abort: AbortController;
  timer: ReturnType<typeof setTimeout> | null;
}

/** Probes checks until it is told to stop: for the first time after half an interval, then an interval after each end. */
export class Probes {
  readonly #running = new Map<string, Running>();

  /** A key that is probed already is begun anew. */
  start(key: string, target: ProbeTarget, onResult: (probed: Probed) => void): void {
    this.stop(key);
    const running: Running = { abort: new AbortController(), timer: null };
    this.#running.set(key, running);
    const { intervalMs } = target.check;
    const count = newCounter(target.check);
    const run = async () => {
      const result = await probe(target, running.abort.signal);
      if (running.abort.signal.aborted) return;
      onResult({ ...count(result), at: Date.now() });
      running.timer = setTimeout(run, intervalMs);
    };
    running.timer = setTimeout(run, intervalMs / 2);
  }

  stop(key: string): void {
    const running = this.#running.get(key);
    if (running === undefined) return;
    this.#running.delete(key);
    running.abort.abort();
    if (running.timer !== null) clearTimeout(running.timer);
  }

  /** Those whose keys begin so. */
  stopAll(prefix = ""): void {
    for (const key of [...this.#running.keys()]) if (key.startsWith(prefix)) this.stop(key);
  }
}

/** Counts results in a row: one that has not come often enough yet leaves the status as it was (Consul). */
export function newCounter(
  check: Pick<CheckSpec, "successBeforePassing" | "failuresBeforeCritical" | "initialStatus">,
): (result: ProbeResult) => Omit<Probed, "at"> {
  let status: CheckStatus = check.initialStatus === "" ? "pending" : check.initialStatus;
  let goodInRow = 0;
  let badInRow = 0;
  return (result) => {
    const isBad = result.status === "failure" || result.status === "critical";
    badInRow = isBad ? badInRow + 1 : 0;
    goodInRow = isBad ? 0 : goodInRow + 1;
    const wanted = isBad ? check.failuresBeforeCritical : check.successBeforePassing;
    if ((isBad ? badInRow : goodInRow) >= wanted) status = result.status;
    return { status, output: result.output.slice(0, CHECK_OUTPUT_MAX) };
  };
}
