import { randomGroup } from "./allocation/testGroup.ts";
import { GroupRules } from "./allocation/testRules.ts";
import type {
  AgentInput,
  BatchFrame,
  JournalEntry,
  NodeOrder,
  NodeReport,
  ShimMemory,
} from "./contract.ts";
import { heldExecutions, heldProcess, processesInDoubt } from "./held.ts";
import { type AgentMachine, type Execution, newAgentMachine } from "./machine.ts";
import { replay } from "./replay.ts";
import { heartbeatFrame, outgoingFrame } from "./reports.ts";
import { snapshotEntries } from "./snapshot.ts";
import { step } from "./step.ts";
import { orderOf, scriptWork } from "./testNode.ts";
import { TestServer } from "./testServer.ts";
import { must, TestShim } from "./testShim.ts";
import { nextDueAt } from "./timers.ts";

function journaledLife(held: Execution) {
  return {
    ...held,
    // Not needed after the exit, so compaction does not keep it.
    life: { ...held.life, process: null },
    wallClockFrom: null,
    preparing: null,
    killAt: null,
    watch: null,
  };
}

/** What of the machine must follow from the journal, in a form that can be compared. */
function journaledState(machine: AgentMachine): string {
  const executions = [...machine.executions.values()].map(journaledLife);
  const processes = [...machine.memberProcesses.values()].map(journaledLife);
  const removals = [...machine.removals.values()].map((held) => ({
    ...held,
    state: held.state === "done",
  }));
  const arrivals = [...executions, ...removals].sort((a, b) => a.sequence - b.sequence);
  return JSON.stringify({
    bootId: machine.bootId,
    epoch: machine.epoch,
    nextMemberKey: machine.nextMemberKey,
    contactLostAt: machine.contactLostAt,
    processes: processes
      .sort((a, b) => a.key - b.key)
      .map((process) => ({ ...process, sequence: null })),
    arrivals: arrivals.map((arrival) => ({ ...arrival, sequence: null })),
    finished: [[...machine.finishedEarlier], [...machine.finished]],
    retained: [...machine.retained].map(([job, tasks]) => [job, [...tasks].sort()]).sort(),
    byDirectory: [...machine.byDirectory]
      .map(([key, held]) => [key, held.map(({ order }) => order.execution)])
      .sort(),
  });
}

export const ACTIONS = [
  "start",
  "stop",
  "discard",
  "remove",
  "toNode",
  "toServer",
  "loseFrame",
  "repeatFrame",
  "answer",
  "exit",
  "pass",
  "connect",
  "disconnect",
  "crash",
  "reboot",
  "shimDeath",
  "compact",
  "clockBack",
  "restart",
  "template",
  "probe",
] as const;

export type Action = (typeof ACTIONS)[number];

/** Frames, answers and time are much more frequent than faults. */
export const WEIGHTS: Record<Action, number> = {
  start: 8,
  stop: 2,
  discard: 1,
  remove: 1,
  toNode: 10,
  toServer: 10,
  loseFrame: 1,
  repeatFrame: 1,
  answer: 25,
  exit: 5,
  pass: 5,
  connect: 5,
  disconnect: 1,
  crash: 2,
  reboot: 0.5,
  shimDeath: 0.5,
  compact: 1,
  clockBack: 0.5,
  restart: 2,
  template: 2,
  probe: 3,
};

/** Small, so that it overflows. */
const OPTIONS = { finishedMemoryMax: 3 };

/** How much of a step survives the crash in it: entries in the journal, then effects. */
interface Crash {
  readonly entries: number;
  readonly effects: number;
}

/** For the property tests: machine, journal, shims, link and server, moved by one action at a time. */
export class TestWorld {
  readonly server = new TestServer();
  readonly shim = new TestShim();
  machine: AgentMachine;
  private journal: JournalEntry[] = [];
  private now = 1_000_000;
  private bootId = "boot-1";
  private lives = 0;
  private nextExecution = 1;
  private connected = false;
  private toServer: BatchFrame<NodeReport>[] = [];
  private toNode: BatchFrame<NodeOrder>[] = [];
  private readonly groups = new GroupRules();
  private crashNext: Crash | null = null;

  constructor() {
    this.machine = this.revive();
  }

