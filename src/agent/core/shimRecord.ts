import type { FailureInfo } from "../../model/failure.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { ProcessExit, ProcessIdentity, ShimMemory } from "./contract.ts";

/** A line of a shim's journal, and what it tells the agent: first written, then told. */
export type ShimRecord =
  | { readonly record: "spawning"; readonly execution: ExecutionNumber }
  | {
      readonly record: "started";
      readonly execution: ExecutionNumber;
      readonly process: ProcessIdentity;
      readonly startedAt: number;
    }
  | {
      readonly record: "failed";
      readonly execution: ExecutionNumber;
      readonly failure: FailureInfo;
    }
  | { readonly record: "exited"; readonly execution: ExecutionNumber; readonly exit: ProcessExit }
  | { readonly record: "forgotten"; readonly execution: ExecutionNumber };

/** What a shim's records say of one execution. */
export interface ShimEntry {
  readonly started: Extract<ShimRecord, { record: "started" }> | null;
  /** How it came to its end; null: `spawning`, or running. */
  readonly ended: Extract<ShimRecord, { record: "exited" | "failed" }> | null;
}

const NOTHING_YET: ShimEntry = { started: null, ended: null };

/** Brings the memory of a shim forward by one record. */
export function applyRecord(memory: Map<ExecutionNumber, ShimEntry>, record: ShimRecord): void {
  const before = memory.get(record.execution) ?? NOTHING_YET;
  switch (record.record) {
    case "spawning":
      memory.set(record.execution, NOTHING_YET);
      return;
    case "started":
      memory.set(record.execution, { ...before, started: record });
      return;
    case "failed":
    case "exited":
      memory.set(record.execution, { ...before, ended: record });
      return;
    case "forgotten":
      memory.delete(record.execution);
  }
}

/** The records from which `applyRecord` makes this entry again. */
export function recordsOf(execution: ExecutionNumber, entry: ShimEntry): ShimRecord[] {
  const records: ShimRecord[] = [{ record: "spawning", execution }];
  if (entry.started !== null) records.push(entry.started);
  if (entry.ended !== null) records.push(entry.ended);
  return records;
}

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

/** What a living shim's entry means for the machine. */
export function memoryOfLiving(entry: ShimEntry, now: number): ShimMemory {
  return memoryOfDead(entry, () => true, now);
}

/** What a shim's entry means for the machine, when the shim itself is dead: only the kernel knows the rest. */
export function memoryOfDead(
  { started, ended }: ShimEntry,
  isAlive: (process: ProcessIdentity) => boolean,
  now: number,
): ShimMemory {
  if (ended?.record === "failed") return { memory: "failedToStart", failure: ended.failure };
  const process = started?.process ?? null;
  if (ended !== null) {
    return { memory: "exited", process, startedAt: started?.startedAt ?? now, exit: ended.exit };
  }
  if (started === null || process === null) return { memory: "unknown" };
  const { startedAt } = started;
  if (isAlive(process)) return { memory: "running", process, startedAt };
  return { memory: "exited", process, startedAt, exit: unseenExit(now) };
}

/** What is left to learn of an execution whose shim has died under its agent. */
export interface Legacy {
  /** What the shim could not tell any more, in order. */
  readonly records: readonly ShimRecord[];
  /** A process that may still run and is to be watched; null: none is known. */
  readonly process: ProcessIdentity | null;
}

/** `told` is what the shim told before it died, `left` what its journal has; undefined: nothing. */
export function legacyOf(
  execution: ExecutionNumber,
  told: ShimEntry | undefined,
  left: ShimEntry | undefined,
  now: number,
): Legacy {
  const known = told?.started ?? null;
  const started = left?.started ?? known;
  const records: ShimRecord[] = [];
  if (started !== null && known === null) records.push(started);
  if (left?.ended) return { records: [...records, left.ended], process: null };
  if (started !== null) return { records, process: started.process };
  return { records: [{ record: "exited", execution, exit: unseenExit(now) }], process: null };
}
