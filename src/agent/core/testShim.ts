import type { ExecutionNumber } from "../../model/id.ts";
import {
  type AgentEffect,
  type AgentInput,
  isMemberKey,
  type MemberEffect,
  type ShimMemory,
} from "./contract.ts";
import { directoryKey } from "./directories.ts";
import { exitOf, LARGE_OUTPUT, NO_OUTPUT, processOf } from "./testNode.ts";

/** Fails the property with a sentence. */
export function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`expected: ${rule}`);
}

type Pending = Extract<
  AgentEffect,
  {
    effect:
      | "prepare"
      | "prepareAllocation"
      | "prepareMember"
      | "collect"
      | "collectMember"
      | "upload"
      | "removeDirectory";
  }
>;

/**
 * For the property tests: the world around the machine on its node. It performs effects, checks that each is allowed,
 * and has an answer to each in store. Processes and the shims' memory outlive the agent; what is pending does not.
 */
export class TestShim {
  /** What living shims remember. */
  readonly memory = new Map<ExecutionNumber, ShimMemory>();
  readonly everStarted = new Set<ExecutionNumber>();
  /** Processes that ignore the terminate signal. */
  readonly stubborn = new Set<ExecutionNumber>();
  readonly directoryOf = new Map<ExecutionNumber, string>();
  /** Executions of the members' processes. */
  readonly ownerOf = new Map<ExecutionNumber, ExecutionNumber>();
  /** Execution and member of each process that was prepared. */
  readonly preparedMembers = new Set<string>();
  /** Probes that run: execution and number. */
  probes = new Map<string, { readonly execution: ExecutionNumber; readonly probe: number }>();
  /** Directories that are on the disk. */
  directories = new Set<string>();
  pending: Pending[] = [];
  /** Words of the shim that the agent has not heard. */
  words: AgentInput[] = [];
  /** A shim died with what it knew. */
  died = false;

  perform(effect: AgentEffect, now: number): void {
    switch (effect.effect) {
      case "prepare":
      case "prepareAllocation":
        this.directoryOf.set(effect.order.execution, directoryKey(effect.order));
        this.mustBeFree(directoryKey(effect.order), effect.order.execution);
        this.directories.add(directoryKey(effect.order));
        this.pending.push(effect);
        return;
      case "prepareMember":
      case "startMember":
      case "signalMember":
      case "startProbe":
      case "stopProbe":
      case "closeAllocation":
      case "watchTemplates":
      case "unwatchTemplates":
        this.performForMember(effect, now);
        return;
      case "spawn":
        must(effect.order.startBefore === null || now <= effect.order.startBefore, "no late start");
        this.spawn(effect.order.execution, now);
        return;
      case "signal":
        if (effect.signal === "kill") this.exit(effect.execution, now, 9);
        else if (!this.stubborn.has(effect.execution)) this.exit(effect.execution, now, 15);
        return;
      case "cancelPrepare":
        this.pending = this.pending.filter(
          (other) => !isPreparation(other) || keyOf(other) !== effect.execution,
        );
        return;
      case "collect":
      case "collectMember":
        must(!this.isRunning(keyOf(effect)), "output is collected after the end");
        this.pending.push(effect);
        return;
      case "upload":
      case "removeDirectory":
        this.pending.push(effect);
        return;
      case "forget":
        must(!this.isRunning(effect.execution), "no running process is forgotten");
        this.memory.delete(effect.execution);
        return;
      case "reboot":
      case "leave":
      case "send":
        return;
    }
  }

  private performForMember(
    effect: Exclude<MemberEffect, { effect: "prepareAllocation" | "collectMember" }>,
    now: number,
  ): void {
    switch (effect.effect) {
      case "prepareMember":
        this.ownerOf.set(effect.key, effect.order.execution);
        this.directoryOf.set(effect.key, directoryKey(effect.order));
        this.preparedMembers.add(`${effect.order.execution} ${effect.member}`);
        this.pending.push(effect);
        return;
      case "startMember":
        this.spawn(effect.key, now);
        return;
      case "signalMember":
        if (effect.signal === "kill") this.exit(effect.key, now, 9);
        else if (!this.stubborn.has(effect.order.execution)) this.exit(effect.key, now, 15);
        return;
      case "startProbe": {
        const { order, probe } = effect;
        const name = `${order.execution} ${probe}`;
        must(!this.probes.has(name), "a probe has a number of its own");
        this.probes.set(name, { execution: order.execution, probe });
        return;
      }
      case "stopProbe":
        must(this.probes.delete(`${effect.execution} ${effect.probe}`), "only probes are stopped");
        return;
      case "closeAllocation":
        for (const { execution } of this.probes.values()) {
          must(execution !== effect.order.execution, "nothing is probed after the end");
        }
        return;
      case "watchTemplates":
      case "unwatchTemplates":
        return;
    }
  }

  isRunning(execution: ExecutionNumber): boolean {
    return this.memory.get(execution)?.memory === "running";
  }

  running(): ExecutionNumber[] {
    return [...this.memory.keys()].filter((execution) => this.isRunning(execution));
  }

