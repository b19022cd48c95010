import type {
  AgentEffect,
  AgentInput,
  JournalEntry,
  MemberEffect,
  MemberProcess,
} from "../agent/core/contract.ts";
import { heldExecutions, processesInDoubt } from "../agent/core/held.ts";
import { type AgentMachine, newAgentMachine } from "../agent/core/machine.ts";
import { replay } from "../agent/core/replay.ts";
import { heartbeatFrame, outgoingFrame } from "../agent/core/reports.ts";
import { snapshotEntries } from "../agent/core/snapshot.ts";
import { step } from "../agent/core/step.ts";
import { nextDueAt } from "../agent/core/timers.ts";
import type { OutputInfo } from "../model/execution.ts";
import type { StartOrder } from "../model/order.ts";
import type { ServerFrame } from "../protocol/node/message.ts";
import { behaviourOf, NO_FILES } from "./behaviour.ts";
import type { Machine } from "./machine.ts";
import type { Connection } from "./network.ts";
import { Probes } from "./probes.ts";

const SILENT_HEARTBEATS_MAX = 3;
const GREETING_TIMEOUT_MS = 15_000;
const RECONNECT_MAX_MS = 5_000;
const COMPACT_CHANCE = 0.01;
const NO_OUTPUT: OutputInfo = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } };
const NO_OFFSETS = { stdout: 0, stderr: 0 };
const LARGE_OUTPUT: OutputInfo = { sizeBytes: 9_000, droppedBytes: 0, place: { kind: "node" } };

/** One life of an agent process around the shipped core; it takes the steps that the shipped agent's loop takes. */
export class AgentLife {
  readonly core: AgentMachine;
  readonly #machine: Machine;
  readonly #probes: Probes;
  #queue: AgentInput[] = [];
  #isDraining = false;
  #isDead = false;
  /** When it goes on after it was stopped as by SIGSTOP; 0: it never was. */
  pausedUntil = 0;
  #flushed: { session: string | null; applied: number } = { session: null, applied: 0 };
  #connection: Connection | null = null;
  #session: string | null = null;
  #greeting = 0;
  #silentHeartbeats = 0;
  #timerAt: number | null = null;
  #owesHello = false;

  constructor(machine: Machine, linkId: string) {
    this.#machine = machine;
    this.#probes = new Probes(machine);
    const { random } = machine.world;
    this.core = newAgentMachine(linkId, { random: () => random.next() });
    for (const entry of machine.journal) replay(this.core, entry);
    const shims = machine.shims.memories();
    for (const execution of processesInDoubt(this.core)) {
      if (!shims.has(execution)) shims.set(execution, { memory: "never" });
    }
    const memories = machine.world.hooks.memories?.(shims) ?? shims;
    this.push({ input: "recovered", bootId: machine.bootId, memories });
    this.#connect();
  }

  get isIdle(): boolean {
    const { outbox } = this.core;
    return this.#queue.length === 0 && !this.#isDraining && outbox.messages.length === 0;
  }

  get isConnected(): boolean {
    return this.#session !== null;
  }

  /** Whatever this life does later; a pause of the process puts it off, its death cancels it. */
  #later(delayMs: number, run: () => void): void {
    const { agenda } = this.#machine.world;
    const awake = () => {
      if (this.#isDead) return;
      if (agenda.now < this.pausedUntil) agenda.at(this.pausedUntil, awake);
      else run();
    };
    agenda.after(delayMs, awake);
  }

  /** Stopped as by SIGSTOP; processes go on. */
  pause(durationMs: number): void {
    this.pausedUntil = this.#machine.world.agenda.now + durationMs;
  }

  /** Kill -9, or the end of its machine. */
  kill(isLoud: boolean): void {
    this.#isDead = true;
    this.#probes.end();
    this.#connection?.break(isLoud);
  }

  loseConnection(): void {
    this.#connection?.break(false);
  }

  push(input: AgentInput): void {
    this.#queue.push(input);
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#later(0, () => this.#drain());
  }

  #drain(): void {
    const inputs = this.#queue;
    this.#queue = [];
    if (inputs.length === 0) {
      this.#isDraining = false;
      this.#armTimer();
      return;
    }
    const entries: JournalEntry[] = [];
    const effects: AgentEffect[] = [];
    for (const input of inputs) {
      const result = step(this.core, input, this.#machine.clock());
      entries.push(...result.entries);
      effects.push(...result.effects);
    }
    const { world } = this.#machine;
    const wanted = world.hooks.agentEffects?.(effects) ?? effects;
    this.#machine.journal.push(...entries);
    const { faults, random, isFaulty } = world;
    const crashAt = isFaulty && random.chance(faults.agentCrashInBatch);
    const flushMs = entries.length === 0 ? 0 : random.between(0, faults.flushDelayMs);
    if (crashAt && random.chance(0.5)) {
      this.#later(random.between(0, flushMs), () => this.#machine.crashAgent());
      return;
    }
    const performed = crashAt ? wanted.slice(0, random.between(0, wanted.length)) : wanted;
    if (world.hooks.skipsFlush) this.#afterFlush(performed, crashAt);
    else if (flushMs === 0) this.#flush(performed, crashAt);
    else this.#later(flushMs, () => this.#flush(performed, crashAt));
  }

