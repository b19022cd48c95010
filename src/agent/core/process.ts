import type { ExecutionResult, OutputInfo, ProcessOutcome } from "../../model/execution.ts";
import { unstartedAllocation } from "./allocation/state.ts";
import type {
  MemberEnd,
  ProcessExit,
  ProcessIdentity,
  ReadyToStart,
  StartFailure,
} from "./contract.ts";
import { executionsIn, isBlocked } from "./directories.ts";
import { groupOrder } from "./held.ts";
import type { Execution, StartWindow, Step } from "./machine.ts";
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
  const group = groupOrder(order);
  execution.preparing = true;
  step.effects.push(
    group === null ? { effect: "prepare", order } : { effect: "prepareAllocation", order: group },
  );
  armExecution(step.machine, execution);
}

/** Begins the preparation of a member's process, which waits for nothing. */
export function prepareMember(step: Step, process: Execution, isPrepared: boolean): void {
  if (process.process === null) return;
  process.preparing = true;
  step.effects.push({ effect: "prepareMember", isPrepared, ...process.process });
}

/**
 * A fleet script must not start after its bound, nor when the clock has since been set back, so that nobody can tell; true:
 * it was refused.
 */
export function refuseIfLate(
  step: Step,
  execution: Execution,
  window: StartWindow | null,
): boolean {
  if (window === null) return false;
  const { from, until } = window;
  if (from <= step.now && step.now <= until) return false;
  failToStart(step, execution, { failure: cameTooLate(until, step.now) });
  return true;
}

export function onPrepared(
  step: Step,
  execution: Execution,
  outcome: ({ readonly ok: true } & ReadyToStart) | ({ readonly ok: false } & StartFailure),
): void {
  if (execution.life.phase !== "ordered" || !execution.preparing) return;
  execution.preparing = false;
  if (!outcome.ok) {
    failToStart(step, execution, outcome);
    return;
  }
  const { key, order, process } = execution;
  if (process === null && order.allocation !== undefined) {
    step.notices.push({ notice: "allocated", execution });
    return;
  }
  const { offsets, startBefore } = outcome;
  const at = step.now;
  const window = startBefore === undefined ? null : { from: at, until: startBefore };
  if (refuseIfLate(step, execution, window)) return;
  const bound = startBefore === undefined ? {} : { startBefore };
  record(step, { entry: "starting", execution: key, at, offsets, ...bound });
  spawn(step, execution);
}

export function spawn(step: Step, execution: Execution): void {
  const { order, process } = execution;
  if (process === null) step.effects.push({ effect: "spawn", order });
  else step.effects.push({ effect: "startMember", ...process });
  armExecution(step.machine, execution);
}

export function onSpawned(
  step: Step,
  execution: Execution,
  process: ProcessIdentity,
  startedAt: number,
): void {
  if (execution.life.phase !== "starting") return;
  const { key } = execution;
  record(step, { entry: "started", execution: key, at: startedAt, process });
  if (execution.process !== null) {
    step.notices.push({ notice: "started", process: execution, startedAt });
  } else if (!execution.discarded) {
    report(step.machine, { kind: "started", execution: key, startedAt });
  }
  signalRunning(step, execution);
}

export function onSpawnFailed(step: Step, execution: Execution, why: StartFailure): void {
  if (execution.life.phase === "starting") failToStart(step, execution, why);
}

export function onExited(step: Step, execution: Execution, exit: ProcessExit): void {
  const { phase } = execution.life;
  if (phase !== "starting" && phase !== "running") return;
  record(step, { entry: "exited", execution: execution.key, exit });
  const owner = execution.process && step.machine.executions.get(execution.order.execution);
  if (owner) step.notices.push({ notice: "due", execution: owner });
  collect(step, execution);
}

/** Asks for the output of an execution whose process has ended. */
export function collect(step: Step, execution: Execution): void {
  const { life, order, process } = execution;
  if (life.phase !== "exited") return;
  if (process === null) {
    const leavesRest = mayLeaveRest(execution, life.exit);
    step.effects.push({ effect: "collect", order, offsets: life.offsets, leavesRest });
  } else {
    step.effects.push({ effect: "collectMember", exit: life.exit, ...process });
  }
}

/** Where nobody saw the end, the rest may be the script itself. */
function mayLeaveRest(
  { order, stopping, discarded }: Execution,
  { outcome }: ProcessExit,
): boolean {
  const endedByItself = stopping === null && !discarded && outcome.state !== "unseen";
  return order.script !== undefined && endedByItself;
}

export function onMemberCollected(step: Step, process: Execution, end: MemberEnd): void {
  if (process.life.phase === "exited") step.notices.push({ notice: "ended", process, end });
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
export function failToStart(step: Step, execution: Execution, why: StartFailure): void {
  const { process } = execution;
  if (process !== null) step.notices.push({ notice: "notStarted", process: execution, why });
  else endWithoutProcess(step, execution, { state: "failedToStart", failure: why.failure });
}

export function endWithoutProcess(step: Step, execution: Execution, outcome: ProcessOutcome): void {
  const result = resultWithoutProcess(outcome, step.now);
  const group = groupOrder(execution.order);
  if (group === null) endWith(step, execution, result);
  else {
    const allocation = unstartedAllocation(group, outcome, step.now);
    endWith(step, execution, { ...result, allocation });
  }
}

export function endWith(step: Step, execution: Execution, result: ExecutionResult): void {
  const number = execution.order.execution;
  if (execution.discarded) {
    drop(step, execution);
    return;
  }
  record(step, { entry: "ended", execution: number, result });
  report(step.machine, { kind: "ended", execution: number, result });
  letGo(step, execution);
  askUploads(step, execution);
}

/** Ends a discarded execution: no result, no report. */
export function drop(step: Step, execution: Execution): void {
  finish(step, execution);
  letGo(step, execution);
}

/** Whoever keeps something of the execution, which has ended, need not any more. */
export function letGo(step: Step, { key, order }: Execution): void {
  const group = groupOrder(order);
  if (group === null) step.effects.push({ effect: "forget", execution: key });
  else step.effects.push({ effect: "closeAllocation", order: group });
}
