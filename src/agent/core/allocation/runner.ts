import type { AllocationState } from "../../../model/allocation.ts";
import type { ExecutionResult, OutputInfo, ProcessOutcome } from "../../../model/execution.ts";
import { MEMBER_KEY_FIRST } from "../contract.ts";
import { groupOrder } from "../held.ts";
import type { Execution, Notice, Step } from "../machine.ts";
import { endWith } from "../process.ts";
import { record } from "../replay.ts";
import { report, reportAllocation } from "../reports.ts";
import { armExecution } from "../timers.ts";
import { changeHead, presentMembers, runOf } from "./change.ts";
import { followProbes, pollRestarts } from "./checks.ts";
import { noteContact } from "./contact.ts";
import { startDueAt } from "./due.ts";
import { beginEnding, endIdleMembers, killMembers, limitText, signalMembers } from "./ending.ts";
import { decideHealth } from "./health.ts";
import { isDead, isPoststop, nextStage } from "./kinds.ts";
import {
  beginProcess,
  endIdle,
  onMemberEnded,
  onMemberNotStarted,
  onMemberStarted,
  onMemberToPrepare,
} from "./memberProcess.ts";
import type { AllocationRun } from "./run.ts";
import { newRun, stateOf } from "./state.ts";
import { followTemplates } from "./templates.ts";
import { watchOf } from "./watch.ts";

/**
 * Runs the groups that something has happened to in this step: takes note of it, and does what follows until nothing
 * more does. What follows is found from the state alone, so that a crash between two entries loses nothing.
 */
export function runAllocations(step: Step): void {
  const touched = new Set<Execution>();
  const toPrepare = step.notices.flatMap((notice) =>
    notice.notice === "prepare" ? [notice.process] : [],
  );
  for (let notice = step.notices.shift(); notice !== undefined; notice = step.notices.shift()) {
    const execution = take(step, notice);
    if (execution !== undefined) touched.add(execution);
  }
  for (const execution of touched) advance(step, execution);
  // Only now: what came to light beside it may have ended it.
  for (const process of toPrepare) onMemberToPrepare(step, process);
}

function take(step: Step, notice: Notice): Execution | undefined {
  switch (notice.notice) {
    case "due":
      return notice.execution;
    case "allocated":
      begin(step, notice.execution);
      return notice.execution;
    case "prepare":
      break;
    case "started":
      onMemberStarted(step, notice.process, notice.startedAt);
      break;
    case "notStarted":
      onMemberNotStarted(step, notice.process, notice.why);
      break;
    case "ended":
      onMemberEnded(step, notice.process, notice.end);
      break;
  }
  return step.machine.executions.get(notice.process.order.execution);
}

function begin(step: Step, execution: Execution): void {
  const order = groupOrder(execution.order);
  if (order === null || execution.life.phase !== "ordered") return;
  noteFirstKey(step);
  record(step, { entry: "allocated", execution: execution.key, run: newRun(order, step.now) });
}

/** Far fewer processes than that are started in a millisecond. */
const KEYS_PER_MS = 256;

/**
 * A node that has lost its journal must not hand out again what its shims and control groups know already, so that the
 * first key comes of the time.
 */
function noteFirstKey(step: Step): void {
  if (step.machine.nextMemberKey > MEMBER_KEY_FIRST) return;
  const next = MEMBER_KEY_FIRST + Math.max(step.now, 1) * KEYS_PER_MS;
  record(step, { entry: "memberKey", next });
}

/** In this order, from the first again whenever one has done something. */
const RULES: readonly ((step: Step, execution: Execution) => boolean)[] = [
  noteContact,
  beginEnding,
  endIdleMembers,
  killMembers,
  signalMembers,
  moveOn,
  startMembers,
];

function advance(step: Step, execution: Execution): void {
  if (runOf(execution) === null) return;
  noteStart(execution);
  pollRestarts(step, execution);
  while (RULES.some((rule) => rule(step, execution))) noteStart(execution);
  followProbes(step, execution);
  followTemplates(step, execution);
  decideHealth(step, execution);
  const run = runOf(execution);
  if (run === null) return;
  reportProgress(step, execution, run);
  if (presentMembers(execution).every(isDead)) end(step, execution, run);
  else armExecution(step.machine, execution);
}

function noteStart(execution: Execution): void {
  watchOf(execution).startedFrom ??= runOf(execution)?.head.startedAt ?? null;
}

function moveOn(step: Step, execution: Execution): boolean {
  const stage = runOf(execution)?.head.stage;
  const next = stage === undefined ? null : nextStage(stage, presentMembers(execution));
  if (next === null) return false;
  changeHead(step, execution, { stage: next });
  return true;
}

function startMembers(step: Step, execution: Execution): boolean {
  const run = runOf(execution);
  if (run === null) return false;
  const due = presentMembers(execution).filter((member) => {
    const at = startDueAt(run, member);
    return at !== null && at <= step.now;
  });
  // A group that ran for as long as it may is over with its members.
  const isOver = run.head.ending?.cause === "expired";
  for (const member of due) {
    if (isOver && isPoststop(member)) endIdle(step, execution, member);
    else beginProcess(step, execution, member);
  }
  return due.length > 0;
}

/** Tells the server how the group is, if that is news. */
export function reportProgress(step: Step, execution: Execution, run: AllocationRun): void {
  const watch = watchOf(execution);
  if (execution.discarded) return;
  const { startedAt } = run.head;
  if (startedAt !== null && !watch.isStartReported) {
    watch.isStartReported = true;
    report(step.machine, { kind: "started", execution: execution.key, startedAt });
  }
  if (!watch.isChanged) return;
  watch.isChanged = false;
  reportAllocation(step.machine, execution.key, presentState(execution, run));
}

function presentState(execution: Execution, run: AllocationRun): AllocationState {
  const state = stateOf(run, [...watchOf(execution).checks.values()]);
  const description = limitText(execution, run.head.ending?.cause ?? null);
  return description === null ? state : { ...state, description };
}

const NO_OUTPUT: OutputInfo = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } };

function end(step: Step, execution: Execution, run: AllocationRun): void {
  const allocation = presentState(execution, run);
  const result: ExecutionResult = {
    processes: run.members.flatMap(({ last }) => last ?? []),
    outcome: outcomeOf(run, allocation),
    startedAt: run.head.startedAt,
    endedAt: step.now,
    stdout: NO_OUTPUT,
    stderr: NO_OUTPUT,
    allocation,
  };
  endWith(step, execution, result);
}

/** Of the first member that failed; a group of which none did is complete. */
function outcomeOf(run: AllocationRun, { status }: AllocationState): ProcessOutcome {
  if (status !== "failed") return { state: "exited", exitCode: 0 };
  const failed = run.members
    .filter(({ state }) => state.failed)
    .sort((a, b) => (a.state.finishedAt ?? 0) - (b.state.finishedAt ?? 0));
  return failed[0]?.last?.outcome ?? { state: "unseen" };
}
