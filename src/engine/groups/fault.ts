import type { AllocationState } from "../../model/allocation.ts";
import { allocationId } from "../../model/allocationId.ts";
import type { GroupSpec } from "../../model/group.ts";
import type { DeploymentFailure } from "../../model/groupJob.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { ExecutionEnd } from "../../policy/taskEnd.ts";
import { type Engine, type Job, type LiveTask, liveOf } from "../state.ts";
import { allocationOf } from "./allocation.ts";
import { setDeploymentGroup } from "./deployment.ts";
import { groupsOf, progressOf } from "./jobGroups.ts";
import { canariesWanted } from "./kept.ts";
import { failedMember } from "./whatFailed.ts";

/**
 * What kept a deployment from going well. It is noted when it happens: when the deployment fails, the execution may be long
 * gone. What has made progress since has nothing to do with a later failure.
 */

const SHORT_ID_LENGTH = 8;

/** An execution of the version that is deployed was found unhealthy. */
export function noteUnhealthy(engine: Engine, live: LiveTask, state: AllocationState): void {
  const member = failedMember(state);
  const detail = member === null ? "" : ` (${member})`;
  noteFault(engine, live, `is unhealthy: ${state.health?.reason ?? "no reason is known"}${detail}`);
}

/** An execution is over by itself, and was not to be. */
export function noteFailedEnd(engine: Engine, live: LiveTask, end: ExecutionEnd): void {
  const { state } = allocationOf(live);
  if (live.execution.stopReason !== null) return;
  if (end.kind === "lost") noteFault(engine, live, `was lost: ${end.reason}`);
  else if (state?.status === "failed") {
    const member = failedMember(state);
    noteFault(engine, live, `failed${member === null ? "" : ` (${member})`}`);
  }
}

function noteFault(engine: Engine, live: LiveTask, what: string): void {
  const { job, task } = live;
  const { id, version } = allocationOf(live);
  const group = task.spec.place?.group ?? "";
  if (groupsOf(job).record.deployment?.version !== version) return;
  setDeploymentGroup(engine, job, group, { fault: faultOf(task, group, id, what) });
}

function faultOf(
  { id: taskId }: TaskRecord,
  group: string,
  id: string,
  what: string,
): DeploymentFailure {
  const message = `Allocation ${id.slice(0, SHORT_ID_LENGTH)} of group ${group} ${what}`;
  return { group, taskId, allocationId: id, message };
}

/** What is to blame for a group that has not become healthy; null: nothing of it is known. */
export function faultOfGroup(
  engine: Engine,
  job: Job,
  { name }: GroupSpec,
): DeploymentFailure | null {
  const noted = groupsOf(job).record.deployment?.groups[name]?.fault ?? null;
  if (noted !== null) return noted;
  const canaries = canariesWanted(job, name);
  const tasks = [...groupsOf(job).live.tasks.values()].filter(({ spec: { place } }) => {
    return place?.group === name && (canaries === 0 || place.index < canaries);
  });
  for (const look of [slowTask, outdatedTask]) {
    for (const task of tasks) {
      const found = look(engine, job, task, name);
      if (found !== null) return found;
    }
  }
  return null;
}

/** What a task has instead of a healthy execution of the new version, be it that or the canary beside it. */
function slowTask(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  group: string,
): DeploymentFailure | null {
  const { live, record } = groupsOf(job);
  const { canary } = progressOf(task);
  const next = canary ?? progressOf(task);
  const state = canary?.state ?? task.progress.state;
  if (state === "waiting" || state === "active") {
    const nowhere = (canary === null ? live : live.canaries).nowhere.get(task.number) ?? [];
    const reason = nowhere.join(" ").replace(/\.$/, "") || (next.decision ?? "nothing was placed");
    const message = `${task.id} of group ${group} waits: ${reason}`;
    return { group, taskId: task.id, allocationId: null, message };
  }
  const number = (canary ?? task.progress).execution ?? 0;
  const isGivenUp = state === "failed" || task.progress.outcome?.result === "failure";
  if (isGivenUp)
    return faultOf(task, group, allocationId(number), `was given up: ${next.decision}`);
  const current = engine.executions.get(number);
  if (current === undefined) return null;
  const { id, version, state: its } = allocationOf(current);
  if (version !== record.version || its?.health?.healthy === true) return null;
  return faultOf(task, group, id, `is ${its?.status ?? "pending"} and not healthy yet`);
}

/** What has not made place for the new version. */
function outdatedTask(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  group: string,
): DeploymentFailure | null {
  const current = liveOf(engine, task);
  if (current === null) return null;
  const { id, version } = allocationOf(current);
  if (version === groupsOf(job).record.version) return null;
  return faultOf(task, group, id, `still runs version ${version}`);
}
