import { recoverAllocation } from "./allocation/recovery.ts";
import type { ProcessIdentity, ProcessKey, ShimMemory } from "./contract.ts";
import { heldProcess } from "./held.ts";
import type { Execution, StartWindow, Step } from "./machine.ts";
import {
  collect,
  drop,
  endWithoutProcess,
  failToStart,
  letGo,
  onExited,
  onSpawned,
  onSpawnFailed,
  refuseIfLate,
  spawn,
} from "./process.ts";
import { record } from "./replay.ts";
import { report, reportRemoved } from "./reports.ts";
import { stoppedBeforeStart } from "./result.ts";
import { askUploads } from "./retention.ts";
import { unseenExit } from "./shimRecord.ts";
import { signalRunning } from "./stopping.ts";
import { armDirectory, limitToPast } from "./timers.ts";

type Memories = ReadonlyMap<ProcessKey, ShimMemory>;

/**
 * The first input of every life: every execution in the journal is taken up again from what the shims remember, and
 * reported anew, for the reports of an earlier life are gone with its link.
 */
export function onRecovered(step: Step, bootId: string, memories: Memories): void {
  const { machine } = step;
  const rebooted = machine.bootId !== null && machine.bootId !== bootId;
  if (machine.bootId !== bootId) record(step, { entry: "booted", bootId });
  endStrangers(step, memories);
  for (const execution of [...machine.executions.values()]) {
    limitToPast(machine, execution);
    if (rebooted) endAfterReboot(step, execution);
    else recover(step, execution, memories.get(execution.key));
  }
  for (const process of [...machine.memberProcesses.values()]) {
    limitToPast(machine, process);
    recoverMember(step, process, rebooted ? UNKNOWN : memories.get(process.key));
  }
  for (const { removal, state } of machine.removals.values()) {
    if (state === "done") reportRemoved(machine, removal);
  }
  if (machine.contactLostAt !== null && machine.contactLostAt > step.now) {
    record(step, { entry: "contact", lostAt: step.now });
  }
  for (const [jobId, tasks] of machine.retained) {
    for (const [taskId, expiresAt] of tasks) armDirectory(machine, expiresAt, { jobId, taskId });
  }
}

/** Processes that the journal knows nothing of: they run for nobody. */
function endStrangers(step: Step, memories: Memories): void {
  for (const [execution, { memory }] of memories) {
    if (heldProcess(step.machine, execution) !== undefined) continue;
    if (memory === "running") step.effects.push({ effect: "signal", execution, signal: "kill" });
    step.effects.push({ effect: "forget", execution });
  }
}

function recover(step: Step, execution: Execution, memory: ShimMemory | undefined): void {
  const { machine } = step;
  const number = execution.order.execution;
  if (execution.life.phase !== "ended" && !execution.discarded) {
    report(machine, { kind: "accepted", execution: number });
  }
  switch (execution.life.phase) {
    case "ordered":
      // Only a crash between two entries of one step leaves a discarded one here.
      if (execution.discarded) drop(step, execution);
      else machine.waiting.add(number);
      return;
    case "allocated":
      recoverAllocation(step, execution);
      return;
    case "starting":
      recoverStarting(step, execution, memory ?? { memory: "unknown" });
      return;
    case "running":
      recoverRunning(step, execution, memory ?? { memory: "unknown" });
      return;
    case "exited":
      reportStarted(step, execution);
      collect(step, execution);
      return;
    case "ended":
      reportAgain(step, execution);
      return;
  }
}

const UNKNOWN: ShimMemory = { memory: "unknown" };

/** Takes up a process of a member; how its group goes on is found with the rest of the step. */
function recoverMember(step: Step, process: Execution, memory: ShimMemory | undefined): void {
  switch (process.life.phase) {
    case "ordered":
      step.notices.push({ notice: "prepare", process });
      return;
    case "starting":
      recoverStarting(step, process, memory ?? UNKNOWN);
      return;
    case "running":
      noteStarted(step, process);
      recoverRunning(step, process, memory ?? UNKNOWN);
      return;
    case "exited":
      noteStarted(step, process);
      collect(step, process);
      return;
    case "allocated":
    case "ended":
      return;
  }
}

