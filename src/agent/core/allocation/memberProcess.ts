import type { MemberEventType } from "../../../model/allocation.ts";
import type { ProcessOutcome, ProcessRecord } from "../../../model/execution.ts";
import {
  decideRestart,
  type RestartDecision,
  type RestartEvent,
  restartDescription,
} from "../../../policy/restart.ts";
import type { MemberEnd, ProcessExit, StartFailure } from "../contract.ts";
import type { Execution, Step } from "../machine.ts";
import { prepareMember } from "../process.ts";
import { changeHead, changeMember, presentMember, runOf } from "./change.ts";
import {
  exitCodeOf,
  KILLED,
  noteEvent,
  RESTORE_FAILED,
  STARTED,
  terminated,
  withEvent,
} from "./events.ts";
import { isPoststop, type Member } from "./kinds.ts";
import type { MemberRun } from "./run.ts";

/** Gives the member a process and has it prepared. */
export function beginProcess(step: Step, execution: Execution, { run }: Member): void {
  const key = step.machine.nextMemberKey;
  changeMember(step, execution, {
    ...run,
    process: key,
    processCount: run.processCount + 1,
    waitMs: 0,
    state: { ...run.state, nextAt: null },
  });
  const process = step.machine.memberProcesses.get(key);
  if (process !== undefined) prepareMember(step, process, run.isPrepared);
}

/** The agent came back: what it had asked for is forgotten. */
export function onMemberToPrepare(step: Step, process: Execution): void {
  const owner = ownerOf(step, process);
  if (owner !== null) prepareMember(step, process, owner.member.run.isPrepared);
}

/** The execution and the member that a process belongs to; null: it is not theirs any more. */
function ownerOf(step: Step, process: Execution): { execution: Execution; member: Member } | null {
  const execution = step.machine.executions.get(process.order.execution);
  if (execution === undefined) return null;
  const member = presentMember(execution, process.process?.member ?? "");
  return member?.run.process === process.key ? { execution, member } : null;
}

export function onMemberStarted(step: Step, process: Execution, startedAt: number): void {
  const owner = ownerOf(step, process);
  if (owner === null || owner.member.run.state.state === "running") return;
  const { execution, member } = owner;
  const { state } = member.run;
  const running = { ...state, state: "running", startedAt: state.startedAt ?? startedAt } as const;
  changeMember(step, execution, {
    ...member.run,
    isPrepared: true,
    state: withEvent(running, "Started", STARTED, startedAt),
  });
  if (runOf(execution)?.head.startedAt === null) changeHead(step, execution, { startedAt });
}

/** What is said of the work on a member, as that an image is pulled or a template waits: the server hears it at once. */
export function onMemberEvent(
  step: Step,
  process: Execution,
  type: MemberEventType,
  description: string,
): void {
  const owner = ownerOf(step, process);
  if (owner === null) return;
  changeMember(step, owner.execution, noteEvent(owner.member.run, type, description, step.now));
  step.notices.push({ notice: "due", execution: owner.execution });
}

/** No process came of it: by the member's policy that is an end like others. */
export function onMemberNotStarted(step: Step, process: Execution, why: StartFailure): void {
  const owner = ownerOf(step, process);
  if (owner === null) return;
  const { execution, member } = owner;
  step.effects.push({ effect: "forget", execution: process.key });
  // A stop that came before the start is the reason, not a failure.
  const isFailure = process.stopping === null;
  const ordinary = process.life.phase === "ordered" ? "Setup Failure" : "Driver Failure";
  const noted = isFailure
    ? noteEvent(member.run, why.event ?? ordinary, why.failure.message, step.now)
    : member.run;
  const record = recordOf(process, { state: "failedToStart", failure: why.failure }, null, step);
  const recoverable = why.recoverable ?? why.failure.category === "servererror";
  const event: RestartEvent = { kind: "startFailed", recoverable };
  conclude(step, execution, { ...member, run: { ...noted, last: record } }, event);
}

