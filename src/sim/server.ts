import { Clock, type TimeSource } from "../engine/clock.ts";
import { heard } from "../engine/contact.ts";
import type { Effect } from "../engine/effect.ts";
import type { Reply } from "../engine/input.ts";
import { restore } from "../engine/restore.ts";
import { DEFAULT_SETTINGS, type Engine, TICK_MS } from "../engine/state.ts";
import { wantsStep } from "../engine/step.ts";
import { restoreFleet } from "../fleet/restore.ts";
import { DEFAULT_FLEET_SETTINGS } from "../fleet/state.ts";
import { type Asked, type Batch, LoopCore, type Next } from "../machine/loopCore.ts";
import { type MachineInput, ServerMachine } from "../machine/machine.ts";
import type { ServerFrame } from "../protocol/node/message.ts";
import { EPOCH_MS } from "./agenda.ts";
import { Links } from "./links.ts";
import type { Machine } from "./machine.ts";
import type { Connection, End } from "./network.ts";
import { readAnswers, readJobs } from "./reads.ts";
import type { World } from "./world.ts";

/** Whoever waits for a reply; `reply` is null when it never comes (503, crash). */
export interface Caller {
  readonly settle: ((reply: Reply | null) => void) | null;
  /** After the commit and before the effects of the batch. */
  readonly onCommitted: ((reply: Reply) => void) | null;
}

const NOBODY: Caller = { settle: null, onCommitted: null };
const RESTART_MAX_MS = 15_000;
const BATCH_INPUTS_MAX = 2_000;

/** The server around the shipped engine and loop core, with the waiting that the real loop does. */
export class Server {
  readonly #world: World;
  core: LoopCore<Caller> | null = null;
  readonly links: Links;
  epoch = 0;
  #waiting: Asked<Caller>[] = [];
  #isBusy = false;
  #isScheduled = false;
  #pausedUntil = 0;
  #clockOffsetMs = 0;
  #clock: Clock;
  #timerAt: number | null = null;
  /** The batch whose commit is under way, and whether the disk has it already. */
  #inFlight: Batch<Caller> | null = null;

  constructor(world: World) {
    this.#world = world;
    this.links = new Links(world, this);
    this.#clock = this.#newClock();
  }

  get engine(): Engine | null {
    return this.core?.engine ?? null;
  }

  get isIdle(): boolean {
    return this.core !== null && this.#waiting.length === 0 && !this.#isBusy && !this.isCommitting;
  }

  get isPaused(): boolean {
    return this.#world.agenda.now < this.#pausedUntil;
  }

  get isCommitting(): boolean {
    return this.#inFlight !== null;
  }

  clock(): number {
    return this.#world.hooks.takesWallTime ? this.#wall() : this.#clock.now();
  }

