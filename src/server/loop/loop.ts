import type { Clock } from "../../engine/clock.ts";
import { heard } from "../../engine/contact.ts";
import type { Effect } from "../../engine/effect.ts";
import type { Input, Reply, RequestInput } from "../../engine/input.ts";
import { restore } from "../../engine/restore.ts";
import { type Engine, type EngineSettings, TICK_MS } from "../../engine/state.ts";
import { wantsStep } from "../../engine/step.ts";
import type { Actor, FleetRequest } from "../../fleet/input.ts";
import { restoreFleet } from "../../fleet/restore.ts";
import type { Fleet, FleetSettings } from "../../fleet/state.ts";
import type { World } from "../../fleet/world.ts";
import { type Asked, type Batch, LoopCore, type Next } from "../../machine/loopCore.ts";
import { type MachineInput, ServerMachine } from "../../machine/machine.ts";
import type { AuditEntry } from "../../model/audit.ts";
import type { JobNumber, NodeNumber } from "../../model/id.ts";
import type { IdempotencyRecord, Store } from "../../store/store.ts";
import {
  type AuditNote,
  type IdempotencyRequest,
  type Requests,
  type SubmitOptions,
  Unavailable,
} from "../routes/context.ts";
import { readAnswers, readJobs } from "./reads.ts";

/** What one batch takes in at most: about 1,000 ended tasks, since longer steps make everybody else wait. */
const BATCH_WEIGHT_MAX = 1_000;
/** A task that is added costs this share of one that ends. */
const ADDED_TASK_WEIGHT = 0.1;
/** Inputs that may wait; beyond it callers are told to come again (503). */
const QUEUE_MAX = 100_000;
/**
 * On a busy server steps follow one another no closer than this, nor closer than the last one took (a slow disk), up to
 * a bound, so that more inputs share a commit.
 */
const STEP_GAP_MS = 2;
const STEP_GAP_MAX_MS = 10;
/** A server is busy when it has used up its free steps: so many, and another one each few milliseconds. */
const FREE_STEPS_MAX = 8;
const FREE_STEP_EACH_MS = 4;
/** With so many inputs waiting, a step is worth while at once. */
const STEP_SOON_INPUTS = 200;
/** Between attempts to restore after a failed commit. */
const RESTORE_RETRY_MS = 500;

const FROM_CONNECTIONS: ReadonlySet<MachineInput["kind"]> = new Set([
  "nodeConnected",
  "nodeDisconnected",
  "nodeReports",
]);

interface Caller {
  readonly settle: ((reply: Reply) => void) | null;
  readonly fail: ((error: Error) => void) | null;
  /** Called after the commit, before the effects of the batch. */
  readonly onCommitted: ((reply: Reply) => void) | null;
  readonly idempotency: IdempotencyRequest | null;
  readonly audit: AuditNote | null;
}

/** Replies of messages from nodes are of no interest to anybody. */
const NOBODY: Caller = {
  settle: null,
  fail: null,
  onCommitted: null,
  idempotency: null,
  audit: null,
};

/** What a commit held, for whoever counts or cleans up. */
export interface Committed {
  readonly events: number;
  readonly tasks: number;
  readonly purgedJobs: readonly JobNumber[];
}

export interface LoopParts {
  readonly store: Store;
  readonly settings: EngineSettings;
  readonly fleetSettings: FleetSettings;
  readonly epoch: number;
  readonly clock: Clock;
  /** Carries out effects of a committed batch, in order. */
  readonly perform: (effects: readonly Effect[]) => void;
  /** A batch was committed, with or without events. */
  readonly onCommit: (committed: Committed) => void;
  /** How long a step held the server. */
  readonly onStep: (durationMs: number) => void;
  readonly log: (message: string, facts: Record<string, unknown>) => void;
}

/**
 * The loop of DESIGN 2: takes all inputs that wait, reads what they name, applies them, commits, and only then lets
 * replies and effects out. The order of things is LoopCore's; this is its waiting.
 */
export class Loop implements Requests {
  #core: LoopCore<Caller>;
  #waiting: Asked<Caller>[] = [];
  #isBusy = false;
  #isScheduled = false;
  #steppedAt = 0;
  #freeSteps = FREE_STEPS_MAX;
  /** How long the last step took. */
  #stepMs = 0;
  #isRestoring = false;
  #isStopped = false;
  #inFlight: Promise<void> = Promise.resolve();
  readonly #timer: ReturnType<typeof setInterval>;
  #timeout: ReturnType<typeof setTimeout> | null = null;

  readonly parts: LoopParts;

  private constructor(machine: ServerMachine, parts: LoopParts) {
    this.parts = parts;
    this.#core = new LoopCore(machine);
    this.#timer = setInterval(() => this.#schedule(), TICK_MS);
  }

  /** Restores the engine from the store. Its first effects go out with `start`. */
  static async open(parts: LoopParts): Promise<Loop> {
    return new Loop(await readMachine(parts), parts);
  }

  /** The live machine, for reads. */
  get engine(): Engine {
    return this.#core.engine;
  }

