import type { AuditEntry } from "../../model/audit.ts";
import type { Store } from "../../store/store.ts";
import { type Act, currentAct } from "./act.ts";

/** Refusals of one caller that are recorded at once; then one in each interval, so that nobody fills the disk. */
const REFUSALS_MAX = 30;
const REFUSAL_EACH_MS = 10_000;
/** Callers whose refusals are counted at a time. */
const CALLERS_MAX = 10_000;

interface Allowance {
  left: number;
  at: number;
  /** Refusals that were not recorded since the last one that was. */
  leftOut: number;
}

/** Writes what is not written with a change of its own. */
export class AuditLog {
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #allowances = new Map<string, Allowance>();

  constructor(store: Store, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Of the current request, that it did what no commit of the store was part of. Called before the answer: what its caller
   * was told is recorded.
   */
  async done(result: AuditEntry["result"] = {}): Promise<void> {
    const entry = currentAct()?.done(result) ?? null;
    if (entry !== null) await this.#store.appendAudit([entry]);
  }

  /** That somebody was not permitted something. A flood of them is counted, and not recorded one by one. */
  async refused(act: Act, code: string, more: AuditEntry["result"] = {}): Promise<void> {
    const leftOut = this.#allow(act.who);
    if (leftOut === null) return;
    const entry = act.refused(code, leftOut === 0 ? more : { ...more, leftOutBefore: leftOut });
    await this.#store.appendAudit([entry]);
  }

  /** How many were left out before; null: this one is left out too. */
  #allow(who: string): number | null {
    const now = this.#clock();
    const allowance = this.#allowances.get(who) ?? { left: REFUSALS_MAX, at: now, leftOut: 0 };
    this.#allowances.delete(who);
    // The one that was refused longest ago goes first.
    const oldest = this.#allowances.keys().next().value;
    if (this.#allowances.size >= CALLERS_MAX && oldest !== undefined) {
      this.#allowances.delete(oldest);
    }
    this.#allowances.set(who, allowance);
    const earned = (now - allowance.at) / REFUSAL_EACH_MS;
    allowance.left = Math.min(REFUSALS_MAX, allowance.left + earned);
    allowance.at = now;
    if (allowance.left < 1) {
      allowance.leftOut += 1;
      return null;
    }
    allowance.left -= 1;
    const { leftOut } = allowance;
    allowance.leftOut = 0;
    return leftOut;
  }
}
