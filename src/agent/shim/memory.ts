import type { ExecutionNumber } from "../../model/id.ts";
import type { ProcessExit, ProcessIdentity, ShimMemory } from "../core/contract.ts";
import { isAlive } from "../platform/processIdentity.ts";
import type { ShimEntry } from "./shimJournal.ts";

/** The end of a process that nobody saw. */
export function unseenExit(endedAt: number): ProcessExit {
  return {
    outcome: { state: "unseen" },
    endedAt,
    durationMs: null,
    peakMemoryBytes: null,
    cpuMs: null,
  };
}

/** What a shim's entry means for the machine, when the shim itself is dead: only the kernel knows the rest. */
export function memoryOfDead(entry: ShimEntry, bootId: string, now: number): ShimMemory {
  const ended = memoryOfEnded(entry, now);
  if (ended !== null) return ended;
  if (entry.started === null) return { memory: "unknown" };
  const { process, startedAt } = entry.started;
  if (isAlive(process, bootId)) return { memory: "running", process, startedAt };
  return { memory: "exited", process, startedAt, exit: unseenExit(now) };
}

/** What a living shim's entry means for the machine. */
export function memoryOfLiving(entry: ShimEntry, now: number): ShimMemory {
  const ended = memoryOfEnded(entry, now);
  if (ended !== null) return ended;
  if (entry.started === null) return { memory: "unknown" };
  const { process, startedAt } = entry.started;
  return { memory: "running", process, startedAt };
}

function memoryOfEnded(entry: ShimEntry, now: number): ShimMemory | null {
  const { started, ended } = entry;
  if (ended === null) return null;
  if (ended.record === "failed") return { memory: "failedToStart", failure: ended.failure };
  const process = started?.process ?? null;
  return { memory: "exited", process, startedAt: started?.startedAt ?? now, exit: ended.exit };
}

/** How often the processes of a dead shim are looked at; only while there are any. */
const ADOPTED_POLL_MS = 100;

export interface Adoption {
  adopt(execution: ExecutionNumber, process: ProcessIdentity): void;
  stop(): void;
}

/** Watches processes whose parent is not there to tell of their end. */
export function newAdoption(
  bootId: string,
  onEnd: (execution: ExecutionNumber, exit: ProcessExit) => void,
): Adoption {
  const adopted = new Map<ExecutionNumber, ProcessIdentity>();
  let timer: ReturnType<typeof setInterval> | null = null;
  const stop = () => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  const poll = () => {
    for (const [execution, process] of adopted) {
      if (isAlive(process, bootId)) continue;
      adopted.delete(execution);
      onEnd(execution, unseenExit(Date.now()));
    }
    if (adopted.size === 0) stop();
  };
  return {
    adopt(execution, process) {
      adopted.set(execution, process);
      timer ??= setInterval(poll, ADOPTED_POLL_MS);
    },
    stop,
  };
}
