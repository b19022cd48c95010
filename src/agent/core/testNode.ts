import type { OutputInfo } from "../../model/execution.ts";
import type { ScriptOrder } from "../../model/fleet/run.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { StartOrder } from "../../model/order.ts";
import type { CommandSpec } from "../../model/taskSpec.ts";
import type { WelcomeFrame } from "../../protocol/node/message.ts";
import type {
  AgentEffect,
  AgentInput,
  BatchFrame,
  JournalEntry,
  NodeOrder,
  NodeReport,
  ProcessExit,
  ProcessIdentity,
  ShimMemory,
} from "./contract.ts";
import { type AgentMachine, type AgentOptions, newAgentMachine } from "./machine.ts";
import { replay } from "./replay.ts";
import { outgoingFrame } from "./reports.ts";
import { step } from "./step.ts";

/** For the tests of this folder: a machine with its journal, driven by hand. */

export const NO_OUTPUT: OutputInfo = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } };
export const LARGE_OUTPUT: OutputInfo = {
  sizeBytes: 9_000,
  droppedBytes: 0,
  place: { kind: "node" },
};
export const BOOT = "boot-1";

export function processOf(execution: ExecutionNumber, bootId = BOOT): ProcessIdentity {
  return { bootId, pid: 1_000 + execution, startTicks: 7 };
}

export function exitOf(
  endedAt: number,
  outcome: ProcessExit["outcome"] = { state: "exited", exitCode: 0 },
): ProcessExit {
  return { outcome, endedAt, durationMs: 1, peakMemoryBytes: 4_096, cpuMs: 1 };
}

export function orderOf(
  execution: ExecutionNumber,
  changes: Partial<StartOrder> & { readonly command?: Partial<CommandSpec> } = {},
): StartOrder {
  const { command, ...rest } = changes;
  return {
    execution,
    kind: "task",
    jobId: "job",
    taskId: `task${execution}`,
    poolId: "pool",
    nodeId: "node",
    members: [{ name: "main", command: { commandLine: "true", ...command } }],
    commonEnvironmentSettings: [],
    preparationId: null,
    keepDirectory: false,
    ordinal: 1,
    startBefore: null,
    ...rest,
  };
}

/** One of a fleet script. */
export function scriptOrder(
  execution: ExecutionNumber,
  changes: Partial<StartOrder> = {},
): StartOrder {
  return orderOf(execution, { ...scriptWork(60_000), command: { commandLine: "" }, ...changes });
}

/** What makes an order one of a fleet script. */
export function scriptWork(startBefore: number): Pick<StartOrder, "startBefore" | "script"> {
  const script: ScriptOrder = {
    instanceNo: 7,
    definitionId: "deploy",
    script: { name: "deploy.sh", sha256: "0".repeat(64), sizeBytes: 1, words: [] },
    arguments: [],
    startWithinMs: 60_000,
    attributes: {},
  };
  return { startBefore, script };
}

export function welcomeOf(changes: Partial<WelcomeFrame> = {}): WelcomeFrame {
  return {
    type: "welcome",
    epoch: 1,
    session: "session",
    lastApplied: 0,
    heartbeatIntervalMs: 1_000,
    nodeId: "node",
    poolId: "pool",
    ...changes,
  };
}

/** A phase that a test wants an execution to be in. */
export type ReachedPhase = "ordered" | "starting" | "running" | "exited" | "ended";

export class TestNode {
  machine: AgentMachine;
  journal: JournalEntry[] = [];
  now = 1_000;
  /** Of the latest step. */
  effects: readonly AgentEffect[] = [];
  entries: readonly JournalEntry[] = [];
  private nextOrder = 1;
  private readonly options: Partial<AgentOptions>;

  constructor(options: Partial<AgentOptions> = {}) {
    this.options = options;
    this.machine = newAgentMachine("link-1", options);
  }

  /** A node that has recovered from nothing and is connected. */
  static connected(options: Partial<AgentOptions> = {}): TestNode {
    const node = new TestNode(options);
    node.give({ input: "recovered", bootId: BOOT, memories: new Map() });
    node.welcome();
    return node;
  }

  give(input: AgentInput): readonly AgentEffect[] {
    const { entries, effects } = step(this.machine, input, this.now);
    this.journal.push(...entries);
    this.entries = entries;
    this.effects = effects;
    return effects;
  }

  welcome(changes: Partial<WelcomeFrame> = {}): readonly AgentEffect[] {
    this.nextOrder = 1;
    return this.give({ input: "welcome", frame: welcomeOf(changes) });
  }

