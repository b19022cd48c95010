import type { StartOrder } from "../../model/order.ts";
import { freshMessages } from "../../protocol/node/link.ts";
import type { WelcomeFrame } from "../../protocol/node/message.ts";
import { onContact } from "./allocation/contact.ts";
import { endFromOutside } from "./allocation/ending.ts";
import { restartMembers } from "./allocation/restarts.ts";
import type { BatchFrame, NodeOrder } from "./contract.ts";
import type { AgentMachine, Execution, Step } from "./machine.ts";
import { drop, failToStart } from "./process.ts";
import { isFinished, record } from "./replay.ts";
import { openSession, report, reportMissing, takeAcknowledged } from "./reports.ts";
import { stoppedBeforeStart, withoutMembers } from "./result.ts";
import { finish, giveUpUploads, onReportsAcknowledged } from "./retention.ts";
import { cancelPrepare, recordStopping, signalRunning } from "./stopping.ts";

/** Whether a frame of this epoch comes from the present leader, as far as this node knows. */
export function acceptsEpoch(machine: AgentMachine, epoch: number): boolean {
  return epoch >= machine.epoch;
}

export function onWelcome(step: Step, frame: WelcomeFrame): void {
  if (!noteEpoch(step, frame.epoch)) return;
  onReportsAcknowledged(step, openSession(step, frame));
  onContact(step);
}

/** Applies the orders that are new, in order, and takes the acknowledgement. */
export function onFrame(step: Step, frame: BatchFrame<NodeOrder>): void {
  const { machine } = step;
  if (machine.session === null || !noteEpoch(step, frame.epoch)) return;
  onReportsAcknowledged(step, takeAcknowledged(step, frame.acknowledged));
  // A repeated order is acknowledged again: the first acknowledgement may have been lost.
  if (frame.messages.length > 0) machine.acknowledgementOwed = true;
  for (const order of freshMessages(frame, machine.lastApplied)) {
    machine.lastApplied++;
    applyOrder(step, order);
  }
}

/** False: the frame is a deposed leader's. */
function noteEpoch(step: Step, epoch: number): boolean {
  if (!acceptsEpoch(step.machine, epoch)) return false;
  if (epoch > step.machine.epoch) record(step, { entry: "epoch", epoch });
  return true;
}

function applyOrder(step: Step, order: NodeOrder): void {
  const { machine, now } = step;
  switch (order.kind) {
    case "start":
      onStart(step, order.order);
      return;
    case "stop": {
      const execution = machine.executions.get(order.execution);
      if (execution !== undefined) stop(step, execution, now, order.graceMs);
      return;
    }
    case "discard": {
      const execution = machine.executions.get(order.execution);
      if (execution !== undefined) discard(step, execution);
      return;
    }
    case "remove": {
      const { removal, jobId, taskId } = order;
      if (machine.removals.has(removal)) return;
      record(step, { entry: "removal", removal, jobId, taskId });
      return;
    }
    case "restart": {
      const execution = machine.executions.get(order.execution);
      if (execution === undefined) return;
      restartMembers(step, execution, order.member, order.dead);
      step.notices.push({ notice: "due", execution });
      return;
    }
    case "reboot":
      step.effects.push({ effect: "reboot" });
      return;
    case "leave":
      for (const execution of [...machine.executions.values()]) discard(step, execution);
      step.effects.push({ effect: "leave" });
      return;
  }
}

function onStart(step: Step, order: StartOrder): void {
  const { machine, now } = step;
  const number = order.execution;
  if (machine.executions.has(number)) return;
  if (isFinished(machine, number)) {
    reportMissing(machine, number);
    return;
  }
  record(step, { entry: "ordered", at: now, order });
  const execution = machine.executions.get(number);
  if (execution === undefined) return;
  if (order.members.length === 0 && !order.allocation?.group.members.length) {
    failToStart(step, execution, { failure: withoutMembers() });
    return;
  }
  report(machine, { kind: "accepted", execution: number });
  machine.waiting.add(number);
}

function stop(step: Step, execution: Execution, at: number, graceMs: number): void {
  switch (execution.life.phase) {
    case "ordered":
      cancelPrepare(step, execution);
      failToStart(step, execution, { failure: stoppedBeforeStart() });
      return;
    case "allocated":
      endFromOutside(step, execution, "stopped");
      step.notices.push({ notice: "due", execution });
      return;
    case "starting":
    case "running":
      if (recordStopping(step, execution, { at, graceMs, reason: "stopped" })) {
        signalRunning(step, execution);
      }
      return;
    case "exited":
    case "ended":
      return;
  }
}

/** The server let go of it: it is killed, and its result dropped. */
function discard(step: Step, execution: Execution): void {
  const number = execution.order.execution;
  if (execution.discarded) return;
  if (execution.life.phase !== "ended") record(step, { entry: "discarded", execution: number });
  step.machine.latestReport.delete(number);
  switch (execution.life.phase) {
    case "ordered":
      cancelPrepare(step, execution);
      drop(step, execution);
      return;
    case "starting":
    case "exited":
      return;
    case "running":
      signalRunning(step, execution);
      return;
    case "allocated":
      step.machine.latestState.delete(number);
      endFromOutside(step, execution, "discarded");
      step.notices.push({ notice: "due", execution });
      return;
    case "ended":
      giveUpUploads(step, [execution]);
      if (!execution.life.acknowledged) finish(step, execution);
      return;
  }
}
