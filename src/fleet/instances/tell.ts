import type { InstanceRecord } from "../../model/fleet/instance.ts";
import { isoTime } from "../../model/time.ts";
import type { World } from "../world.ts";
import type { SkippedRun } from "./due.ts";

/** Durable events of runs, for people and programs that look later, or follow. */

function identity({ number, definitionId, revision }: InstanceRecord) {
  return { taskInstanceNo: number, taskId: definitionId, revision };
}

export function tellStart(world: World, instance: InstanceRecord): void {
  const { job, runnerText, targetCount } = instance;
  const body = { ...identity(instance), runner: runnerText, nodes: targetCount };
  world.tell({ type: "TaskInstanceStartEvent", job, body });
}

/** `runner`: who asked for it. */
export function tellRerun(
  world: World,
  instance: InstanceRecord,
  nodeIds: readonly string[],
  runner: string,
): void {
  const body = { ...identity(instance), runner, nodeIds };
  world.tell({ type: "TaskInstanceRerunEvent", job: instance.job, body });
}

export function tellEnd(
  world: World,
  instance: InstanceRecord,
  counts: { readonly succeeded: number; readonly failed: number },
): void {
  const { job, result, startedAt, endedAt, stopReason } = instance;
  const body = {
    ...identity(instance),
    result,
    ...counts,
    startTime: isoTime(startedAt),
    ...(endedAt === null ? {} : { endTime: isoTime(endedAt) }),
    ...(stopReason === null ? {} : { stopReason }),
  };
  world.tell({ type: "TaskInstanceCompleteEvent", job, body });
}

/** All of it succeeded, and what it was to start could not be. */
export function tellNextSkipped(
  world: World,
  instance: InstanceRecord,
  nextTaskId: string,
  reason: string,
): void {
  const body = { ...identity(instance), nextTaskId, reason };
  world.tell({ type: "NextTaskSkipEvent", job: instance.job, body });
}

export function tellSkipped(
  world: World,
  { definition, schedule, dueAt, reason }: SkippedRun,
): void {
  const body = { taskId: definition.id, scheduleId: schedule.id, dueTime: isoTime(dueAt), reason };
  world.tell({ type: "ScheduleSkipEvent", job: null, body });
}
