import type { AgentEffect, AgentInput, JournalEntry } from "./contract.ts";
import type { AgentMachine, Execution, Step } from "./machine.ts";
import { cancelPrepare, onFrame, onWelcome } from "./orders.ts";
import {
  failToStart,
  onCollected,
  onExited,
  onPrepared,
  onSpawned,
  onSpawnFailed,
  prepareWaiting,
} from "./process.ts";
import { onRecovered } from "./recovery.ts";
import { closeSession, hasOutgoing } from "./reports.ts";
import { wallClockBeforeStart } from "./result.ts";
import { askRemovals, onDirectoryRemoved, onUploaded, removeExpired } from "./retention.ts";
import { recordStopping, signalRunning } from "./stopping.ts";
import { noteTime, takeDueExecution } from "./timers.ts";

export interface StepResult {
  /** To be appended to the journal, all of them, and flushed. */
  readonly entries: readonly JournalEntry[];
  /** To be performed in order after the flush. */
  readonly effects: readonly AgentEffect[];
}

/**
 * Applies one input. `now` is the node's clock in milliseconds, which may be set back. Timers that are due run in every step, so `tick` is only needed when nothing else happens.
 */
export function step(machine: AgentMachine, input: AgentInput, now: number): StepResult {
  noteTime(machine, now);
  const current: Step = { machine, now, entries: [], effects: [] };
  applyInput(current, input);
  runTimers(current);
  prepareWaiting(current);
  askRemovals(current);
  if (hasOutgoing(machine, current.now)) current.effects.push({ effect: "send" });
  return { entries: current.entries, effects: current.effects };
}

function applyInput(current: Step, input: AgentInput): void {
  switch (input.input) {
    case "recovered":
      onRecovered(current, input.bootId, input.memories);
      return;
    case "welcome":
      onWelcome(current, input.frame);
      return;
    case "disconnected":
      closeSession(current.machine);
      return;
    case "frame":
      onFrame(current, input.frame);
      return;
    case "uploaded":
      onUploaded(current, input.execution, input.stream);
      return;
    case "directoryRemoved":
      onDirectoryRemoved(current, input.jobId, input.taskId, input.removal);
      return;
    case "tick":
      return;
    case "prepared":
    case "spawned":
    case "spawnFailed":
    case "exited":
    case "collected":
      applyAnswer(current, input);
      return;
  }
}

type Answer = Extract<
  AgentInput,
  { input: "prepared" | "spawned" | "spawnFailed" | "exited" | "collected" }
>;

/** Answers about executions that are not held any more come late and are ignored. */
function applyAnswer(current: Step, input: Answer): void {
  const execution = current.machine.executions.get(input.execution);
  if (execution === undefined) return;
  switch (input.input) {
    case "prepared":
      onPrepared(current, execution, input.outcome);
      return;
    case "spawned":
      onSpawned(current, execution, input.process, input.startedAt);
      return;
    case "spawnFailed":
      onSpawnFailed(current, execution, input.failure);
      return;
    case "exited":
      onExited(current, execution, input.exit);
      return;
    case "collected":
      onCollected(current, execution, input);
      return;
  }
}

function runTimers(current: Step): void {
  const { machine, now } = current;
  for (;;) {
    const execution = takeDueExecution(machine, now);
    if (execution === undefined) break;
    onExecutionDue(current, execution);
  }
  removeExpired(current);
}

/** Its wall clock ran out, or the next kill is due. */
function onExecutionDue(current: Step, execution: Execution): void {
  const { order, life, killAt } = execution;
  if (life.phase === "ordered") {
    cancelPrepare(current, execution);
    const maxWallClockMs = order.members[0]?.command.maxWallClockMs ?? 0;
    failToStart(current, execution, wallClockBeforeStart(maxWallClockMs));
    return;
  }
  if (killAt === null) {
    const graceMs = current.machine.options.wallClockGraceMs;
    recordStopping(current, execution, { at: current.now, graceMs, reason: "wallClock" });
  }
  signalRunning(current, execution);
}
