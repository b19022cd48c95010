import type {
  AgentEffect,
  AgentInput,
  BatchFrame,
  JournalEntry,
  NodeReport,
} from "./core/contract.ts";
import type { AgentMachine } from "./core/machine.ts";
import { hasOutgoing, heartbeatFrame, isUrgent, outgoingFrame } from "./core/reports.ts";
import { snapshotEntries } from "./core/snapshot.ts";
import { step } from "./core/step.ts";
import { nextDueAt } from "./core/timers.ts";
import type { Journal } from "./journal.ts";
import type { AgentLogger } from "./options.ts";

export interface LoopOptions {
  readonly machine: AgentMachine;
  readonly journal: Journal;
  readonly logger: AgentLogger;
  /** Performs an effect; its answer comes back through `push`, now or later. */
  readonly perform: (effect: AgentEffect) => void;
  /** Makes ready what can be made ready for the effect, which follows unless the flush fails: nothing comes of it yet. */
  readonly foresee: (effect: AgentEffect) => void;
  /** Sends a frame to the server, if the session is still the present one. */
  readonly send: (session: string, frame: BatchFrame<NodeReport>) => void;
  /** Something failed that must not fail: the machine's state is not to be trusted any more. */
  readonly onFailure: (error: unknown) => void;
}

/** Between attempts to write the journal to a disk that will not take it. */
const WRITE_AGAIN_MS = 1_000;
/** Word of a start may come this much later than the start; a task that ends sooner costs the server one step, not three. */
const PROGRESS_DELAY_MS = 10;
/**
 * On a node with many executions batches begin no closer to one another than this, so that more orders and ends share a
 * flush, a frame and a waking of the shim. With few there is nothing to share.
 */
const BATCH_GAP_MS = 2;
const MANY_EXECUTIONS = 8;
/** setTimeout takes no more. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * Effects that need not wait for the flush, as they leave nothing behind that doing them again would not make the same:
 * a directory that is made ready, a tree of a process known to have ended that is cleared. It spares a start and an end
 * one flush each.
 */
const EARLY: ReadonlySet<AgentEffect["effect"]> = new Set([
  "prepare",
  "prepareAllocation",
  "cancelPrepare",
  "collect",
  "collectMember",
]);

function isSpawn(effect: AgentEffect): boolean {
  return effect.effect === "spawn";
}

function isSend(effect: AgentEffect): boolean {
  return effect.effect === "send";
}

/** The shim remembers starts too: they may wait for the flush of what follows, which for a short task is its end. */
function isRemembered(entry: JournalEntry): boolean {
  return entry.entry === "started";
}

/**
 * Drives the machine: all inputs that wait are one batch, whose entries are flushed together before its effects are
 * performed. While a flush is under way, inputs queue.
 */
export class Loop {
  readonly #options: LoopOptions;
  #queue: AgentInput[] = [];
  #isDraining = false;
  #begunAt = 0;
  /** Entries that wait for others to be flushed with, see `isRemembered`. */
  #held: JournalEntry[] = [];
  #isSendDue = false;
  /** Until `begin`, inputs only queue. */
  #hasBegun = false;
  #isStopped = false;
  #waiters: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerAt: number | null = null;
  #sendTimer: ReturnType<typeof setTimeout> | null = null;
  /** As of the last flush: what may be acknowledged while the next is under way. */
  #flushed: { session: string | null; applied: number } = { session: null, applied: 0 };
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** `recovered` comes before everything that has queued so far. */
  begin(recovered: AgentInput): void {
    this.#queue.unshift(recovered);
    this.#hasBegun = true;
    this.#wake();
  }

  push(input: AgentInput): void {
    this.#queue.push(input);
    this.#wake();
  }

