import type { TaskRecord } from "../../model/task.ts";
import { decidePromotion, type PromotableGroup, type PromotionWish } from "../../policy/canary.ts";
import type { Reply } from "../input.ts";
import { refusedByState } from "../jobs.ts";
import { saveJobProgress } from "../record.ts";
import { type Engine, type Job, liveOf } from "../state.ts";
import { stopExecution } from "../taskEnd.ts";
import { setTaskState } from "../taskState.ts";
import { describeStop, NOT_NEEDED, setAllocation } from "./allocation.ts";
import { canariesDecision } from "./canaries.ts";
import { markPromoted } from "./deployment.ts";
import { groupsOf, progressOf, setProgress } from "./jobGroups.ts";
import { canariesWanted } from "./kept.ts";
import { dropFromPlacing } from "./placing.ts";
import {
  refusedByDeployment,
  refusedNames,
  refusedUnhealthy,
  refusedWhileDisabled,
  refusedWithoutNeed,
} from "./promotionRefusal.ts";
import { executionsOfTask, forgetOutcome } from "./wanted.ts";

/** Canaries become what their tasks run, and the rest of the group follows (Nomad `job promote`). */

/** `groups` null: all that wait for it. `by`: the name of the caller's token. */
export function promoteJob(
  engine: Engine,
  job: Job,
  groups: readonly string[] | null,
  by: string,
): Reply {
  const { deployment, version } = groupsOf(job).record;
  const refused = refusedByState(job) ?? refusedWhileDisabled(job);
  if (refused !== null) return refused;
  const all = promotable(engine, job);
  const wish: PromotionWish = groups === null ? { kind: "all" } : { kind: "groups", names: groups };
  const decision = decidePromotion(all, wish);
  // Who has not heard the answer asks again, and the deployment may have gone well meanwhile.
  const isHeard = decision.kind === "done" && deployment?.status === "successful";
  if (deployment?.status !== "running" && !isHeard) return refusedByDeployment(job, deployment);
  switch (decision.kind) {
    case "promote":
      promote(engine, job, decision.groups, by);
      return { ok: true, version };
    case "done":
      return { ok: true, version };
    case "wrong":
      return refusedNames(job, all, decision.reason);
    case "none":
      return refusedWithoutNeed(job);
    case "wait":
      return refusedUnhealthy(engine, job, askedOf(all, groups), decision.reason);
  }
}

function askedOf(all: readonly PromotableGroup[], names: readonly string[] | null) {
  return names === null ? all : all.filter(({ group }) => names.includes(group));
}

/** With auto_promote in all groups that wait, the deployment promotes itself. */
export function promoteByItself(engine: Engine, job: Job): void {
  if (groupsOf(job).record.deployment?.status !== "running") return;
  const decision = decidePromotion(promotable(engine, job), { kind: "auto" });
  if (decision.kind === "promote") promote(engine, job, decision.groups, null);
}

/** How the canaries of a job stand that have not been promoted. */
export interface PromotionState {
  /** Healthy ones, by group. */
  readonly healthy: ReadonlyMap<string, number>;
  /** All canaries are healthy: nothing but a promotion lets the deployment go on. */
  readonly isAwaited: boolean;
}

export function promotionState(engine: Engine, job: Job): PromotionState {
  const groups = promotable(engine, job);
  const isOpen =
    job.record.state === "active" && groupsOf(job).record.deployment?.status === "running";
  return {
    healthy: new Map(groups.map(({ group, healthy }) => [group, healthy])),
    isAwaited: isOpen && decidePromotion(groups, { kind: "all" }).kind === "promote",
  };
}

function promotable(engine: Engine, job: Job): PromotableGroup[] {
  const { record, spec } = groupsOf(job);
  const { deployment } = record;
  return spec.groups.flatMap((group) => {
    const state = deployment?.groups[group.name];
    if (deployment === null || state === undefined) return [];
    const { healthy } = canariesDecision(engine, job, group);
    const { canaries: wanted, promoted: isPromoted, autoPromote } = state;
    return [{ group: group.name, wanted, healthy, isPromoted, autoPromote }];
  });
}

function promote(engine: Engine, job: Job, names: readonly string[], by: string | null): void {
  const tasks = [...groupsOf(job).live.tasks.values()].filter(({ spec: { place } }) => {
    const isOf = place !== undefined && names.includes(place.group);
    return isOf && place.index < canariesWanted(job, place.group);
  });
  for (const task of tasks) promoteTask(engine, job, task);
  markPromoted(engine, job, names, by);
  engine.unsettledJobs.add(job.record.number);
}

function promoteTask(engine: Engine, job: Job, task: TaskRecord): void {
  const { canary } = progressOf(task);
  const live =
    canary === null ? liveOf(engine, task) : engine.executions.get(canary.execution ?? 0);
  if (live === null || live === undefined) return;
  setAllocation(engine, live, { canary: false });
  if (canary === null) return;
  for (const other of executionsOfTask(engine, task)) {
    if (other === live) continue;
    describeStop(engine, other, NOT_NEEDED);
    stopExecution(engine, other, "replaced");
  }
  countAsRunning(engine, job, task);
  const { progress } = task;
  progress.execution = live.execution.number;
  progress.node = canary.node;
  progress.nodeId = canary.nodeId;
  progress.startedAt = live.execution.assignedAt;
  progress.endedAt = null;
  if (progress.state !== "running") setTaskState(engine, task, "running");
  const { rescheduled, previous } = canary;
  setProgress(engine, task, {
    canary: null,
    original: null,
    rescheduled,
    previous,
    actsAt: null,
    delayMs: null,
    decision: "Its canary was promoted",
    ranVersion: canary.version,
  });
}

/** The task runs now, whatever it did before. */
function countAsRunning(engine: Engine, job: Job, task: TaskRecord): void {
  switch (task.progress.state) {
    case "preparing":
    case "running":
      return;
    case "active":
      dropFromPlacing(job, task);
      job.counts.active -= 1;
      break;
    case "completed":
      forgetOutcome(job, task);
      break;
  }
  job.counts.running += 1;
  saveJobProgress(engine, job);
}