  private spawn(execution: ExecutionNumber, now: number): void {
    must(!this.everStarted.has(execution), `execution ${execution} is started at most once`);
    this.mustBeFree(this.directoryOf.get(execution) ?? "", execution);
    this.everStarted.add(execution);
    if (execution % (isMemberKey(execution) ? 17 : 7) === 0) {
      const failure = {
        category: "usererror",
        code: "CommandProgramNotFound",
        message: "Expected a program.",
      } as const;
      this.memory.set(execution, { memory: "failedToStart", failure });
      this.words.push({ input: "spawnFailed", execution, failure });
      return;
    }
    const process = processOf(execution);
    this.memory.set(execution, { memory: "running", process, startedAt: now });
    this.words.push({ input: "spawned", execution, process, startedAt: now });
  }

  /** The process ends; 0: by itself. */
  exit(execution: ExecutionNumber, now: number, signal: number): void {
    const known = this.memory.get(execution);
    if (known?.memory !== "running") return;
    const exit = exitOf(
      now,
      signal === 0 ? { state: "exited", exitCode: execution % 3 } : { state: "signaled", signal },
    );
    const { process, startedAt } = known;
    this.memory.set(execution, { memory: "exited", process, startedAt, exit });
    this.words.push({ input: "exited", execution, exit });
  }

  private mustBeFree(directory: string, key: ExecutionNumber): void {
    const execution = this.ownerOf.get(key) ?? key;
    for (const process of this.running()) {
      const other = this.ownerOf.get(process) ?? process;
      must(
        other === execution || this.directoryOf.get(process) !== directory,
        `directory ${directory} has one process at a time`,
      );
    }
    for (const effect of this.pending) {
      if (effect.effect === "removeDirectory") {
        const removed = `${effect.jobId}/${effect.taskId ?? ""}`;
        must(!directory.startsWith(removed), `${directory} is not used while it is removed`);
      } else if (isPreparation(effect) && effect.order.execution !== execution) {
        must(
          directoryKey(effect.order) !== directory,
          `${directory} is prepared for one at a time`,
        );
      }
    }
  }

  /** The answer to one pending effect, or one word of the shim. */
  answer(pick: number): AgentInput | undefined {
    const count = this.pending.length + this.words.length;
    const index = count === 0 ? 0 : pick % count;
    if (index >= this.pending.length) return this.words.shift();
    const [effect] = this.pending.splice(index, 1);
    if (effect?.effect === "removeDirectory") this.remove(`${effect.jobId}/${effect.taskId ?? ""}`);
    return effect === undefined ? undefined : answerTo(effect);
  }

  private remove(prefix: string): void {
    const kept = [...this.directories].filter((directory) => !directory.startsWith(prefix));
    this.directories = new Set(kept);
  }

  /** The agent died: what was under way in it is gone. */
  forgetPending(): void {
    this.pending = [];
    this.words = [];
    this.probes = new Map();
  }

  /** Every process ends with the machine or the shim, and nobody saw how. */
  die(): void {
    this.memory.clear();
    this.died = true;
  }
}

type Preparation = Extract<Pending, { effect: "prepare" | "prepareAllocation" | "prepareMember" }>;

function isPreparation(pending: Pending): pending is Preparation {
  const { effect } = pending;
  return effect === "prepare" || effect === "prepareAllocation" || effect === "prepareMember";
}

function keyOf(effect: Exclude<Pending, { effect: "removeDirectory" }>): ExecutionNumber {
  return "key" in effect ? effect.key : effect.order.execution;
}

function boundOf({ effect, order: { startBefore } }: Preparation): { startBefore?: number } {
  return effect === "prepare" && startBefore !== null ? { startBefore } : {};
}

function answerTo(effect: Pending): AgentInput {
  switch (effect.effect) {
    case "prepare":
    case "prepareAllocation":
    case "prepareMember": {
      const execution = keyOf(effect);
      const message = "Expected a file at the URL, given 404.";
      const failure = { category: "usererror", code: "BlobNotFound", message } as const;
      const recoverable = isMemberKey(execution) && execution % 2 === 0;
      const offsets = { stdout: 0, stderr: 0 };
      const outcome =
        execution % (isMemberKey(execution) ? 13 : 5) === 0
          ? { ok: false, failure, recoverable }
          : { ok: true, offsets, ...boundOf(effect) };
      return { input: "prepared", execution, outcome } as AgentInput;
    }
    case "collect": {
      const { execution } = effect.order;
      const stdout = execution % 2 === 0 ? LARGE_OUTPUT : NO_OUTPUT;
      return { input: "collected", execution, stdout, stderr: NO_OUTPUT };
    }
    case "collectMember": {
      const { key, exit } = effect;
      const end = { end: "exited", exit, isOutOfMemory: key % 11 === 0, message: null } as const;
      return { input: "memberCollected", key, end };
    }
    case "upload":
      return { input: "uploaded", execution: effect.order.execution, stream: effect.stream };
    case "removeDirectory": {
      const { jobId, taskId, removal } = effect;
      return { input: "directoryRemoved", jobId, taskId, removal };
    }
  }
}