  #flush(effects: readonly AgentEffect[], crashes: boolean): void {
    const machine = this.#machine;
    const { random } = machine.world;
    if (random.chance(COMPACT_CHANCE)) machine.journal = [...snapshotEntries(this.core)];
    machine.flushed = machine.journal.length;
    this.#afterFlush(effects, crashes);
  }

  #afterFlush(effects: readonly AgentEffect[], crashes: boolean): void {
    this.#flushed = { session: this.core.session, applied: this.core.lastApplied };
    if (this.#owesHello) this.#sayHello();
    for (const effect of effects) {
      this.#perform(effect);
      if (this.#isDead) return;
    }
    if (crashes) {
      this.#machine.crashAgent();
      return;
    }
    this.#sendWaiting();
    this.#drain();
  }

  #sendWaiting(): void {
    for (;;) {
      const frame = outgoingFrame(this.core, this.#machine.clock());
      if (frame === null || this.core.session === null) return;
      if (this.core.session === this.#session) this.#connection?.toServer(frame);
    }
  }

  #armTimer(): void {
    const dueAt = nextDueAt(this.core);
    if (dueAt === null || dueAt === this.#timerAt) return;
    this.#timerAt = dueAt;
    this.#later(Math.max(dueAt - this.#machine.clock(), 0), () => {
      if (this.#timerAt !== dueAt) return;
      this.#timerAt = null;
      this.push({ input: "tick" });
    });
  }

  #connect(): void {
    const { world } = this.#machine;
    this.#later(world.random.between(10, RECONNECT_MAX_MS), () => {
      if (this.#machine.isCutOff) {
        this.#connect();
        return;
      }
      if (!this.#machine.isJoined) {
        world.server.join(this.#machine);
        this.#connect();
        return;
      }
      const connection: Connection | null = world.server.accept({
        received: (frame) => this.#later(0, () => this.#received(connection, frame)),
        closed: () => this.#later(0, () => this.#closed(connection)),
      });
      if (connection === null) {
        this.#connect();
        return;
      }
      this.#connection = connection;
      this.#greeting += 1;
      const greeting = this.#greeting;
      this.#later(GREETING_TIMEOUT_MS, () => {
        if (this.#greeting === greeting && this.#session === null) this.#hangUp();
      });
      if (this.#isDraining) this.#owesHello = true;
      else this.#sayHello();
    });
  }

  #sayHello(): void {
    this.#owesHello = false;
    const machine = this.#machine;
    machine.world.checks.helloSent(machine, heldExecutions(this.core));
    this.#connection?.toServer({
      type: "hello",
      protocol: 1,
      guid: machine.guid,
      signature: "",
      linkId: this.core.linkId,
      bootId: machine.bootId,
      nodeName: machine.name,
      slots: machine.isProvided ? 0 : machine.slots,
      facts: machine.facts(),
      held: heldExecutions(this.core),
    });
  }

  #hangUp(): void {
    const connection = this.#connection;
    if (connection === null) return;
    connection.closeByNode();
    this.#closed(connection);
  }

  #closed(connection: Connection | null): void {
    if (this.#isDead || connection !== this.#connection) return;
    this.#connection = null;
    this.#owesHello = false;
    if (this.#session !== null) this.push({ input: "disconnected" });
    this.#session = null;
    this.#connect();
  }

  #received(connection: Connection | null, frame: ServerFrame): void {
    if (this.#isDead || connection !== this.#connection) return;
    this.#silentHeartbeats = 0;
    switch (frame.type) {
      case "welcome":
        this.#session = frame.session;
        this.#beat(frame.session, frame.heartbeatIntervalMs);
        this.push({ input: "welcome", frame });
        return;
      case "refused":
        if (frame.code === "UnknownNode") this.#machine.leave();
        else this.#hangUp();
        return;
      case "batch":
        this.push({ input: "frame", frame });
        return;
      case "challenge":
      case "ask":
      case "exec":
      case "script":
        return;
    }
  }

  #beat(session: string, intervalMs: number): void {
    this.#later(intervalMs, () => {
      if (this.#session !== session) return;
      this.#silentHeartbeats += 1;
      if (this.#silentHeartbeats > SILENT_HEARTBEATS_MAX) {
        this.#hangUp();
        return;
      }
      this.#heartbeat(session);
      this.#connection?.ping(() => {
        if (this.#session === session) this.#silentHeartbeats = 0;
      });
      this.#beat(session, intervalMs);
    });
  }

  #heartbeat(session: string): void {
    if (this.core.session !== session) return;
    if (!this.#isDraining) {
      this.#connection?.toServer(heartbeatFrame(this.core, this.#machine.clock()));
    } else if (this.#flushed.session === session) {
      const { next } = this.core.outbox;
      const acknowledged = this.#flushed.applied;
      this.#connection?.toServer({
        type: "batch",
        epoch: 0,
        first: next,
        messages: [],
        acknowledged,
      });
    }
  }

  #perform(effect: AgentEffect): void {
    const machine = this.#machine;
    const { random, checks } = machine.world;
    switch (effect.effect) {
      case "prepare":
        checks.directoryPrepared(machine, effect.order);
        this.#later(random.skewed(0, 500), () => this.#prepared(effect.order));
        return;
      case "cancelPrepare":
        return;
      case "spawn":
        machine.shims.spawn(effect.order, null);
        return;
      case "signal":
        machine.shims.signal(effect.execution, effect.signal);
        return;
      case "collect": {
        const { execution } = effect.order;
        machine.shims.clear(execution);
        const stdout = random.chance(0.1) ? LARGE_OUTPUT : NO_OUTPUT;
        this.#answer(50, { input: "collected", execution, stdout, stderr: NO_OUTPUT });
        return;
      }
      case "upload": {
        const { execution } = effect.order;
        this.#answer(2_000, { input: "uploaded", execution, stream: effect.stream });
        return;
      }
      case "removeDirectory": {
        const { jobId, taskId, removal } = effect;
        checks.directoryRemoved(machine, jobId, taskId);
        this.#answer(50, { input: "directoryRemoved", jobId, taskId, removal });
        return;
      }
      case "forget":
        machine.shims.forget(effect.execution);
        return;
      case "reboot":
        machine.reboot();
        return;
      case "leave":
        machine.leave();
        return;
      case "send":
        return;
      case "prepareAllocation":
      case "prepareMember":
      case "startMember":
      case "signalMember":
      case "collectMember":
      case "startProbe":
      case "stopProbe":
      case "closeAllocation":
      case "watchTemplates":
      case "unwatchTemplates":
        this.#performForMember(effect);
    }
  }

  #performForMember(effect: MemberEffect): void {
    const machine = this.#machine;
    const { random, checks } = machine.world;
    switch (effect.effect) {
      case "prepareAllocation":
        checks.directoryPrepared(machine, effect.order);
        this.#answer(random.skewed(0, 500), {
          input: "prepared",
          execution: effect.order.execution,
          outcome: { ok: true, offsets: NO_OFFSETS },
        });
        return;
      case "prepareMember":
        this.#later(random.skewed(0, 500), () => this.#memberPrepared(effect));
        return;
      case "startMember":
        machine.shims.spawn(effect.order, effect);
        return;
      case "signalMember":
        machine.shims.signal(effect.key, effect.signal === "kill" ? "kill" : "terminate");
        return;
      case "collectMember": {
        machine.shims.clear(effect.key);
        const { exit, key } = effect;
        const end = { end: "exited", exit, isOutOfMemory: false, message: null } as const;
        this.#answer(50, { input: "memberCollected", key, end });
        return;
      }
      case "startProbe":
        this.#probes.start(effect);
        return;
      case "stopProbe":
        this.#probes.stop(effect.execution, effect.probe);
        return;
      case "closeAllocation":
        this.#probes.close(effect.order.execution);
        return;
      case "watchTemplates":
      case "unwatchTemplates":
        return;
    }
  }

  #memberPrepared(process: MemberProcess): void {
    const { random, isFaulty } = this.#machine.world;
    const { brokenPercent } = behaviourOf(process.order, process);
    const isBroken = isFaulty && brokenPercent > 0 && random.chance(brokenPercent / 200);
    const outcome = isBroken
      ? ({ ok: false, failure: NO_FILES, recoverable: random.chance(0.7) } as const)
      : ({ ok: true, offsets: NO_OFFSETS } as const);
    this.push({ input: "prepared", execution: process.key, outcome });
  }

  #prepared(order: StartOrder): void {
    const { execution } = order;
    const outcome = behaviourOf(order, null).hasFiles
      ? ({ ok: true, offsets: NO_OFFSETS, ...this.#boundOf(order) } as const)
      : ({ ok: false, failure: NO_FILES } as const);
    this.push({ input: "prepared", execution, outcome });
  }

  /** Fetching a script tells a node the server's time, whatever its own clock says. */
  #boundOf({ startBefore }: StartOrder): { startBefore?: number } {
    if (startBefore === null) return {};
    const leftMs = startBefore - this.#machine.world.server.clock();
    return { startBefore: this.#machine.clock() + leftMs };
  }

  #answer(delayMaxMs: number, input: AgentInput): void {
    this.#later(this.#machine.world.random.between(0, delayMaxMs), () => this.push(input));
  }
}