/** The journal may have been cut between the word of its start and what came of it. */
function noteStarted(step: Step, process: Execution): void {
  const { life } = process;
  if ((life.phase !== "running" && life.phase !== "exited") || life.startedAt === null) return;
  step.notices.push({ notice: "started", process, startedAt: life.startedAt });
}

/** The journal says that the process may have been started: only the shims know whether it was. */
function recoverStarting(step: Step, execution: Execution, memory: ShimMemory): void {
  const number = execution.key;
  switch (memory.memory) {
    case "never":
      startAfterAll(step, execution);
      return;
    case "running":
      onSpawned(step, execution, memory.process, memory.startedAt);
      return;
    case "exited": {
      const process = memory.process ?? unknownProcess(step);
      record(step, { entry: "started", execution: number, at: memory.startedAt, process });
      reportStarted(step, execution);
      if (execution.process !== null) noteStarted(step, execution);
      onExited(step, execution, memory.exit);
      return;
    }
    case "failedToStart":
      onSpawnFailed(step, execution, { failure: memory.failure });
      return;
    case "unknown":
      onExited(step, execution, unseenExit(step.now));
      return;
  }
}

/** Nobody started it, so it may still be started, at most once. */
function startAfterAll(step: Step, execution: Execution): void {
  if (execution.discarded) drop(step, execution);
  else if (execution.stopping !== null)
    failToStart(step, execution, { failure: stoppedBeforeStart() });
  else if (!refuseIfLate(step, execution, windowOf(execution))) spawn(step, execution);
}

function windowOf({ life }: Execution): StartWindow | null {
  return life.phase === "starting" ? life.window : null;
}

/** The journal says that the process was started. */
function recoverRunning(step: Step, execution: Execution, memory: ShimMemory): void {
  reportStarted(step, execution);
  switch (memory.memory) {
    case "running":
      signalRunning(step, execution);
      return;
    case "exited":
      onExited(step, execution, memory.exit);
      return;
    // A shim that denies what the journal knows has lost its own memory.
    case "never":
    case "failedToStart":
    case "unknown":
      onExited(step, execution, unseenExit(step.now));
      return;
  }
}

/** The processes ended with the machine; their output is still there. */
function endAfterReboot(step: Step, execution: Execution): void {
  switch (execution.life.phase) {
    case "ordered":
      if (execution.discarded) drop(step, execution);
      else if (execution.order.allocation !== undefined) recover(step, execution, undefined);
      else endWithoutProcess(step, execution, { state: "unseen" });
      return;
    case "allocated":
      // Its members are restarted by their own policies, as after any other end.
      recover(step, execution, undefined);
      return;
    case "starting":
    case "running":
      reportStarted(step, execution);
      onExited(step, execution, unseenExit(step.now));
      return;
    case "exited":
      reportStarted(step, execution);
      collect(step, execution);
      return;
    case "ended":
      reportAgain(step, execution);
      return;
  }
}

function reportStarted(step: Step, execution: Execution): void {
  const { life, order, discarded, process } = execution;
  if (process !== null || discarded || (life.phase !== "running" && life.phase !== "exited"))
    return;
  if (life.startedAt === null) return;
  const { startedAt } = life;
  report(step.machine, { kind: "started", execution: order.execution, startedAt });
}

function reportAgain(step: Step, execution: Execution): void {
  const { life, order } = execution;
  if (life.phase !== "ended") return;
  if (!life.acknowledged) {
    report(step.machine, { kind: "ended", execution: order.execution, result: life.result });
  }
  // The forget of the earlier life may not have been done.
  letGo(step, execution);
  askUploads(step, execution);
}

/** A process that ended before anybody read its start time. */
function unknownProcess(step: Step): ProcessIdentity {
  return { bootId: step.machine.bootId ?? "", pid: 0, startTicks: 0 };
}
