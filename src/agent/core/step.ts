import { onProbed } from "./allocation/checks.ts";
import { onContactChanged } from "./allocation/contact.ts";
import { onMemberEvent } from "./allocation/memberProcess.ts";
import { notInFuture } from "./allocation/recovery.ts";
import { onTemplateChanged } from "./allocation/restarts.ts";
import { runAllocations } from "./allocation/runner.ts";
import type { AgentEffect, AgentInput, JournalEntry } from "./contract.ts";
import { heldProcess } from "./held.ts";
import type { AgentMachine, Execution, Step } from "./machine.ts";
import { onFrame, onWelcome } from "./orders.ts";
import {
  failToStart,
  onCollected,
  onExited,
  onMemberCollected,
  onPrepared,
  onSpawned,
  onSpawnFailed,
  prepareWaiting,
} from "./process.ts";
import { onRecovered } from "./recovery.ts";
import { closeSession, hasOutgoing } from "./reports.ts";
import { wallClockBeforeStart } from "./result.ts";
import { askRemovals, onDirectoryRemoved, onUploaded, removeExpired } from "./retention.ts";
import { cancelPrepare, recordStopping, signalRunning } from "./stopping.ts";
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
  const wentBack = noteTime(machine, now);
  const current: Step = { machine, now, entries: [], effects: [], notices: [] };
  if (wentBack) for (const execution of machine.executions.values()) lookAgain(current, execution);
  applyInput(current, input);
  runTimers(current);
  runAllocations(current);
  prepareWaiting(current);
  askRemovals(current);
  if (hasOutgoing(machine, current.now)) current.effects.push({ effect: "send" });
  return { entries: current.entries, effects: current.effects };
}

/** The clock was set back. */
function lookAgain(current: Step, execution: Execution): void {
  if (execution.life.phase !== "allocated") return;
  notInFuture(current, execution);
  current.notices.push({ notice: "due", execution });
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
      onContactChanged(current);
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
    case "memberCollected":
    case "memberEvent": {
      const process = current.machine.memberProcesses.get(input.key);
      if (process === undefined) return;
      if (input.input === "memberCollected") onMemberCollected(current, process, input.end);
      else onMemberEvent(current, process, input.type, input.description);
      return;
    }
    case "probed":
    case "templateChanged":
      applyToGroup(current, input);
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

function applyToGroup(
  current: Step,
  input: Extract<AgentInput, { input: "probed" | "templateChanged" }>,
): void {
  const execution = current.machine.executions.get(input.execution);
  if (execution?.life.phase !== "allocated") return;
  if (input.input === "probed") onProbed(execution, input);
  else onTemplateChanged(current, execution, input);
  current.notices.push({ notice: "due", execution });
}

type Answer = Extract<
  AgentInput,
  { input: "prepared" | "spawned" | "spawnFailed" | "exited" | "collected" }
>;

/** Answers about executions that are not held any more come late and are ignored. */
function applyAnswer(current: Step, input: Answer): void {
  const execution = heldProcess(current.machine, input.execution);
  if (execution === undefined) return;
  switch (input.input) {
    case "prepared":
      onPrepared(current, execution, input.outcome);
      return;
    case "spawned":
      onSpawned(current, execution, input.process, input.startedAt);
      return;
    case "spawnFailed":
      onSpawnFailed(current, execution, input);
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
  if (life.phase === "allocated") {
    current.notices.push({ notice: "due", execution });
    return;
  }
  if (life.phase === "ordered") {
    cancelPrepare(current, execution);
    const maxWallClockMs = order.members[0]?.command.maxWallClockMs ?? 0;
    failToStart(current, execution, { failure: wallClockBeforeStart(maxWallClockMs) });
    return;
  }
  if (killAt === null) {
    const graceMs = current.machine.options.wallClockGraceMs;
    recordStopping(current, execution, { at: current.now, graceMs, reason: "wallClock" });
  }
  signalRunning(current, execution);
}
