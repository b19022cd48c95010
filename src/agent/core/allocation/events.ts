import {
  MEMBER_EVENTS_MAX,
  type MemberEventType,
  type MemberState,
} from "../../../model/allocation.ts";
import { formatGoDuration } from "../../../model/duration.ts";
import type { ProcessExit } from "../contract.ts";
import type { MemberRun } from "./run.ts";

/** The state with one more event; only the latest are kept. */
export function withEvent(
  state: MemberState,
  type: MemberEventType,
  description: string,
  at: number,
): MemberState {
  const events = [...state.events, { type, at, description }];
  return { ...state, events: events.slice(-MEMBER_EVENTS_MAX) };
}

export function noteEvent(
  member: MemberRun,
  type: MemberEventType,
  description: string,
  at: number,
): MemberRun {
  return { ...member, state: withEvent(member.state, type, description, at) };
}

export const RECEIVED = "Task received by client";
export const SETUP = "Building Task Directory";
export const STARTED = "Task started by client";
export const KILLED = "Task successfully killed";
export const LEADER_DEAD = "Leader Task in Group dead";
export const MAINS_DEAD = "Main tasks in the group died";
export const RESTORE_FAILED = "The process ended while nobody watched; how is not known";

export function siblingFailed(member: string): string {
  return `Task's sibling "${member}" failed`;
}

export function expired(maxRunDurationMs: number): string {
  return `Exceeded max_run_duration of ${formatGoDuration(maxRunDurationMs)}`;
}

export function outOfContact(stopOnClientAfterMs: number): string {
  return `Without a server for stop_on_client_after of ${formatGoDuration(stopOnClientAfterMs)}`;
}

export function killing(killTimeoutMs: number): string {
  return `Sent interrupt. Waiting ${formatGoDuration(killTimeoutMs)} before force killing`;
}

export function waitingForShutdownDelay(delayMs: number): string {
  return `Waiting for shutdown_delay of ${formatGoDuration(delayMs)} before killing the task.`;
}

/** What a shell and Nomad's executor report of a process that was killed by a signal. */
const SIGNAL_EXIT_BASE = 128;

export function exitCodeOf(outcome: ProcessExit["outcome"]): number | null {
  switch (outcome.state) {
    case "exited":
      return outcome.exitCode;
    case "signaled":
      return SIGNAL_EXIT_BASE + outcome.signal;
    case "unseen":
      return null;
  }
}

/** `Exit Code: 137, Signal: 9, Exit Message: "OOM Killed"`, each part only if there is something to say. */
export function terminated(outcome: ProcessExit["outcome"], message: string | null): string {
  const exitCode = exitCodeOf(outcome);
  const said = outcome.state === "unseen" ? (message ?? "exit code unknown") : message;
  const parts = [
    exitCode === null ? [] : [`Exit Code: ${exitCode}`],
    outcome.state === "signaled" ? [`Signal: ${outcome.signal}`] : [],
    said === null ? [] : [`Exit Message: ${JSON.stringify(said)}`],
  ];
  return parts.flat().join(", ");
}
