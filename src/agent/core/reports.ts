import type { AllocationState } from "../../model/allocation.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import {
  acknowledge,
  enqueue,
  hasMessages,
  isOverdue,
  rewind,
  takeMessages,
} from "../../protocol/node/link.ts";
import type { WelcomeFrame } from "../../protocol/node/message.ts";
import type { BatchFrame, NodeReport } from "./contract.ts";
import type { AgentMachine, Step } from "./machine.ts";

type LifeReport = Extract<NodeReport, { kind: "accepted" | "started" | "ended" }>;

/**
 * Queues a report. It takes the place of an earlier one of the same execution that was never in a frame, so that a
 * short task costs one report. What was in a frame must stay: the server may have applied it under its number.
 */
export function report(machine: AgentMachine, message: LifeReport): void {
  const { outbox, latestReport, latestState } = machine;
  const earlier = latestReport.get(message.execution);
  // What a group reported last must not come after its end.
  const isLast = message.kind === "ended" && latestState.delete(message.execution);
  if (earlier !== undefined && earlier > machine.highestSent && !isLast) {
    outbox.messages[earlier - outbox.first] = message;
  } else {
    latestReport.set(message.execution, enqueue(outbox, message));
  }
  if (message.kind === "ended") latestReport.delete(message.execution);
}

/** As a report, but beside those of the execution's life: how its group is now takes the place of how it was. */
export function reportAllocation(
  machine: AgentMachine,
  execution: ExecutionNumber,
  state: AllocationState,
): void {
  const { outbox, latestState } = machine;
  const message: NodeReport = { kind: "allocation", execution, state };
  const earlier = latestState.get(execution);
  if (earlier !== undefined && earlier > machine.highestSent) {
    outbox.messages[earlier - outbox.first] = message;
  } else {
    latestState.set(execution, enqueue(outbox, message));
  }
}

export function reportRemoved(machine: AgentMachine, removal: number): void {
  enqueue(machine.outbox, { kind: "removed", removal });
}

/** The server asks for what this node finished long ago: it has lost the result. */
export function reportMissing(machine: AgentMachine, execution: number): void {
  enqueue(machine.outbox, { kind: "missing", execution });
}

/** Whether a frame is due: new reports, overdue ones, or an acknowledgement. */
export function hasOutgoing(machine: AgentMachine, now: number): boolean {
  if (machine.session === null) return false;
  return machine.acknowledgementOwed || hasMessages(machine.outbox, now);
}

const PROGRESS: ReadonlySet<NodeReport["kind"]> = new Set(["accepted", "started", "allocation"]);

/**
 * Whether what is to be said should go at once. That an order was accepted or a process has started can wait a moment:
 * with a short task its end makes both superfluous.
 */
export function isUrgent(machine: AgentMachine, now: number): boolean {
  const { outbox } = machine;
  if (isOverdue(outbox, now)) return true;
  const unsent = outbox.messages.slice(outbox.next - outbox.first);
  return unsent.some(({ kind }) => !PROGRESS.has(kind));
}

/**
 * The next frame to the server, or null when nothing is to be said or there is no session. Call it again until it
 * returns null; and only when every entry that `step` returned is flushed, for it acknowledges and reports what
 * these entries hold.
 */
export function outgoingFrame(machine: AgentMachine, now: number): BatchFrame<NodeReport> | null {
  return hasOutgoing(machine, now) ? heartbeatFrame(machine, now) : null;
}

/** As outgoingFrame, and without anything to say an empty frame, which is the heartbeat. */
export function heartbeatFrame(machine: AgentMachine, now: number): BatchFrame<NodeReport> {
  const { first, messages } = takeMessages(machine.outbox, now);
  machine.highestSent = Math.max(machine.highestSent, first + messages.length - 1);
  machine.acknowledgementOwed = false;
  return { type: "batch", epoch: 0, first, messages, acknowledged: machine.lastApplied };
}

/** Begins the session: orders are numbered from 1 again, and reports the server lacks go again. */
export function openSession(step: Step, frame: WelcomeFrame): NodeReport[] {
  const { machine, now } = step;
  machine.session = frame.session;
  machine.lastApplied = 0;
  machine.acknowledgementOwed = false;
  const committed = acknowledge(machine.outbox, frame.lastApplied, now);
  rewind(machine.outbox);
  return committed;
}

export function closeSession(machine: AgentMachine): void {
  machine.session = null;
  machine.acknowledgementOwed = false;
}

/** Drops the reports that the server has committed and returns them. */
export function takeAcknowledged(step: Step, upTo: number): NodeReport[] {
  return acknowledge(step.machine.outbox, upTo, step.now);
}
