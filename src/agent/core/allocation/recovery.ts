import type { Execution, Step } from "../machine.ts";
import { changeHead, changeMember, presentMembers, runOf } from "./change.ts";
import { endFromOutside } from "./ending.ts";
import type { AllocationRun, MemberRun } from "./run.ts";
import { watchOf } from "./watch.ts";

/** Takes a group up again: what follows from where it stands is found with the rest of the step. */
export function recoverAllocation(step: Step, execution: Execution): void {
  watchOf(execution).isChanged = true;
  notInFuture(step, execution);
  // Only a crash between two entries of one step leaves one that was discarded and does not end.
  if (execution.discarded) endFromOutside(step, execution, "discarded");
  step.notices.push({ notice: "due", execution });
}

/**
 * When the clock was set back, nothing that happened already may lie in the future, or what follows would wait for as
 * long as the clock went back.
 */
export function notInFuture(step: Step, execution: Execution): void {
  const run = runOf(execution);
  if (run === null) return;
  const { now } = step;
  const { ending } = run.head;
  const groupMs = ending === null ? 0 : ending.killFrom - ending.at;
  if (ending !== null && ending.at > now) {
    changeHead(step, execution, { ending: { ...ending, at: now, killFrom: now + groupMs } });
  }
  for (const { run: member } of presentMembers(execution)) {
    const past = inPast(member, now);
    if (past !== member) changeMember(step, execution, past);
  }
  pastWatch(execution, run, now);
}

function inPast(member: MemberRun, now: number): MemberRun {
  const { state, restart, killing, waitMs } = member;
  const nextAt = state.nextAt === null ? null : Math.min(state.nextAt, now + waitMs);
  const windowStartedAt = Math.min(restart.windowStartedAt, now);
  const delayMs = killing === null ? 0 : killing.signalAt - killing.at;
  const isLate = killing !== null && killing.at > now;
  if (nextAt === state.nextAt && windowStartedAt === restart.windowStartedAt && !isLate) {
    return member;
  }
  return {
    ...member,
    state: { ...state, nextAt },
    restart: { ...restart, windowStartedAt },
    killing: isLate ? { at: now, signalAt: now + delayMs } : killing,
  };
}

/** Grace and good health are counted anew. */
function pastWatch(execution: Execution, run: AllocationRun, now: number): void {
  const watch = watchOf(execution);
  const from = watch.startedFrom ?? run.head.startedAt;
  watch.startedFrom = from === null ? null : Math.min(from, now);
  if (watch.pollAt !== null) watch.pollAt = now;
  watch.health = null;
  watch.checkWatch = watch.checkWatch.map((check) => ({
    ...check,
    graceUntil: now + check.rule.graceMs,
    badSince: null,
  }));
}
