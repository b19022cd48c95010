import type { ExecutionNumber } from "../../model/id.ts";
import { replayAllocation } from "./allocation/replay.ts";
import type { JournalEntry } from "./contract.ts";
import {
  addToDirectory,
  cancelRetention,
  forgetJobDirectories,
  removeFromDirectory,
  setRetention,
} from "./directories.ts";
import { heldProcess } from "./held.ts";
import {
  type AgentMachine,
  type Execution,
  type Life,
  newExecution,
  type Step,
} from "./machine.ts";
import { streamsToUpload } from "./result.ts";

/** Adds the entry to the step's and applies it: what the journal holds changes in no other way. */
export function record(step: Step, entry: JournalEntry): void {
  step.entries.push(entry);
  replay(step.machine, entry);
}

/**
 * Applies one journal entry. Entries about executions that are not held are ignored, so that a journal may be
 * replayed from a snapshot that already contains them.
 */
export function replay(machine: AgentMachine, entry: JournalEntry): void {
  switch (entry.entry) {
    case "ordered":
      replayOrdered(machine, entry);
      return;
    case "retained":
      setRetention(machine, entry.jobId, entry.taskId, entry.expiresAt);
      return;
    case "directoryRemoved":
      if (entry.taskId === null) forgetJobDirectories(machine, entry.jobId);
      else cancelRetention(machine, entry.jobId, entry.taskId);
      return;
    case "removal":
      replayRemoval(machine, entry);
      return;
    case "removalDone": {
      const removal = machine.removals.get(entry.removal);
      if (removal !== undefined) removal.state = "done";
      return;
    }
    case "removalConfirmed":
      machine.removals.delete(entry.removal);
      return;
    case "epoch":
      machine.epoch = Math.max(machine.epoch, entry.epoch);
      return;
    case "booted":
      machine.bootId = entry.bootId;
      return;
    case "acknowledged":
      replayAcknowledged(machine, entry.execution);
      return;
    case "allocated":
    case "allocation":
    case "member":
    case "memberKey":
    case "contact":
      replayAllocation(machine, entry);
      return;
    case "starting":
    case "started":
    case "stopping":
    case "exited":
    case "ended":
    case "uploaded":
    case "discarded": {
      const execution = heldProcess(machine, entry.execution);
      if (execution !== undefined) replayLife(machine, execution, entry);
      return;
    }
  }
}

type LifeEntry = Extract<
  JournalEntry,
  { entry: "starting" | "started" | "stopping" | "exited" | "ended" | "uploaded" | "discarded" }
>;

function replayLife(machine: AgentMachine, execution: Execution, entry: LifeEntry): void {
  switch (entry.entry) {
    case "stopping":
      execution.stopping = { at: entry.at, graceMs: entry.graceMs, reason: entry.reason };
      return;
    case "discarded":
      execution.discarded = true;
      return;
    case "uploaded":
      replayUploaded(machine, execution, entry.stream);
      return;
    case "starting":
    case "started":
    case "exited":
    case "ended":
      execution.life = nextLife(execution.life, entry);
      return;
  }
}

type ProgressEntry = Extract<LifeEntry, { entry: "starting" | "started" | "exited" | "ended" }>;

function nextLife(life: Life, entry: ProgressEntry): Life {
  switch (entry.entry) {
    case "starting":
      return life.phase === "ordered" ? starting(entry) : life;
    case "started":
      if (life.phase !== "starting" && life.phase !== "running") return life;
      return {
        phase: "running",
        offsets: life.offsets,
        process: entry.process,
        startedAt: entry.at,
      };
    case "exited": {
      if (life.phase !== "starting" && life.phase !== "running") return life;
      const startedAt = life.phase === "running" ? life.startedAt : null;
      return { phase: "exited", offsets: life.offsets, startedAt, exit: entry.exit };
    }
    case "ended": {
      if (life.phase === "ended") return life;
      const offsets = "offsets" in life ? life.offsets : null;
      const uploads = offsets === null ? [] : streamsToUpload(entry.result);
      return { phase: "ended", offsets, result: entry.result, uploads, acknowledged: false };
    }
  }
}

function starting({
  at,
  offsets,
  startBefore,
}: Extract<JournalEntry, { entry: "starting" }>): Life {
  const window = startBefore === undefined ? null : { from: at, until: startBefore };
  return { phase: "starting", offsets, window };
}

function replayOrdered(
  machine: AgentMachine,
  entry: Extract<JournalEntry, { entry: "ordered" }>,
): void {
  const { order } = entry;
  const held = machine.executions.get(order.execution);
  if (held !== undefined) {
    // Written again when its turn comes late, so that the wall clock does not count the waiting.
    if (held.life.phase !== "ordered") return;
    held.orderedAt = entry.at;
    held.wallClockFrom = entry.at;
    return;
  }
  const execution = newExecution(order, null, machine.nextSequence++, entry.at);
  machine.executions.set(order.execution, execution);
  addToDirectory(machine, execution);
  cancelRetention(machine, order.jobId, order.taskId);
}

function replayRemoval(
  machine: AgentMachine,
  entry: Extract<JournalEntry, { entry: "removal" }>,
): void {
  const { removal, jobId, taskId } = entry;
  if (machine.removals.has(removal)) return;
  const sequence = machine.nextSequence++;
  machine.removals.set(removal, { removal, jobId, taskId, sequence, state: "waiting" });
}

function replayUploaded(
  machine: AgentMachine,
  execution: Execution,
  stream: "stdout" | "stderr",
): void {
  const { life } = execution;
  if (life.phase !== "ended") return;
  const uploads = life.uploads.filter((pending) => pending !== stream);
  execution.life = { ...life, uploads };
  if (life.acknowledged && uploads.length === 0) forget(machine, execution.order.execution);
}

function replayAcknowledged(machine: AgentMachine, number: ExecutionNumber): void {
  const execution = machine.executions.get(number);
  if (execution?.life.phase === "ended" && execution.life.uploads.length > 0) {
    execution.life = { ...execution.life, acknowledged: true };
    return;
  }
  forget(machine, number);
}

/** Nothing is owed for it any more; only its number is remembered for a while. */
function forget(machine: AgentMachine, number: ExecutionNumber): void {
  const execution = machine.executions.get(number);
  if (execution !== undefined) removeFromDirectory(machine, execution);
  machine.executions.delete(number);
  if (isFinished(machine, number)) return;
  if (machine.finished.size >= machine.options.finishedMemoryMax) {
    machine.finishedEarlier = machine.finished;
    machine.finished = new Set();
  }
  machine.finished.add(number);
}

/** Whether the execution was here and is over; only the latest are remembered. */
export function isFinished(machine: AgentMachine, number: ExecutionNumber): boolean {
  return machine.finished.has(number) || machine.finishedEarlier.has(number);
}
