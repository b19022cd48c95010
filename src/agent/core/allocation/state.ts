import type { AllocationState, CheckState, MemberState } from "../../../model/allocation.ts";
import type { ProcessOutcome } from "../../../model/execution.ts";
import { allocationStatus } from "../../../policy/allocationStatus.ts";
import { newRestartState } from "../../../policy/restart.ts";
import type { GroupOrder } from "../contract.ts";
import { KILLED, RECEIVED, RESTORE_FAILED, SETUP, withEvent } from "./events.ts";
import type { AllocationRun, MemberRun } from "./run.ts";

/** A group of which nothing has run yet. */
export function newRun({ allocation }: GroupOrder, now: number): AllocationRun {
  const { group, jobType } = allocation;
  return {
    head: { stage: "prestart", startedAt: null, ending: null, health: null },
    members: group.members.map(
      ({ name, lifecycle }): MemberRun => ({
        state: withEvent(newState(name, now), "Task Setup", SETUP, now),
        restart: newRestartState(jobType, lifecycle, now),
        process: null,
        processCount: 0,
        isPrepared: false,
        waitMs: 0,
        killing: null,
        restarting: null,
        last: null,
      }),
    ),
  };
}

function newState(member: string, now: number): MemberState {
  const state: MemberState = {
    member,
    state: "pending",
    failed: false,
    restarts: 0,
    lastRestartAt: null,
    startedAt: null,
    finishedAt: null,
    nextAt: null,
    events: [],
  };
  return withEvent(state, "Received", RECEIVED, now);
}

/** What the server is told of a group. */
export function stateOf(run: AllocationRun, checks: readonly CheckState[]): AllocationState {
  const members = run.members.map(({ state }) => state);
  return { status: allocationStatus(members), members, checks, health: run.head.health };
}

/** Of a group that ended before it began. */
export function unstartedAllocation(
  { allocation }: GroupOrder,
  outcome: ProcessOutcome,
  now: number,
): AllocationState {
  const isStopped = outcome.state === "failedToStart" && outcome.failure.code === "TaskEnded";
  const members = allocation.group.members.map(({ name }): MemberState => {
    const state = { ...newState(name, now), state: "dead", finishedAt: now } as const;
    if (isStopped) return withEvent(state, "Killed", KILLED, now);
    const failed = { ...state, failed: true };
    return outcome.state === "failedToStart"
      ? withEvent(failed, "Setup Failure", outcome.failure.message, now)
      : withEvent(failed, "Failed Restoring Task", RESTORE_FAILED, now);
  });
  return { status: allocationStatus(members), members, checks: [], health: null };
}