  get queueLength(): number {
    return this.#waiting.length;
  }

  get isHealthy(): boolean {
    return !this.#isRestoring && !this.#isStopped;
  }

  start(): void {
    this.#schedule();
  }

  submit(input: RequestInput, options: SubmitOptions = {}): Promise<Reply> {
    return this.#enqueue(input, options);
  }

  /** The live state of fleet operations, for reads. */
  get fleet(): Fleet {
    return this.#core.machine.fleet;
  }

  /** Nodes as fleet operations see them. */
  get fleetWorld(): World {
    return this.#core.machine.world;
  }

  /** A request of fleet operations. Resolves and rejects as submit. */
  askFleet(
    request: FleetRequest,
    actor: Actor | null,
    audit: AuditNote | null = null,
  ): Promise<Reply> {
    return this.#enqueue({ kind: "fleet", request, actor }, { audit });
  }

  /** An input of the machinery whose reply matters. */
  ask(input: Input): Promise<Reply> {
    return this.#enqueue(input, {});
  }

  #enqueue(input: MachineInput, options: SubmitOptions): Promise<Reply> {
    const { idempotency = null, audit = null } = options;
    if (this.#isStopped) return Promise.reject(new Unavailable("The server is stopping.", 1_000));
    if (this.#waiting.length >= QUEUE_MAX) {
      return Promise.reject(new Unavailable(`More than ${QUEUE_MAX} requests wait.`, 1_000));
    }
    return new Promise((settle, fail) => {
      const caller = { settle, fail, onCommitted: null, idempotency, audit };
      this.#waiting.push({ input, caller, isRecorded: audit !== null });
      this.#schedule();
    });
  }