  /** The next orders of this session in one frame. */
  order(...messages: NodeOrder[]): readonly AgentEffect[] {
    const first = this.nextOrder;
    this.nextOrder += messages.length;
    return this.frame({ first, messages });
  }

  start(order: StartOrder): readonly AgentEffect[] {
    return this.order({ kind: "start", order });
  }

  frame(changes: Partial<BatchFrame<NodeOrder>>): readonly AgentEffect[] {
    const frame: BatchFrame<NodeOrder> = {
      type: "batch",
      epoch: 1,
      first: this.nextOrder,
      messages: [],
      acknowledged: 0,
      ...changes,
    };
    return this.give({ input: "frame", frame });
  }

  tick(now: number): readonly AgentEffect[] {
    this.now = now;
    return this.give({ input: "tick" });
  }

  prepared(execution: ExecutionNumber, startBefore?: number): readonly AgentEffect[] {
    const offsets = { stdout: 10, stderr: 20 };
    const bound = startBefore === undefined ? {} : { startBefore };
    return this.give({ input: "prepared", execution, outcome: { ok: true, offsets, ...bound } });
  }

  spawned(execution: ExecutionNumber): readonly AgentEffect[] {
    const process = processOf(execution);
    return this.give({ input: "spawned", execution, process, startedAt: this.now });
  }

  exited(execution: ExecutionNumber, outcome?: ProcessExit["outcome"]): readonly AgentEffect[] {
    return this.give({ input: "exited", execution, exit: exitOf(this.now, outcome) });
  }

  collected(execution: ExecutionNumber, stdout = NO_OUTPUT): readonly AgentEffect[] {
    return this.give({ input: "collected", execution, stdout, stderr: NO_OUTPUT });
  }

  /** Orders the execution and takes it to the phase. */
  reach(phase: ReachedPhase, order: StartOrder): void {
    const { execution } = order;
    const steps: Record<ReachedPhase, () => unknown> = {
      ordered: () => this.start(order),
      starting: () => this.prepared(execution),
      running: () => this.spawned(execution),
      exited: () => this.exited(execution),
      ended: () => this.collected(execution),
    };
    for (const reached of ["ordered", "starting", "running", "exited", "ended"] as const) {
      steps[reached]();
      if (reached === phase) return;
    }
  }

  /** All reports that are due now, as the server would get them. */
  reports(): NodeReport[] {
    const reports: NodeReport[] = [];
    for (;;) {
      const frame = outgoingFrame(this.machine, this.now);
      if (frame === null) return reports;
      reports.push(...frame.messages);
    }
  }

  /** Sends what is due and takes the server's acknowledgement of everything so far. */
  acknowledgeAll(): readonly AgentEffect[] {
    this.reports();
    return this.frame({ acknowledged: this.machine.highestSent });
  }

  /** The agent dies and comes back with what it flushed. */
  restart(
    memories: readonly (readonly [ExecutionNumber, ShimMemory])[] = [],
    bootId = BOOT,
  ): readonly AgentEffect[] {
    this.machine = newAgentMachine("link-2", this.options);
    for (const entry of this.journal) replay(this.machine, entry);
    return this.give({ input: "recovered", bootId, memories: new Map(memories) });
  }
}

/** Names of effects, with what tells them apart: for compact expectations. */
export function named(effects: readonly AgentEffect[]): string[] {
  return effects.filter(({ effect }) => effect !== "send").map(nameOf);
}

function nameOf(effect: AgentEffect): string {
  switch (effect.effect) {
    case "prepare":
    case "spawn":
    case "collect":
      return `${effect.effect} ${effect.order.execution}`;
    case "upload":
      return `upload ${effect.order.execution} ${effect.stream}`;
    case "cancelPrepare":
    case "forget":
      return `${effect.effect} ${effect.execution}`;
    case "signal":
      return `${effect.signal} ${effect.execution}`;
    case "removeDirectory":
      return `remove ${effect.jobId}/${effect.taskId ?? "*"} for ${effect.removal ?? "expiry"}`;
    case "prepareAllocation":
    case "closeAllocation":
      return `${effect.effect} ${effect.order.execution}`;
    case "prepareMember":
    case "startMember":
    case "collectMember":
    case "watchTemplates":
      return `${effect.effect} ${effect.member}#${effect.processNumber}`;
    case "signalMember":
      return `${effect.signal} ${effect.member}#${effect.processNumber}`;
    case "startProbe":
      return `startProbe ${effect.check.name}`;
    case "stopProbe":
      return `stopProbe ${effect.probe}`;
    case "unwatchTemplates":
      return `unwatchTemplates ${effect.member}`;
    case "reboot":
    case "leave":
    case "send":
      return effect.effect;
  }
}