  act(action: Action, pick: number): void {
    const actions: Record<Action, () => void> = {
      start: () => this.start(pick),
      stop: () => this.server.stop(this.pickExecution(pick), (pick % 3) * 1_000),
      discard: () => this.server.discard(this.pickExecution(pick)),
      remove: () => this.server.remove("job", pick % 4 === 0 ? null : `task${pick % 3}`),
      toNode: () => this.deliverToNode(),
      toServer: () => this.deliverToServer(),
      loseFrame: () => (pick % 2 === 0 ? this.toServer.shift() : this.toNode.shift()),
      repeatFrame: () => this.repeatFrame(),
      answer: () => this.answer(pick),
      exit: () => this.exitOne(pick),
      pass: () => this.pass(pick % 3_000),
      connect: () => this.connect(pick % 5 === 0),
      disconnect: () => this.disconnect(),
      crash: () => {
        this.crashNext = { entries: pick % 4, effects: (pick >> 2) % 4 };
      },
      reboot: () => this.reboot(),
      shimDeath: () => this.shimDeath(),
      compact: () => this.compact(),
      restart: () => this.restartGroup(pick),
      template: () => this.changeTemplate(pick),
      probe: () => this.probe(pick),
      clockBack: () => this.pass(-(pick % 100_000)),
    };
    actions[action]();
  }

  private start(pick: number): void {
    const execution = this.nextExecution++;
    if (pick % 2 === 0) this.shim.stubborn.add(execution);
    if (pick % 3 === 2) {
      const order = randomGroup(execution, pick);
      this.groups.watch(order);
      this.server.assign(order);
      return;
    }
    this.server.assign(
      orderOf(execution, {
        taskId: `task${pick % 3}`,
        keepDirectory: pick % 4 === 1,
        ...(pick % 11 === 0 ? scriptWork(this.now + 500) : {}),
        command: {
          retentionMs: (pick % 2) * 5_000,
          ...(pick % 5 === 0 ? { maxWallClockMs: 3_000 } : {}),
        },
      }),
    );
  }

  private pickExecution(pick: number): number {
    return 1 + (pick % Math.max(1, this.nextExecution - 1));
  }

  private restartGroup(pick: number): void {
    const execution = this.pickExecution(pick);
    const member = pick % 4 === 0 ? "main" : null;
    this.server.restart(execution, member, pick % 3 === 0);
    this.groups.allowRestart(execution);
  }

  private changeTemplate(pick: number): void {
    const execution = this.pickExecution(pick);
    this.groups.allowRestart(execution);
    const action =
      pick % 2 === 0
        ? ({ kind: "restart" } as const)
        : ({ kind: "signal", signal: "SIGHUP" } as const);
    this.give({ input: "templateChanged", execution, member: "main", action });
  }

  private probe(pick: number): void {
    const probes = [...this.shim.probes.values()];
    const probed = probes[pick % Math.max(1, probes.length)];
    if (probed === undefined) return;
    const status = pick % 5 < 3 ? "passing" : "critical";
    this.give({ input: "probed", ...probed, status, output: "", at: this.now });
  }

  private exitOne(pick: number): void {
    const running = this.shim.running();
    const execution = running[pick % Math.max(1, running.length)];
    if (execution !== undefined) this.shim.exit(execution, this.now, 0);
  }

  private answer(pick: number): void {
    const input = this.shim.answer(pick);
    if (input !== undefined) this.give(input);
  }

  private pass(ms: number): void {
    this.now += ms;
    this.give({ input: "tick" });
  }

  private deliverToNode(): void {
    if (!this.connected) return;
    const frame = this.toNode.shift() ?? this.server.frame(this.now);
    this.give({ input: "frame", frame });
  }

  private deliverToServer(): void {
    if (!this.connected) return;
    const frame = this.toServer.shift() ?? heartbeatFrame(this.machine, this.now);
    this.server.receive(frame, this.now);
    this.toNode.push(this.server.frame(this.now));
  }

  private repeatFrame(): void {
    const [report] = this.toServer;
    if (report !== undefined) this.toServer.push(report);
    const [order] = this.toNode;
    if (order !== undefined) this.toNode.push(order);
  }

  private connect(newLeader: boolean): void {
    if (this.connected) return;
    const held = heldExecutions(this.machine);
    const frame = this.server.connect(this.machine.linkId, held, newLeader);
    this.connected = true;
    this.give({ input: "welcome", frame });
  }

  private disconnect(): void {
    this.dropLink();
    this.give({ input: "disconnected" });
  }

  private dropLink(): void {
    this.connected = false;
    this.toServer = [];
    this.toNode = [];
  }

  private reboot(): void {
    this.shim.die();
    this.bootId = `boot-${this.lives + 1}`;
    this.machine = this.revive();
  }

