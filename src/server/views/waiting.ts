import type { ExecutionRecord } from "../../model/execution.ts";
import type { ExecutionAllocation, NextExecution } from "../../model/groupJob.ts";
import type { JobState } from "../../model/job.ts";
import { rescheduleText, restartText } from "../../model/policyText.ts";
import type { TaskRecord } from "../../model/task.ts";
import { isEndEvent } from "../../policy/memberFailure.ts";
import { type MemberWait, memberWait } from "../../policy/memberWait.ts";
import type { GroupsStatus } from "../../protocol/api/answer/group.ts";
import { isOver } from "./clientStatus.ts";
import type { GroupsFigures, Nowhere } from "./groupsStatus.ts";
import { present, timeOf } from "./present.ts";

/** How a job treats what of it has no execution. held: it waits until the job is enabled. */
function placingOf(state: JobState): "placed" | "held" | "ended" {
  switch (state) {
    case "active":
    case "enabling":
      return "placed";
    case "disabling":
    case "disabled":
      return "held";
    case "terminating":
    case "completed":
    case "deleting":
      return "ended";
  }
}

/** What waits for a node or for its time, and what was given up, also of a job that has ended. */
export function waitingTasks(figures: GroupsFigures): GroupsStatus["waiting"] {
  const isEnded = placingOf(figures.job.state) === "ended";
  const { tasks, canaries } = figures.nowhere;
  return figures.tasks.flatMap((task) => {
    const { state, outcome, group: progress } = task.progress;
    const canary = progress?.canary ?? null;
    const isGivenUp = state === "completed" && outcome?.result === "failure";
    const isWaiting = state === "active" && !isEnded;
    const isCanaryGivenUp = canary?.state === "failed";
    const isCanaryWaiting = canary?.state === "waiting" && !isEnded;
    const [own, beside] = [
      { canary: false, isGivenUp, next: progress ?? null },
      { canary: true, isGivenUp: isCanaryGivenUp, next: canary },
    ];
    return [
      ...(isWaiting || isGivenUp ? [waitingView(figures, task, own, tasks)] : []),
      ...(isCanaryWaiting || isCanaryGivenUp ? [waitingView(figures, task, beside, canaries)] : []),
    ];
  });
}

interface Waiting {
  readonly canary: boolean;
  readonly isGivenUp: boolean;
  readonly next: NextExecution | null;
}

function waitingView(
  { spec, job }: GroupsFigures,
  task: TaskRecord,
  { canary, isGivenUp, next }: Waiting,
  nowhere: Nowhere["tasks"],
): GroupsStatus["waiting"][number] {
  const name = task.spec.place?.group ?? "";
  const group = spec.groups.find((candidate) => candidate.name === name);
  const isHeld = !isGivenUp && placingOf(job.state) === "held";
  // What failed, and what was decided about that.
  const failure = isGivenUp && !canary ? (task.progress.outcome?.failure?.message ?? null) : null;
  return {
    taskId: task.id,
    group: name,
    policy: rescheduleText(group?.reschedule ?? null),
    decision: failure ?? next?.decision ?? "It waits for its first node",
    ...present({ actsAt: timeOf(isGivenUp || isHeld ? null : (next?.actsAt ?? null)) }),
    reasons: [...(nowhere.get(task.number) ?? [])],
    isGivenUp,
    isHeld,
    canary,
  };
}

type Restart = GroupsStatus["restarts"][number];

/** What waits inside executions that are placed: members that ended and start again, or can not start yet. */
export function waitingMembers(figures: GroupsFigures): Restart[] {
  const tasks = new Map(figures.tasks.map((task) => [task.number, task]));
  return figures.executions.flatMap((execution) => {
    const { allocation } = execution;
    const task = tasks.get(execution.task);
    if (allocation === undefined || task === undefined || !mayRestart(execution)) return [];
    return (allocation.state?.members ?? []).flatMap((state) => {
      const wait = memberWait(state);
      return wait === null ? [] : [restartView(figures, task, allocation, state.member, wait)];
    });
  });
}

/** What is told to stop, or out of contact, is not said to wait for anything but that. */
function mayRestart(execution: ExecutionRecord): boolean {
  return !isOver(execution) && execution.stopReason === null && execution.state === "running";
}

function restartView(
  { spec, record }: GroupsFigures,
  task: TaskRecord,
  allocation: ExecutionAllocation,
  member: string,
  wait: MemberWait,
): Restart {
  const name = task.spec.place?.group ?? "";
  const earlier = record.history.find(({ version }) => version === allocation.version);
  const group = (earlier?.spec.groups ?? spec).groups.find((one) => one.name === name);
  const described = group?.members.find((one) => one.name === member);
  return {
    taskId: task.id,
    group: name,
    allocation: allocation.id,
    member,
    policy: described === undefined ? "" : restartText(described.restart),
    decision: decisionOf(allocation, member, wait),
    ...present({ actsAt: timeOf(wait.kind === "restart" ? wait.at : null) }),
    canary: allocation.canary,
  };
}

/** With the end that it follows, if there was one. */
function decisionOf({ state }: ExecutionAllocation, member: string, wait: MemberWait): string {
  if (wait.kind === "template") return `It waits for what its template reads. ${wait.why}`;
  const events = state?.members.find((one) => one.member === member)?.events ?? [];
  const end = events.findLast(isEndEvent);
  return end === undefined ? wait.why : `${wait.why}, after: ${end.description}`;
}
