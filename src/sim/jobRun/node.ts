import type {
  AgentInput,
  GroupOrder,
  JournalEntry,
  MemberProcess,
  Probe,
  ProcessExit,
  ShimMemory,
} from "../../agent/core/contract.ts";
import { heldExecutions, processesInDoubt } from "../../agent/core/held.ts";
import { type AgentMachine, newAgentMachine } from "../../agent/core/machine.ts";
import { replay } from "../../agent/core/replay.ts";
import { outgoingFrame } from "../../agent/core/reports.ts";
import { snapshotEntries } from "../../agent/core/snapshot.ts";
import { step } from "../../agent/core/step.ts";
import { nextDueAt } from "../../agent/core/timers.ts";
import type { HeldExecution } from "../../model/order.ts";
import type { BatchFrame, NodeReport, ServerFrame } from "../../protocol/node/message.ts";
import { calmDueAt } from "./calmDue.ts";
import { Members } from "./members.ts";
import type { JobRun } from "./run.ts";

/** From the agent's wish to its answer: directories, artifacts, images. */
const PREPARE_MS = 100;
const SPAWN_MS = 10;
const RECONNECT_MS = 2_000;
const BOOT_MS = 30_000;

export interface Hello {
  readonly linkId: string;
  readonly bootId: string;
  readonly held: readonly HeldExecution[];
}

/** A machine with the shipped agent core on it; its processes live and fail as the run says. */
export class RunNode {
  readonly run: JobRun;
  readonly id: string;
  readonly members: Members;
  core: AgentMachine;
  isOn = true;
  isLinked = false;
  #journal: readonly JournalEntry[] = [];
  #lives = 0;
  #boots = 1;
  #timerAt: number | null = null;
  /** Turned when the machine goes off or its link breaks, so that what was on its way is void. */
  #turn = 0;

  constructor(run: JobRun, id: string) {
    this.run = run;
    this.id = id;
    this.members = new Members(this);
    this.core = this.#begin();
  }

  #begin(): AgentMachine {
    this.#lives += 1;
    const { random } = this.run;
    const core = newAgentMachine(`${this.id}-${this.#lives}`, { random: () => random.next() });
    for (const entry of this.#journal) replay(core, entry);
    this.core = core;
    const memories = new Map<number, ShimMemory>(
      processesInDoubt(core).map((key) => [key, { memory: "unknown" }]),
    );
    this.give({ input: "recovered", bootId: this.bootId, memories });
    return core;
  }

  get bootId(): string {
    return `${this.id}-boot${this.#boots}`;
  }

  hello(): Hello {
    return { linkId: this.core.linkId, bootId: this.bootId, held: heldExecutions(this.core) };
  }

  /** Later in this life of the machine. */
  after(delayMs: number, happen: () => void): void {
    const core = this.core;
    this.run.agenda.after(delayMs, () => {
      if (this.isOn && this.core === core) happen();
    });
  }

  powerOff(): void {
    if (!this.isOn) return;
    this.#journal = snapshotEntries(this.core);
    this.isOn = false;
    this.unlink();
    this.members.powerOff();
  }

  powerOn(): void {
    if (this.isOn) return;
    this.isOn = true;
    this.#boots += 1;
    this.#timerAt = null;
    this.#begin();
    this.after(BOOT_MS, () => this.link());
  }

  unlink(): void {
    if (!this.isLinked) return;
    this.isLinked = false;
    this.#turn += 1;
    if (this.isOn) this.give({ input: "disconnected" });
    this.run.nodeGone(this);
  }

  linkSoon(): void {
    this.after(RECONNECT_MS, () => this.link());
  }

  link(): void {
    if (this.isLinked || !this.isOn) return;
    this.isLinked = true;
    this.run.nodeHere(this);
  }

  /** A frame of the server, a moment later. */
  receive(frame: ServerFrame): void {
    const turn = this.#turn;
    this.after(1, () => {
      if (this.#turn !== turn || !this.isLinked) return;
      if (frame.type === "welcome") this.give({ input: "welcome", frame });
      else if (frame.type === "batch") this.give({ input: "frame", frame });
    });
  }

  give(input: AgentInput): void {
    const { now } = this.run;
    const { entries, effects } = step(this.core, input, now);
    for (const entry of entries)
      if (entry.entry === "member") this.run.timeline.member(this, entry);
    for (const effect of effects) this.#perform(effect);
    this.#send();
    this.#arm();
  }

  #send(): void {
    const turn = this.#turn;
    for (;;) {
      const frame: BatchFrame<NodeReport> | null = outgoingFrame(this.core, this.run.now);
      if (frame === null) return;
      this.run.agenda.after(1, () => {
        if (this.#turn === turn && this.isLinked) this.run.reported(this, frame);
      });
    }
  }

  #arm(): void {
    const dueAt = this.members.isCalm ? calmDueAt(this.core) : nextDueAt(this.core);
    if (dueAt === null || dueAt === this.#timerAt) return;
    this.#timerAt = dueAt;
    this.after(Math.max(0, dueAt - this.run.now), () => {
      if (this.#timerAt !== dueAt) return;
      this.#timerAt = null;
      this.give({ input: "tick" });
    });
  }

  #perform(effect: ReturnType<typeof step>["effects"][number]): void {
    switch (effect.effect) {
      case "prepareAllocation":
        this.#prepared(effect.order.execution);
        return;
      case "prepareMember":
        this.#prepared(effect.key);
        return;
      case "startMember":
        this.after(SPAWN_MS, () => this.members.start(effect));
        return;
      case "signalMember":
        this.members.signal(effect.key, effect.signal === "kill");
        return;
      case "collectMember":
        this.#collected(effect);
        return;
      case "startProbe":
        this.members.probe(effect);
        return;
      case "stopProbe":
        this.members.stopProbe(effect.execution, effect.probe);
        return;
      case "closeAllocation":
        this.members.close(effect.order.execution);
        return;
      case "removeDirectory": {
        const { jobId, taskId, removal } = effect;
        this.after(1, () => this.give({ input: "directoryRemoved", jobId, taskId, removal }));
        return;
      }
      case "prepare":
      case "spawn":
      case "cancelPrepare":
      case "signal":
      case "collect":
      case "upload":
      case "forget":
      case "reboot":
      case "leave":
      case "send":
      case "watchTemplates":
      case "unwatchTemplates":
        return;
    }
  }

  #prepared(execution: number): void {
    const outcome = { ok: true, offsets: { stdout: 0, stderr: 0 } } as const;
    this.after(PREPARE_MS, () => this.give({ input: "prepared", execution, outcome }));
  }

  #collected({ key, exit }: { readonly key: number; readonly exit: ProcessExit }): void {
    const end = { end: "exited", exit, isOutOfMemory: false, message: null } as const;
    this.after(1, () => this.give({ input: "memberCollected", key, end }));
  }
}

export type { GroupOrder, MemberProcess, Probe };