  private shimDeath(): void {
    this.shim.die();
    this.machine = this.revive();
  }

  private compact(): void {
    this.mustEqualJournal();
    this.journal = snapshotEntries(this.machine);
    this.mustEqualJournal();
  }

  /** The live machine holds what its journal gives. */
  private mustEqualJournal(): void {
    const replayed = newAgentMachine("replayed", OPTIONS);
    for (const entry of this.journal) replay(replayed, entry);
    must(
      journaledState(replayed) === journaledState(this.machine),
      "the journal gives the machine again",
    );
  }

  /** A step, with the crash that was asked for somewhere in it. */
  private give(input: AgentInput): void {
    const { entries, effects } = step(this.machine, input, this.now);
    const crash = this.crashNext;
    const flushed = crash === null ? entries : entries.slice(0, crash.entries);
    this.journal.push(...flushed);
    const isFlushed = flushed.length === entries.length;
    const performed = crash === null ? effects.length : isFlushed ? crash.effects : 0;
    for (const effect of effects.slice(0, performed)) {
      this.groups.check(this.machine, effect);
      this.shim.perform(effect, this.now);
      if (effect.effect === "send") this.send();
    }
    if (crash !== null) this.machine = this.revive();
    else this.groups.checkState(this.machine, this.now);
  }

  private send(): void {
    must(this.connected, "nothing is sent without a session");
    for (;;) {
      const frame = outgoingFrame(this.machine, this.now);
      if (frame === null) return;
      this.toServer.push(frame);
    }
  }

  /** The next life of the agent, from the journal and what the shims remember. */
  private revive(): AgentMachine {
    this.crashNext = null;
    this.dropLink();
    this.shim.forgetPending();
    this.lives++;
    const machine = newAgentMachine(`link-${this.lives}`, OPTIONS);
    for (const entry of this.journal) replay(machine, entry);
    const memories = new Map<number, ShimMemory>(this.shim.memory);
    for (const execution of processesInDoubt(machine)) {
      if (!memories.has(execution)) {
        memories.set(execution, { memory: this.shim.died ? "unknown" : "never" });
      }
    }
    this.shim.died = false;
    this.machine = machine;
    this.give({ input: "recovered", bootId: this.bootId, memories });
    return this.machine;
  }

  /** Without further faults everything comes to its end. */
  drain(): void {
    this.crashNext = null;
    for (let round = 0; round < 400 && !this.isQuiet(); round++) {
      this.connect(false);
      for (let count = 0; count < 20; count++) this.answer(round);
      for (const execution of this.shim.running()) {
        if (!this.endsByItself(execution)) this.shim.exit(execution, this.now, 0);
      }
      this.deliverToServer();
      this.deliverToNode();
      this.now = Math.max(this.now + 500, Math.min(nextDueAt(this.machine) ?? 0, this.now + 1_000));
      this.give({ input: "tick" });
    }
    must(this.server.owed().length === 0, `no result is owed: ${this.server.owed()}`);
    must(this.server.removals.size === 0, "every removal is confirmed");
    must(this.machine.executions.size === 0, "nothing is held any more");
    must(this.machine.memberProcesses.size === 0, "no process of a member is held any more");
    this.groups.checkPoststop(this.shim.preparedMembers);
    this.mustEqualJournal();
  }

  /** Stopped, discarded or with a wall clock: the machine has to end it. */
  private endsByItself(execution: number): boolean {
    const held = heldProcess(this.machine, execution);
    if (held === undefined) return false;
    const { maxWallClockMs } = held.order.members[0]?.command ?? {};
    return held.discarded || held.stopping !== null || maxWallClockMs !== undefined;
  }

  private isQuiet(): boolean {
    const { machine, server, shim } = this;
    return (
      server.owed().length === 0 &&
      server.removals.size === 0 &&
      machine.executions.size === 0 &&
      shim.pending.length === 0 &&
      shim.words.length === 0
    );
  }

  /** Long after the last end every directory is gone, and the shims remember nothing. */
  outlast(): void {
    this.now += 30 * 24 * 3_600_000;
    for (let round = 0; round < 50; round++) {
      this.give({ input: "tick" });
      for (let count = 0; count < 20; count++) this.answer(round);
    }
    must(this.shim.directories.size === 0, "every directory is removed");
    must(this.machine.retainedCount === 0, "nothing is counted as retained");
    must(this.machine.retained.size === 0, "no job is left");
    must(this.machine.byDirectory.size === 0, "no directory is indexed");
    must(this.shim.memory.size === 0, "the shims have forgotten everything");
  }
}