export function onMemberEnded(step: Step, process: Execution, end: MemberEnd): void {
  if (end.end === "failedToStart") {
    onMemberNotStarted(step, process, end);
    return;
  }
  const owner = ownerOf(step, process);
  if (owner === null) return;
  const { execution, member } = owner;
  const { exit, message, isOutOfMemory } = end;
  step.effects.push({ effect: "forget", execution: process.key });
  const { outcome, endedAt } = exit;
  const seen =
    outcome.state === "unseen"
      ? noteEvent(member.run, "Failed Restoring Task", RESTORE_FAILED, step.now)
      : member.run;
  const text = terminated(outcome, message ?? (isOutOfMemory ? "OOM Killed" : null));
  const noted = noteEvent(seen, "Terminated", text, endedAt);
  const record = recordOf(process, outcomeOf(exit), exit, step);
  const run = { ...noted, last: record };
  conclude(step, execution, { ...member, run }, restartEventOf(exit, isOutOfMemory));
}

function outcomeOf({ outcome }: ProcessExit): ProcessOutcome {
  switch (outcome.state) {
    case "exited":
    case "unseen":
      return outcome;
    case "signaled":
      return { state: "killed", signal: outcome.signal, reason: null };
  }
}

function restartEventOf({ outcome }: ProcessExit, oomKilled: boolean): RestartEvent {
  const exitCode = exitCodeOf(outcome);
  if (exitCode === null) return { kind: "unseen" };
  const signal = outcome.state === "signaled" ? outcome.signal : null;
  return { kind: "exited", exitCode, signal, oomKilled };
}

function recordOf(
  { process, life }: Execution,
  outcome: ProcessOutcome,
  exit: ProcessExit | null,
  { now }: Step,
): ProcessRecord {
  return {
    member: process?.member ?? "",
    number: process?.processNumber ?? 0,
    outcome,
    startedAt: life.phase === "exited" ? life.startedAt : null,
    endedAt: exit?.endedAt ?? now,
    peakMemoryBytes: exit?.peakMemoryBytes ?? null,
    cpuMs: exit?.cpuMs ?? null,
  };
}

/** Decides what follows the end of the member's process. */
function conclude(step: Step, execution: Execution, member: Member, event: RestartEvent): void {
  const { run, spec } = member;
  const { machine, now } = step;
  const effective = effectiveEvent(execution, member, event);
  const { random } = machine.options;
  const { state, decision } = decideRestart(run.restart, spec.restart, effective, now, random);
  const over: MemberRun = {
    ...run,
    restart: state,
    process: null,
    killing: null,
    restarting: null,
  };
  if (decision.action === "restart") {
    changeMember(step, execution, restarted(over, decision, now));
  } else {
    changeMember(step, execution, dead(over, decision, now));
  }
}

/** Being killed comes before everything, a restart that was asked for before the end that it led to. */
function effectiveEvent(execution: Execution, member: Member, event: RestartEvent): RestartEvent {
  const { run } = member;
  const isEnding = runOf(execution)?.head.ending !== null && !isPoststop(member);
  if (isEnding || run.killing !== null) return { kind: "killed" };
  if (run.restarting !== null) return { kind: "restartAsked", by: run.restarting.by };
  return event;
}

function restarted(
  run: MemberRun,
  { delayMs, reason }: Extract<RestartDecision, { action: "restart" }>,
  now: number,
): MemberRun {
  const state = {
    ...run.state,
    state: "pending",
    restarts: run.state.restarts + 1,
    lastRestartAt: now,
    nextAt: now + delayMs,
  } as const;
  const text = restartDescription(delayMs, reason);
  return { ...run, waitMs: delayMs, state: withEvent(state, "Restarting", text, now) };
}

function dead(
  run: MemberRun,
  { action, reason }: Exclude<RestartDecision, { action: "restart" }>,
  now: number,
): MemberRun {
  const failed = action === "fail";
  const state = { ...run.state, state: "dead", failed, finishedAt: now, nextAt: null } as const;
  switch (action) {
    case "terminated":
      return { ...run, state };
    case "fail":
      return { ...run, state: withEvent(state, "Not Restarting", reason, now) };
    case "killed":
      return { ...run, state: withEvent(state, "Killed", KILLED, now) };
  }
}

/** Ends a member of which nothing runs. */
export function endIdle(step: Step, execution: Execution, { run }: Member): void {
  const over = { ...run, process: null, killing: null, restarting: null, waitMs: 0 };
  const killed = { action: "killed", nextAt: null, reason: "" } as const;
  changeMember(step, execution, dead(over, killed, step.now));
}