  /** An input whose reply nobody waits for; `onOpen` is called after its commit and before the effects of its batch. */
  tell(input: Input, onOpen?: (lastApplied: number) => void): void {
    if (this.#isStopped) return;
    const caller: Caller =
      onOpen === undefined
        ? NOBODY
        : {
            ...NOBODY,
            onCommitted: (reply) => {
              if (reply.ok && reply.node !== undefined) onOpen(reply.lastApplied ?? 0);
            },
          };
    this.#waiting.push({ input, caller });
    this.#schedule();
  }

  /** A frame of the node was seen now; false when its connection has to be made anew. */
  heard(node: NodeNumber, now: number): boolean {
    return heard(this.engine, node, Math.max(this.engine.now, now));
  }

  nodeNumber(guid: string): NodeNumber | null {
    return this.engine.nodesByGuid.get(guid) ?? null;
  }

  nodeNames(number: NodeNumber): { nodeId: string; poolId: string } | null {
    const node = this.engine.nodes.get(number);
    const pool = node === undefined ? undefined : this.engine.pools.get(node.record.pool);
    if (node === undefined || pool === undefined) return null;
    return { nodeId: node.record.id, poolId: pool.record.spec.id };
  }

  /** One step in the next turn of the event loop, so that everything that arrived by then shares a commit. */
  #schedule(): void {
    if (this.#isScheduled || this.#isBusy || this.#isStopped || this.#isRestoring) return;
    this.#isScheduled = true;
    const run = (): void => {
      this.#isScheduled = false;
      this.#countStep();
      void this.#run();
    };
    const sinceMs = performance.now() - this.#steppedAt;
    const gapMs = Math.min(STEP_GAP_MAX_MS, STEP_GAP_MS + this.#stepMs);
    const isFree = this.#freeSteps + sinceMs / FREE_STEP_EACH_MS >= 1;
    if (isFree || sinceMs >= gapMs || this.#waiting.length >= STEP_SOON_INPUTS) setImmediate(run);
    else setTimeout(run, gapMs - sinceMs);
  }

  #countStep(): void {
    const now = performance.now();
    const earned = (now - this.#steppedAt) / FREE_STEP_EACH_MS;
    this.#freeSteps = Math.max(0, Math.min(FREE_STEPS_MAX, this.#freeSteps + earned) - 1);
    this.#steppedAt = now;
  }

  async #run(): Promise<void> {
    if (this.#isBusy || !this.#core.isReady || this.#isRestoring || this.#isStopped) return;
    this.#isBusy = true;
    try {
      await this.#batch();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isBusy = false;
    }
    this.#armTimer();
    if (this.#waiting.length > 0 || wantsStep(this.engine)) this.#schedule();
  }

  async #batch(): Promise<void> {
    const core = this.#core;
    const asked = this.#waiting.splice(0, batchLength(this.#waiting));
    const jobs = core.collect(asked);
    const admitted = jobs.size === 0 ? [] : await readJobs(this.parts.store, jobs);
    const reads = core.admit(admitted);
    const answers = await readAnswers(this.parts.store, reads);
    const begun = performance.now();
    this.#next(core, core.apply(answers, this.parts.clock.now()));
    this.#stepMs = performance.now() - begun;
    this.parts.onStep(this.#stepMs);
  }

  #next(core: LoopCore<Caller>, next: Next<Caller>): void {
    for (const batch of next.release) this.#release(batch);
    if (next.commit !== null) this.#commit(core, next.commit);
  }

  #commit(core: LoopCore<Caller>, batch: Batch<Caller>): void {
    const commit = this.parts.store.commit({
      changes: batch.changes,
      idempotency: idempotencyOf(batch, this.parts.clock.now()),
      audit: auditOf(batch),
      epoch: this.parts.epoch,
    });
    this.#inFlight = commit.then(
      () => {
        if (core !== this.#core) return;
        const { events, tasks, purgedJobs } = batch.changes;
        this.#next(core, core.committed());
        this.parts.onCommit({ events: events.length, tasks: tasks.size, purgedJobs });
        if (this.#waiting.length > 0 || wantsStep(this.engine)) this.#schedule();
      },
      (error: unknown) => {
        if (core === this.#core) this.#fail(error);
      },
    );
  }

  #release(batch: Batch<Caller>): void {
    for (const { caller, reply } of batch.replies) caller.onCommitted?.(reply);
    this.parts.perform(batch.effects);
    for (const { caller, reply } of batch.replies) caller.settle?.(reply);
  }

  /** The next timer of the engine, when it comes before the next tick. */
  #armTimer(): void {
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    this.#timeout = null;
    const dueAt = this.#core.machine.nextDueAt();
    if (dueAt === null) return;
    const delayMs = dueAt - this.parts.clock.now();
    if (delayMs < TICK_MS) this.#timeout = setTimeout(() => this.#schedule(), Math.max(1, delayMs));
  }

  /** Nothing is known of the last commit: the machine is dropped and read anew. */
  #fail(error: unknown): void {
    this.parts.log("commit failed; restoring from the store", { error: String(error) });
    const unavailable = new Unavailable("The change could not be stored.", RESTORE_RETRY_MS, {
      cause: error,
    });
    for (const caller of this.#core.waitingCallers()) caller.fail?.(unavailable);
    void this.#restore();
  }

  async #restore(): Promise<void> {
    if (this.#isRestoring) return;
    this.#isRestoring = true;
    while (!this.#isStopped) {
      try {
        this.#core = new LoopCore(await readMachine(this.parts));
        break;
      } catch (error) {
        this.parts.log("restore failed; trying again", { error: String(error) });
        await new Promise((resolve) => setTimeout(resolve, RESTORE_RETRY_MS));
      }
    }
    // What nodes said on connections that are closed now they will say again.
    this.#waiting = this.#waiting.filter(({ input }) => !FROM_CONNECTIONS.has(input.kind));
    this.#isRestoring = false;
    this.onRestored();
    this.#schedule();
  }

  /** Set by the server: links have to be made anew, so that every node is settled with the restored machine. */
  onRestored: () => void = () => {};

  /** Finishes what is under way; a second call does nothing. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearInterval(this.#timer);
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    while (this.#isBusy) await new Promise((resolve) => setImmediate(resolve));
    await this.#inFlight;
    const stopping = new Unavailable("The server is stopping.", 1_000);
    for (const { caller } of this.#waiting.splice(0)) caller.fail?.(stopping);
  }
}

/** The machine as the store has it; time goes on from where it was then, even if the machine's clock was set back. */
async function readMachine(parts: LoopParts): Promise<ServerMachine> {
  const { store, clock, settings, fleetSettings } = parts;
  const stored = await store.readLive();
  clock.advanceTo(stored.counters.time);
  const engine = restore(stored, clock.now(), settings);
  return new ServerMachine(engine, restoreFleet(stored.fleet, fleetSettings));
}

function weightOf(input: MachineInput): number {
  if (input.kind === "nodeReports") return input.reports.length;
  return input.kind === "addTasks" ? 1 + input.tasks.length * ADDED_TASK_WEIGHT : 1;
}

/** How many of the waiting inputs make a batch; at least one. */
function batchLength(waiting: readonly { readonly input: MachineInput }[]): number {
  let weight = 0;
  for (let index = 0; index < waiting.length; index += 1) {
    const entry = waiting[index];
    if (entry !== undefined) weight += weightOf(entry.input);
    if (weight >= BATCH_WEIGHT_MAX) return index + 1;
  }
  return waiting.length;
}

/** What was done, in its order. A refusal changed nothing, and is recorded by whoever answers it. */
function auditOf(batch: Batch<Caller>): AuditEntry[] {
  return batch.replies.flatMap(({ caller, reply }) =>
    reply.ok ? (caller.audit?.(reply) ?? []) : [],
  );
}

function idempotencyOf(batch: Batch<Caller>, now: number): IdempotencyRecord[] {
  const records: IdempotencyRecord[] = [];
  for (const { caller, reply } of batch.replies) {
    const { idempotency } = caller;
    if (idempotency === null || !reply.ok) continue;
    const { key, requestHash } = idempotency;
    const answer = idempotency.answer(reply);
    if (answer !== null) records.push({ key, requestHash, ...answer, createdAt: now });
  }
  return records;
}