  /** Resolves at a moment when the journal holds all that the machine knows; to be used without a pause. */
  whenFlushed<Answer>(ask: () => Answer): Promise<Answer> {
    if (!this.#isDraining) return Promise.resolve(ask());
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#waiters.push(() => resolve(ask()));
    return promise;
  }

  #wake(): void {
    if (this.#isDraining || this.#isStopped || !this.#hasBegun) return;
    this.#isDraining = true;
    const drain = () => {
      this.#drain().catch(this.#options.onFailure);
    };
    const isCrowded = this.#options.machine.executions.size > MANY_EXECUTIONS;
    const waitMs = isCrowded ? this.#begunAt + BATCH_GAP_MS - performance.now() : 0;
    // Everything that arrives in this turn of the event loop goes into one batch.
    if (waitMs <= 0) setImmediate(drain);
    else setTimeout(drain, waitMs);
  }

  /** Takes no further input; resolves when the batch under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#sendTimer !== null) clearTimeout(this.#sendTimer);
    if (this.#isDraining) {
      this.#idle ??= Promise.withResolvers();
      await this.#idle.promise;
    }
    // What cannot be written now the shim will tell the next life.
    if (this.#held.length > 0)
      await this.#options.journal.append(this.#held).catch(() => undefined);
  }

  /** A frame in any case. During a flush it says nothing that the flush has not yet made true. */
  heartbeat(): void {
    const { machine, send } = this.#options;
    const { session } = machine;
    if (session === null) return;
    if (!this.#isDraining) {
      send(session, heartbeatFrame(machine, Date.now()));
    } else if (this.#flushed.session === session) {
      const { applied } = this.#flushed;
      const { next } = machine.outbox;
      send(session, { type: "batch", epoch: 0, first: next, messages: [], acknowledged: applied });
    }
  }

  async #drain(): Promise<void> {
    this.#begunAt = performance.now();
    while ((this.#queue.length > 0 || this.#isSendDue) && !this.#isStopped) await this.#apply();
    this.#isDraining = false;
    this.#idle?.resolve();
    if (!this.#isStopped) this.#armTimer();
  }

  /** One batch: all that waits, and what early effects answer at once. */
  async #apply(): Promise<void> {
    const { machine, perform, foresee } = this.#options;
    const entries = this.#held;
    this.#held = [];
    const effects: AgentEffect[] = [];
    for (let input = this.#queue.shift(); input !== undefined; input = this.#queue.shift()) {
      const result = step(machine, input, Date.now());
      entries.push(...result.entries);
      for (const effect of result.effects) {
        if (EARLY.has(effect.effect)) perform(effect);
        else effects.push(effect);
      }
    }
    const isDue = this.#isSendDue;
    this.#isSendDue = false;
    const mayWait = !isDue && effects.every(isSend) && entries.every(isRemembered);
    if (mayWait) this.#held = entries;
    else if (entries.length > 0) {
      const written = this.#write(entries, effects.some(isSpawn));
      for (const effect of effects) foresee(effect);
      if (!(await written)) return;
    }
    this.#flushed = { session: machine.session, applied: machine.lastApplied };
    for (const waiter of this.#waiters.splice(0)) waiter();
    for (const effect of effects) perform(effect);
    if (isDue) this.#sendWaiting();
    else this.#sendSoon();
  }

  /**
   * A full disk stops the node from taking on anything, but not from being there: heartbeats go on. False: the agent
   * stops before the disk has taken them, and nothing may follow from them.
   * `isBusyMeanwhile`: there is something to be done while the disk works.
   */
  async #write(entries: readonly JournalEntry[], isBusyMeanwhile: boolean): Promise<boolean> {
    const { journal, logger } = this.#options;
    for (let attempt = 1; !this.#isStopped; attempt += 1) {
      try {
        await journal.append(entries, isBusyMeanwhile);
        if (journal.isLarge()) this.#compact();
        return true;
      } catch (error) {
        if (attempt === 1) {
          logger.error({ error: String(error) }, "The journal cannot be written; trying again.");
        }
        await Bun.sleep(WRITE_AGAIN_MS);
      }
    }
    return false;
  }

  #compact(): void {
    const { journal, logger, machine } = this.#options;
    try {
      journal.compact(snapshotEntries(machine));
    } catch (error) {
      // The long journal serves as well as a short one.
      logger.warn({ error: String(error) }, "The journal could not be made shorter.");
    }
  }

  /** At once when a result waits; mere progress waits a moment for the result that may follow. */
  #sendSoon(): void {
    const { machine } = this.#options;
    const now = Date.now();
    if (isUrgent(machine, now)) {
      this.#sendWaiting();
    } else if (this.#sendTimer === null && hasOutgoing(machine, now)) {
      this.#sendTimer = setTimeout(() => {
        this.#sendTimer = null;
        this.#isSendDue = true;
        this.#wake();
      }, PROGRESS_DELAY_MS);
    }
  }

  #sendWaiting(): void {
    const { machine, send } = this.#options;
    for (;;) {
      const frame = outgoingFrame(machine, Date.now());
      if (frame === null || machine.session === null) return;
      send(machine.session, frame);
    }
  }

  #armTimer(): void {
    const dueAt = nextDueAt(this.#options.machine);
    if (dueAt === this.#timerAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerAt = dueAt;
    if (dueAt === null) return;
    const delayMs = Math.min(Math.max(dueAt - Date.now(), 0), TIMER_MAX_MS);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#timerAt = null;
      this.push({ input: "tick" });
    }, delayMs);
  }
}
