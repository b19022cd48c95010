import { RESEND_AFTER_MS } from "../../protocol/node/link.ts";
import { allocationDueAt } from "./allocation/due.ts";
import type { ProcessKey } from "./contract.ts";
import { directoryKey, retentionOf } from "./directories.ts";
import { type Due, peekDue, popDue, pruneDue, pushDue } from "./heap.ts";
import { heldProcess } from "./held.ts";
import {
  type AgentMachine,
  type DirectoryName,
  type Execution,
  KILL_REPEAT_MS,
  REMOVALS_AT_ONCE_MAX,
} from "./machine.ts";

/** When the execution needs attention; null: not by itself. */
export function executionDueAt(machine: AgentMachine, execution: Execution): number | null {
  switch (execution.life.phase) {
    case "ordered":
      return execution.preparing ? wallClockAt(execution) : null;
    case "allocated":
      return allocationDueAt(machine, execution, execution.life.run);
    case "starting":
      return execution.stopping === null && !execution.discarded ? wallClockAt(execution) : null;
    case "running":
      return execution.killAt ?? wallClockAt(execution);
    case "exited":
    case "ended":
      return null;
  }
}

function wallClockAt(execution: Execution): number | null {
  const maxWallClockMs = execution.order.members[0]?.command.maxWallClockMs;
  return maxWallClockMs === undefined ? null : execution.wallClockFrom + maxWallClockMs;
}

/**
 * Takes the clock at the beginning of a step. When it was set back, nothing that happened already may lie in the
 * future, or its timers would stand still for as long as the clock went back. True: it was set back.
 */
export function noteTime(machine: AgentMachine, now: number): boolean {
  const wentBack = now < machine.time;
  machine.time = now;
  if (!wentBack) return false;
  machine.outbox.sentAt = Math.min(machine.outbox.sentAt, now);
  for (const execution of machine.executions.values()) limitToPast(machine, execution);
  for (const process of machine.memberProcesses.values()) limitToPast(machine, process);
  return true;
}

/** The instants of the journal may lie in the future too, when the clock was set back between two lives. */
export function limitToPast(machine: AgentMachine, execution: Execution): void {
  const now = machine.time;
  const { stopping, killAt } = execution;
  execution.wallClockFrom = Math.min(execution.wallClockFrom, now);
  if (killAt !== null) {
    const longestMs = Math.max(KILL_REPEAT_MS, stopping?.graceMs ?? 0);
    execution.killAt = Math.min(killAt, now + longestMs);
  }
  armExecution(machine, execution);
}

/** To be called whenever executionDueAt may have changed. */
export function armExecution(machine: AgentMachine, execution: Execution): void {
  const at = executionDueAt(machine, execution);
  if (at === null) return;
  pushDue(machine.executionTimers, at, execution.key);
  const liveCount = machine.executions.size + machine.memberProcesses.size;
  pruneDue(machine.executionTimers, liveCount, (due) => isCurrent(machine, due));
}

export function armDirectory(machine: AgentMachine, at: number, directory: DirectoryName): void {
  pushDue(machine.directoryTimers, at, directory);
  pruneDue(machine.directoryTimers, machine.retainedCount, (due) => isExpiry(machine, due));
}

function isCurrent(machine: AgentMachine, due: Due<ProcessKey>): boolean {
  const execution = heldProcess(machine, due.target);
  return execution !== undefined && executionDueAt(machine, execution) === due.at;
}

function isExpiry(machine: AgentMachine, due: Due<DirectoryName>): boolean {
  const expiresAt = retentionOf(machine, due.target);
  if (expiresAt === undefined || expiresAt > due.at) return false;
  return !machine.removing.has(directoryKey(due.target));
}

/** Takes the next execution that is due; undefined: none. */
export function takeDueExecution(machine: AgentMachine, now: number): Execution | undefined {
  const heap = machine.executionTimers;
  for (let due = peekDue(heap); due !== undefined && due.at <= now; due = peekDue(heap)) {
    popDue(heap);
    if (isCurrent(machine, due)) return heldProcess(machine, due.target);
  }
  return undefined;
}

/** Takes the next directory whose retention is over; undefined: none, or enough are being removed. */
export function takeDueDirectory(machine: AgentMachine, now: number): DirectoryName | undefined {
  const heap = machine.directoryTimers;
  if (machine.removing.size >= REMOVALS_AT_ONCE_MAX) return undefined;
  for (let due = peekDue(heap); due !== undefined && due.at <= now; due = peekDue(heap)) {
    popDue(heap);
    if (isExpiry(machine, due)) return due.target;
  }
  return undefined;
}

/**
 * When the machine wants a `tick`; null: never, until something else happens. It may be in
 * the past, and may prove to be stale: a tick too many does nothing.
 */
export function nextDueAt(machine: AgentMachine): number | null {
  let next = Number.POSITIVE_INFINITY;
  next = Math.min(next, peekDue(machine.executionTimers)?.at ?? next);
  if (machine.removing.size < REMOVALS_AT_ONCE_MAX) {
    next = Math.min(next, peekDue(machine.directoryTimers)?.at ?? next);
  }
  const { outbox } = machine;
  if (machine.session !== null && outbox.next > outbox.first) {
    next = Math.min(next, outbox.sentAt + RESEND_AFTER_MS);
  }
  return next === Number.POSITIVE_INFINITY ? null : next;
}
