import { type Execution, KILL_REPEAT_MS, type Step, type Stopping } from "./machine.ts";
import { record } from "./replay.ts";
import { armExecution } from "./timers.ts";

/** Writes the wish to stop down. The first reason stays; a later one can only bring the kill nearer. */
export function recordStopping(step: Step, execution: Execution, wish: Stopping): boolean {
  const { stopping } = execution;
  if (stopping !== null && wish.at + wish.graceMs >= stopping.at + stopping.graceMs) return false;
  const reason = stopping?.reason ?? wish.reason;
  record(step, { entry: "stopping", execution: execution.key, ...wish, reason });
  return true;
}

/**
 * Sends a running execution the signal that is due and arms the next: terminate, after the grace kill, and kill
 * again until the exit is seen. Without a wish to stop it only arms the wall clock.
 */
export function signalRunning(step: Step, execution: Execution): void {
  const { machine, now } = step;
  if (execution.life.phase !== "running") return;
  const killAt = killDueAt(execution, now);
  if (killAt !== null && killAt <= now) {
    signal(step, execution, "kill");
    execution.killAt = now + KILL_REPEAT_MS;
  } else if (killAt !== null) {
    signal(step, execution, "terminate");
    execution.killAt = killAt;
  }
  armExecution(machine, execution);
}

export function cancelPrepare(step: Step, execution: Execution): void {
  if (!execution.preparing) return;
  execution.preparing = false;
  step.effects.push({ effect: "cancelPrepare", execution: execution.key });
}

function signal(step: Step, { key, process }: Execution, name: "terminate" | "kill"): void {
  if (process === null) step.effects.push({ effect: "signal", execution: key, signal: name });
  else step.effects.push({ effect: "signalMember", signal: name, ...process });
}

function killDueAt(execution: Execution, now: number): number | null {
  const { discarded, stopping, killAt } = execution;
  if (discarded) return now;
  if (stopping === null) return null;
  const afterGrace = Math.min(stopping.at, now) + stopping.graceMs;
  return Math.min(afterGrace, killAt ?? afterGrace);
}
