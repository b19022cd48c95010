import type { MemberEventType } from "../../../model/allocation.ts";
import type { MemberSpec } from "../../../model/group.ts";
import { innerEnding } from "../../../policy/lifecycle.ts";
import { groupOrder } from "../held.ts";
import type { Execution, Step } from "../machine.ts";
import { cancelPrepare, recordStopping, signalRunning } from "../stopping.ts";
import { changeHead, changeMember, presentMembers, runOf } from "./change.ts";
import { expiryOf, givenUpAtOf, signalDueAt } from "./due.ts";
import {
  expired,
  killing,
  LEADER_DEAD,
  MAINS_DEAD,
  noteEvent,
  outOfContact,
  siblingFailed,
  waitingForShutdownDelay,
} from "./events.ts";
import { isDead, isPoststop, type Member } from "./kinds.ts";
import { endIdle } from "./memberProcess.ts";
import { mayRun, processOf } from "./processes.ts";
import type { EndingCause } from "./run.ts";
import { nextToKill } from "./wave.ts";

/** From the kill signal to the kill, at most, whatever a job says (Nomad's client). */
export const KILL_TIMEOUT_MAX_MS = 30_000;

export function killTimeoutMs({ killTimeoutMs: wished }: MemberSpec): number {
  return Math.min(wished, KILL_TIMEOUT_MAX_MS);
}

interface Found {
  readonly cause: EndingCause;
  /** What the members that live are told; null: nothing beyond their being killed. */
  readonly event: readonly [MemberEventType, string] | null;
}

/** Begins to end the group if it is to end by itself; true: it was begun. */
export function beginEnding(step: Step, execution: Execution): boolean {
  const run = runOf(execution);
  if (run === null || run.head.ending !== null || run.head.stage === "poststop") return false;
  if (livingMembers(execution).length === 0) return false;
  const found = causeByMembers(execution) ?? causeByTime(step, execution);
  if (found === null) return false;
  endBecause(step, execution, found);
  return true;
}

function livingMembers(execution: Execution): Member[] {
  return presentMembers(execution).filter((member) => !isDead(member) && !isPoststop(member));
}

function causeByMembers(execution: Execution): Found | null {
  const members = presentMembers(execution).map(({ spec, run }) => ({ spec, state: run.state }));
  const ending = innerEnding(members);
  switch (ending?.cause) {
    case "leaderDead":
      return { cause: "leaderDead", event: ["Leader Task Dead", LEADER_DEAD] };
    case "siblingFailed": {
      const text = siblingFailed(ending.member);
      return { cause: "siblingFailed", event: ["Sibling Task Failed", text] };
    }
    case "mainsDead":
      return { cause: "mainsDead", event: ["Main Tasks Dead", MAINS_DEAD] };
    case undefined:
      return null;
  }
}

function causeByTime({ machine, now }: Step, execution: Execution): Found | null {
  const run = runOf(execution);
  const expiresAt = run === null ? null : expiryOf(execution, run);
  if (expiresAt !== null && now >= expiresAt) return limitReached(execution, "expired");
  const givenUpAt = givenUpAtOf(machine, execution);
  if (givenUpAt !== null && now >= givenUpAt) return limitReached(execution, "outOfContact");
  return null;
}

function limitReached(execution: Execution, cause: EndingCause): Found {
  const text = limitText(execution, cause);
  return { cause, event: text === null ? null : ["Killing", text] };
}

/** Which limit of the group ended it; null: none did. */
export function limitText(execution: Execution, cause: EndingCause | null): string | null {
  const group = groupOrder(execution.order)?.allocation.group;
  const maxRunDurationMs = group?.maxRunDurationMs ?? null;
  const stopOnClientAfterMs = group?.disconnect.stopOnClientAfterMs ?? null;
  if (cause === "expired" && maxRunDurationMs !== null) return expired(maxRunDurationMs);
  return cause === "outOfContact" && stopOnClientAfterMs !== null
    ? outOfContact(stopOnClientAfterMs)
    : null;
}

function endBecause(step: Step, execution: Execution, { cause, event }: Found): void {
  const { now } = step;
  const shutdownDelayMs = groupOrder(execution.order)?.allocation.group.shutdownDelayMs ?? 0;
  // The server has let go, so nothing is sent here any more that would have to be waited for.
  const delayMs = cause === "discarded" ? 0 : shutdownDelayMs;
  changeHead(step, execution, { ending: { cause, at: now, killFrom: now + delayMs } });
  if (event === null) return;
  for (const { run } of livingMembers(execution)) {
    changeMember(step, execution, noteEvent(run, event[0], event[1], now));
  }
}

/** The server wants the group ended, or lets go of it. Poststop members run all the same. */
export function endFromOutside(
  step: Step,
  execution: Execution,
  cause: "stopped" | "discarded",
): void {
  const head = runOf(execution)?.head;
  if (head === undefined || head.ending !== null || head.stage === "poststop") return;
  endBecause(step, execution, { cause, event: null });
}

/** Ends the members of which nothing runs, whatever delay the others have; true: something was done. */
export function endIdleMembers(step: Step, execution: Execution): boolean {
  if (runOf(execution)?.head.ending == null) return false;
  const idle = livingMembers(execution).filter(({ run }) => {
    const process = processOf(step.machine, run);
    return process === undefined || process.life.phase === "ordered";
  });
  for (const member of idle) {
    const process = processOf(step.machine, member.run);
    if (process !== undefined) {
      cancelPrepare(step, process);
      step.effects.push({ effect: "forget", execution: process.key });
    }
    endIdle(step, execution, member);
  }
  return idle.length > 0;
}

/** Kills the members whose turn it is; true: something was done. */
export function killMembers(step: Step, execution: Execution): boolean {
  const ending = runOf(execution)?.head.ending ?? null;
  if (ending === null || step.now < ending.killFrom) return false;
  const members = nextToKill(presentMembers(execution));
  for (const member of members) killMember(step, execution, member);
  return members.length > 0;
}

function killMember(step: Step, execution: Execution, member: Member): void {
  const { now, machine } = step;
  const { spec, run } = member;
  const process = processOf(machine, run);
  const isDiscarded = runOf(execution)?.head.ending?.cause === "discarded";
  const isRunning = process !== undefined && mayRun(process);
  const delayMs = isDiscarded || !isRunning ? 0 : spec.shutdownDelayMs;
  const told = noteEvent(run, "Killing", killing(killTimeoutMs(spec)), now);
  const text = waitingForShutdownDelay(delayMs);
  const noted = delayMs === 0 ? told : noteEvent(told, "Waiting for shutdown delay", text, now);
  changeMember(step, execution, { ...noted, killing: { at: now, signalAt: now + delayMs } });
}

/** Signals the members whose shutdown delay is over; true: something was done. */
export function signalMembers(step: Step, execution: Execution): boolean {
  const due = presentMembers(execution).filter((member) => {
    const at = signalDueAt(step.machine, member);
    return at !== null && at <= step.now;
  });
  for (const member of due) terminate(step, member);
  return due.length > 0;
}

/** Asks the member's process to end, and sees to it that it does. */
export function terminate(step: Step, { spec, run }: Member): void {
  const process = processOf(step.machine, run);
  if (process === undefined || !mayRun(process)) return;
  const wish = { at: step.now, graceMs: killTimeoutMs(spec), reason: "stopped" } as const;
  if (recordStopping(step, process, wish)) signalRunning(step, process);
}
