import type { ExecutionResult, OutputInfo, ProcessOutcome } from "../../model/execution.ts";
import type { FailureInfo } from "../../model/failure.ts";
import type { OutputOffsets, ProcessExit, ProcessIdentity } from "./contract.ts";
import { executionsIn, isBlocked } from "./directories.ts";
import type { Execution, Step } from "./machine.ts";
import { record } from "./replay.ts";
import { report } from "./reports.ts";
import { cameTooLate, resultOfExit, resultWithoutProcess } from "./result.ts";
import { askUploads, finish, giveUpUploads } from "./retention.ts";
import { signalRunning } from "./stopping.ts";
import { armExecution } from "./timers.ts";

/** Begins the preparation of every ordered execution whose directory is free now. */
export function prepareWaiting(step: Step): void {
  const { machine, now } = step;
  for (const number of machine.waiting) {
    const execution = machine.executions.get(number);
    if (execution === undefined || execution.life.phase !== "ordered") {
      machine.waiting.delete(number);
      continue;
    }
    if (isBlocked(machine, execution)) continue;
    machine.waiting.delete(number);
    if (refuseIfLate(step, execution)) continue;
    if (execution.orderedAt !== now) {
      record(step, { entry: "ordered", at: now, order: execution.order });
    }
    prepare(step, execution);
  }
}

function prepare(step: Step, execution: Execution): void {
  const { order } = execution;
  // Preparation empties the directory, so what was not uploaded is gone.
  if (!order.keepDirectory) giveUpUploads(step, executionsIn(step.machine, order));
  execution.preparing = true;
  step.effects.push({ effect: "prepare", order });
  armExecution(step.machine, execution);
}

/** A fleet script must not start after its bound; true: it was refused. */
export function refuseIfLate(step: Step, execution: Execution): boolean {
  const { startBefore } = execution.order;
  if (startBefore === null || step.now <= startBefore) return false;
  failToStart(step, execution, cameTooLate(startBefore, step.now));
  return true;
}

export function onPrepared(
  step: Step,
  execution: Execution,
  outcome:
    | { readonly ok: true; readonly offsets: OutputOffsets }
    | { readonly ok: false; readonly failure: FailureInfo },
): void {
  if (execution.life.phase !== "ordered" || !execution.preparing) return;
  execution.preparing = false;
  if (!outcome.ok) {
    failToStart(step, execution, outcome.failure);
    return;
  }
  if (refuseIfLate(step, execution)) return;
  const number = execution.order.execution;
  record(step, { entry: "starting", execution: number, at: step.now, offsets: outcome.offsets });
  spawn(step, execution);
}

export function spawn(step: Step, execution: Execution): void {
  step.effects.push({ effect: "spawn", order: execution.order });
  armExecution(step.machine, execution);
}

export function onSpawned(
  step: Step,
  execution: Execution,
  process: ProcessIdentity,
  startedAt: number,
): void {
  if (execution.life.phase !== "starting") return;
  const number = execution.order.execution;
  record(step, { entry: "started", execution: number, at: startedAt, process });
  if (!execution.discarded) {
    report(step.machine, { kind: "started", execution: number, startedAt });
  }
  signalRunning(step, execution);
}

export function onSpawnFailed(step: Step, execution: Execution, failure: FailureInfo): void {
  if (execution.life.phase === "starting") failToStart(step, execution, failure);
}

export function onExited(step: Step, execution: Execution, exit: ProcessExit): void {
  const { phase } = execution.life;
  if (phase !== "starting" && phase !== "running") return;
  record(step, { entry: "exited", execution: execution.order.execution, exit });
  collect(step, execution);
}

/** Asks for the output of an execution whose process has ended. */
export function collect(step: Step, execution: Execution): void {
  const { life, order } = execution;
  if (life.phase !== "exited") return;
  step.effects.push({ effect: "collect", order, offsets: life.offsets });
}

export function onCollected(
  step: Step,
  execution: Execution,
  output: { readonly stdout: OutputInfo; readonly stderr: OutputInfo },
): void {
  const { life, order, stopping } = execution;
  if (life.phase !== "exited") return;
  endWith(step, execution, resultOfExit(order, life, stopping, output));
}

/** Ends an execution of which no process ran. */
export function failToStart(step: Step, execution: Execution, failure: FailureInfo): void {
  endWithoutProcess(step, execution, { state: "failedToStart", failure });
}

export function endWithoutProcess(step: Step, execution: Execution, outcome: ProcessOutcome): void {
  endWith(step, execution, resultWithoutProcess(outcome, step.now));
}

function endWith(step: Step, execution: Execution, result: ExecutionResult): void {
  const number = execution.order.execution;
  if (execution.discarded) {
    drop(step, execution);
    return;
  }
  record(step, { entry: "ended", execution: number, result });
  report(step.machine, { kind: "ended", execution: number, result });
  step.effects.push({ effect: "forget", execution: number });
  askUploads(step, execution);
}

/** Ends a discarded execution: no result, no report. */
export function drop(step: Step, execution: Execution): void {
  finish(step, execution);
  step.effects.push({ effect: "forget", execution: execution.order.execution });
}
