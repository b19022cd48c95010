import { explainTask } from "../../engine/explain.ts";
import { canariesDecision, isBeside } from "../../engine/groups/canaries.ts";
import { isFeasible } from "../../engine/groups/candidates.ts";
import {
  boundNode,
  groupOf,
  groupsOf,
  isSystemType,
  progressOf,
  runsItself,
} from "../../engine/groups/jobGroups.ts";
import { canariesWanted, tasksWanted } from "../../engine/groups/kept.ts";
import { isWanted } from "../../engine/groups/wanted.ts";
import { takesWork } from "../../engine/nodeIndex.ts";
import { poolOf } from "../../engine/ring.ts";
import type { Engine, Job, LiveTask } from "../../engine/state.ts";
import { foldId } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import { demand } from "./violation.ts";

/** What of groups has not come to rest, in words; null: everything has. Services run on for ever. */
export function groupsUnsettled(engine: Engine): string | null {
  for (const live of engine.executions.values()) {
    if (live.execution.allocation === undefined || isAtRest(live)) continue;
    if (waitsForItsNode(live)) continue;
    const { number, state, allocation } = live.execution;
    return `execution ${number} of ${live.task.id} is ${state} (${allocation?.state?.status})`;
  }
  for (const job of engine.jobs.values()) {
    const waiting = job.groups === null ? null : jobUnsettled(engine, job);
    if (waiting !== null) return waiting;
  }
  return null;
}

/** Its group is not replaced: it waits for as long as its node is away. */
function waitsForItsNode({ execution, job, task, node }: LiveTask): boolean {
  if (execution.state !== "unknown" || node.record.contact !== "lost") return false;
  return groupOf(job, task)?.disconnect.replace === false;
}

/** A service that runs, in an execution that nobody wants elsewhere. */
export function isAtRest(live: LiveTask): boolean {
  const { execution, job, task, node } = live;
  const { type } = job.record.spec;
  if (type !== "service" && type !== "system") return false;
  if (execution.state !== "running" || execution.stopReason !== null) return false;
  if (task.progress.execution !== execution.number && !isBeside(live)) return false;
  if (node.record.contact !== "connected" || job.record.state !== "active") return false;
  const mains = execution.allocation?.state?.members ?? [];
  return (
    mains.some(({ state }) => state === "running") && !mains.some((one) => one.nextAt !== null)
  );
}

function jobUnsettled(engine: Engine, job: Job): string | null {
  const { state, spec } = job.record;
  if (state !== "active") return null;
  const { record, live, spec: groups } = groupsOf(job);
  if (groups.periodic?.enabled === true && record.parentJobId === null) {
    return `job ${spec.id} goes on to launch children`;
  }
  const waiting: TaskRecord[] = [];
  for (const task of live.tasks.values()) {
    const { actsAt, original, canary } = progressOf(task);
    if (original !== null) return `task ${task.id} has the original ${original}`;
    if (canary?.state === "waiting") {
      const isDue = canary.actsAt === null || canary.actsAt <= engine.now;
      if (!isDue) return `the canary of ${task.id} waits until ${canary.actsAt}`;
      waiting.push(task);
    }
    if (task.progress.state !== "active") continue;
    if (actsAt !== null && actsAt > engine.now) return `task ${task.id} waits until ${actsAt}`;
    waiting.push(task);
  }
  const isRolling = record.deployment?.status === "running" && !waitsForPromotion(engine, job);
  if (isRolling && waiting.length === 0) return `job ${spec.id} is being deployed`;
  return null;
}

/** Nothing but a person lets it go on. */
function waitsForPromotion(engine: Engine, job: Job): boolean {
  const tried = groupsOf(job).spec.groups.filter(({ name }) => canariesWanted(job, name) > 0);
  const isByHand = tried.some(({ update }) => update?.autoPromote !== true);
  return isByHand && tried.every((group) => canariesDecision(engine, job, group).isReady);
}

/** At the end: what is not done runs, or its wait is explained, or it was given up. */
export function checkGroupsSettled(engine: Engine, job: Job): void {
  const { live, spec } = groupsOf(job);
  for (const task of live.tasks.values()) {
    if (task.progress.state === "active") checkWaits(engine, job, task);
    else if (progressOf(task).canary?.state === "waiting") checkCanaryWaits(engine, job, task);
  }
  if (job.record.state !== "active" || !runsItself(job) || isSystemType(job)) return;
  for (const group of spec.groups) {
    for (let index = 0; index < tasksWanted(job, group); index += 1) {
      const id = `${job.record.spec.id}.${group.name}[${index}]`;
      const task = live.tasks.get(live.byId.get(foldId(id)) ?? 0);
      demand(task !== undefined, "nothingLost", () => `task ${id} is wanted and was never made`);
      const { outcome } = task?.progress ?? {};
      const isStopped = outcome?.result === "success" && outcome.exitCode === null;
      demand(!isStopped, "liveness", () => `task ${id} is wanted and was stopped for good`);
    }
  }
}

function checkCanaryWaits(engine: Engine, job: Job, task: TaskRecord): void {
  if (job.record.state !== "active") return;
  const codes = explainTask(engine, job, task).reasons.map(({ code }) => code);
  demand(codes.includes("WaitsForPromotion"), "explain", () => {
    return `the canary of ${task.id} waits, and what is said is ${codes.join(", ") || "nothing"}`;
  });
}

function checkWaits(engine: Engine, job: Job, task: TaskRecord): void {
  const { state } = job.record;
  if (state !== "active") {
    demand(state === "disabled" || state === "completed", "liveness", () => {
      return `task ${task.id} is active, and its job ${state}`;
    });
    return;
  }
  demand(isWanted(engine, job, task), "liveness", () => {
    return `task ${task.id} waits for a node, and its job does not want it`;
  });
  const pool = poolOf(engine, job);
  const group = groupOf(job, task);
  if (pool === null || group === null || pool.record.state !== "active") return;
  const bound = boundNode(engine, task);
  const nodes = [...pool.nodes].flatMap((number) => engine.nodes.get(number) ?? []);
  const candidates = nodes.filter(
    (node) => takesWork(node) && isFeasible(job, group, node) && (bound === null || node === bound),
  );
  const isAbout = explainTask(engine, job, task).reasons.some(
    ({ code }) => code === "WaitsForTurn",
  );
  demand(candidates.length === 0 || !isAbout, "explain", () => {
    return `task ${task.id} waits, and nothing explains why none of ${candidates.length} nodes takes it`;
  });
}