  #wall(): number {
    return EPOCH_MS + this.#world.agenda.now + this.#clockOffsetMs;
  }

  #newClock(): Clock {
    const { agenda } = this.#world;
    const source: TimeSource = { wall: () => this.#wall(), monotonic: () => agenda.now };
    return new Clock(source);
  }

  /** The machine's clock is set: from now on it deviates from true time by so much. */
  setClock(offsetMs: number): void {
    this.#clockOffsetMs = offsetMs;
  }

  /** Whatever this life of the server does later; a pause puts it off, a crash cancels it. */
  later(delayMs: number, run: () => void): void {
    const { epoch } = this;
    const { agenda } = this.#world;
    const awake = () => {
      if (this.epoch !== epoch || this.core === null) return;
      if (this.isPaused) agenda.at(this.#pausedUntil, awake);
      else run();
    };
    agenda.after(delayMs, awake);
  }

  boot(): void {
    this.epoch += 1;
    this.#clock = this.#newClock();
    this.#restore();
    this.#tick();
  }

  #restore(): void {
    const { disk, hooks, checks, faults } = this.#world;
    const settings = { ...DEFAULT_SETTINGS, lostAfterMs: faults.lostAfterMs };
    const stored = hooks.restored?.(disk.readLive()) ?? disk.readLive();
    if (!hooks.forgetsTime) this.#clock.advanceTo(stored.counters.time);
    this.core = new LoopCore(
      new ServerMachine(
        restore(stored, this.clock(), settings),
        restoreFleet(
          hooks.restoredFleet?.(disk.fleet.readLive()) ?? disk.fleet.readLive(),
          DEFAULT_FLEET_SETTINGS,
        ),
      ),
    );
    this.#inFlight = null;
    this.#isBusy = false;
    checks.restored(this.core.engine);
    this.#schedule();
  }

  #tick(): void {
    this.#schedule();
    this.links.resend();
    this.later(TICK_MS, () => this.#tick());
  }

  /** Stopped as by SIGSTOP. */
  pause(durationMs: number): void {
    this.#pausedUntil = this.#world.agenda.now + durationMs;
    this.#world.trace(`server: stopped until ${this.#pausedUntil}`);
  }

  crash(): void {
    if (this.core === null) return;
    const { agenda, random, disk } = this.#world;
    this.#world.trace("server: killed");
    if (this.#inFlight !== null && random.chance(0.5)) this.#store(this.#inFlight);
    disk.readLive();
    this.#failAll();
    this.core = null;
    this.epoch += 1;
    this.#waiting = [];
    this.#isScheduled = false;
    this.#timerAt = null;
    this.links.dropAll();
    agenda.after(random.between(100, RESTART_MAX_MS), () => this.boot());
  }

  #failAll(): void {
    const callers = [
      ...(this.core?.waitingCallers() ?? []),
      ...this.#waiting.map((asked) => asked.caller),
    ];
    for (const caller of callers) caller.settle?.(null);
  }

  /** A request of a user; answered after its commit, or with null. */
  submit(input: MachineInput, settle: (reply: Reply | null) => void): void {
    if (this.core === null) settle(null);
    else this.#enqueue(input, { settle, onCommitted: null });
  }

  tell(input: MachineInput, onCommitted: ((reply: Reply) => void) | null = null): void {
    this.#enqueue(input, onCommitted === null ? NOBODY : { settle: null, onCommitted });
  }

  #enqueue(input: MachineInput, caller: Caller): void {
    this.#waiting.push({ input, caller });
    this.#schedule();
  }

  join(machine: Machine): void {
    const { guid, name, poolId: pool, slots } = machine;
    this.later(this.#world.random.between(0, 50), () => {
      this.submit(
        { kind: "nodeJoined", guid, name, pool, slots, facts: machine.facts() },
        (reply) => {
          if (reply?.ok === true && machine.guid === guid) machine.isJoined = true;
        },
      );
    });
  }

  /** A machine dials; null: nobody listens. */
  accept(node: End<ServerFrame>): Connection | null {
    return this.core === null ? null : this.links.accept(node);
  }

  /** A frame of the node was seen. */
  heard(node: number): boolean {
    const { engine } = this;
    return engine !== null && heard(engine, node, Math.max(engine.now, this.clock()));
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isBusy) return;
    this.#isScheduled = true;
    this.later(this.#world.random.between(0, 2), () => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  #run(): void {
    const { core } = this;
    if (core === null || this.#isBusy || !core.isReady) return;
    this.#isBusy = true;
    const asked = this.#waiting.splice(0, BATCH_INPUTS_MAX);
    const jobs = core.collect(asked);
    this.#afterRead(core, jobs.size > 0, () => {
      const reads = core.admit(readJobs(this.#world.disk, jobs));
      const isRead = reads.tasks.size + reads.taskIds.size + reads.ranges.length > 0;
      // What is read now is applied later, when a commit may have ended meanwhile.
      const answers = readAnswers(this.#world.disk, reads);
      this.#afterRead(core, isRead, () => {
        const next = core.apply(answers, this.clock());
        this.#isBusy = false;
        this.#applied(core, next);
      });
    });
  }

  #afterRead(core: LoopCore<Caller>, isRead: boolean, run: () => void): void {
    const { faults, random } = this.#world;
    const delayMs = isRead && faults.readDelayMs > 0 ? random.between(0, faults.readDelayMs) : 0;
    if (delayMs === 0) run();
    else {
      this.later(delayMs, () => {
        if (core === this.core) run();
      });
    }
  }

  #applied(core: LoopCore<Caller>, next: Next<Caller>): void {
    const { checks, hooks } = this.#world;
    const made = next.commit ?? next.release[0] ?? core.batchBehind;
    if (made !== null) hooks.batch?.(made, core.engine);
    checks.stepped(core.engine);
    const { hurries } = hooks;
    if (hurries !== undefined) this.perform(made?.effects.filter(hurries) ?? []);
    if (this.#isStruck()) return;
    this.#next(core, next);
    if (core !== this.core) return;
    this.#armTimer();
    if (this.#waiting.length > 0 || wantsStep(core.engine)) this.#schedule();
  }

  /** Killed right here; true: it was. */
  #isStruck(): boolean {
    const { faults, random, isFaulty } = this.#world;
    if (!isFaulty || !random.chance(faults.serverCrashInBatch)) return false;
    this.crash();
    return true;
  }

  #next(core: LoopCore<Caller>, next: Next<Caller>): void {
    if (next.commit !== null) this.#commit(core, next.commit);
    for (const batch of next.release) {
      if (core === this.core) this.#release(batch);
    }
  }

  #commit(core: LoopCore<Caller>, batch: Batch<Caller>): void {
    const { faults, random, isFaulty } = this.#world;
    this.#inFlight = batch;
    const delayMs =
      faults.commitDelayMs > 0 ? random.skewed(0, faults.commitDelayMs) : random.between(0, 2);
    const fails = isFaulty && random.chance(faults.commitFail);
    const failsAfter = isFaulty && random.chance(faults.commitFailAfter);
    this.later(delayMs, () => {
      if (core !== this.core) return;
      if (!fails) this.#store(batch);
      this.#inFlight = null;
      if (this.#isStruck()) return;
      if (fails || failsAfter) this.#commitFailed(core, fails);
      else {
        this.#next(core, core.committed());
        if (core === this.core) this.#schedule();
      }
    });
  }

  #store(batch: Batch<Caller>): void {
    const { checks, disk } = this.#world;
    checks.committing(batch.changes);
    disk.apply(batch.changes);
    this.#inFlight = null;
    checks.committed(batch.changes);
  }

  #commitFailed(core: LoopCore<Caller>, isLost: boolean): void {
    this.#world.trace(`server: a commit failed${isLost ? "" : " after it was done"}`);
    for (const caller of core.waitingCallers()) caller.settle?.(null);
    this.links.dropAll();
    this.#restore();
  }

  #release(batch: Batch<Caller>): void {
    const { hooks } = this.#world;
    const { core } = this;
    for (const { caller, reply } of batch.replies) caller.onCommitted?.(reply);
    const { hurries } = hooks;
    const due = hurries ? batch.effects.filter((effect) => !hurries(effect)) : batch.effects;
    if (core !== null) this.perform(hooks.effects?.(due) ?? due);
    for (const { caller, reply } of batch.replies) caller.settle?.(reply);
  }

  perform(effects: readonly Effect[]): void {
    const { checks } = this.#world;
    for (const effect of effects) {
      checks.effectReleased(effect);
      this.#performOne(effect);
    }
    this.links.flush();
  }

  #performOne(effect: Effect): void {
    const { provider } = this.#world;
    switch (effect.effect) {
      case "start":
      case "stop":
      case "restart":
      case "discard":
      case "remove":
      case "acknowledge":
      case "leave":
        this.links.perform(effect);
        return;
      case "rebootNode":
        if (!effect.provided) this.links.perform(effect);
        else provider.reboot(this.engine?.nodes.get(effect.node)?.record.guid ?? "");
        return;
      case "provideNode":
        provider.provide(effect);
        return;
      case "removeNode":
        this.links.dismiss(effect.node);
        if (effect.provided) provider.remove(effect.node, effect.guid);
        else this.tell({ kind: "nodeRemoved", node: effect.node });
        return;
    }
  }

  /** The next timer of the engine, when it comes before the next tick. */
  #armTimer(): void {
    const dueAt = this.engine?.timers.nextDueAt() ?? null;
    if (dueAt === null || dueAt === this.#timerAt) return;
    const delayMs = dueAt - this.clock();
    if (delayMs >= TICK_MS) return;
    this.#timerAt = dueAt;
    this.later(Math.max(1, delayMs), () => {
      if (this.#timerAt !== dueAt) return;
      this.#timerAt = null;
      this.#schedule();
    });
  }
}
