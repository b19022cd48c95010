import type { RescheduleEvent } from "../../model/allocation.ts";
import { allocationId } from "../../model/allocationId.ts";
import type { GroupSpec } from "../../model/group.ts";
import type { ExecutionAllocation, PlacementScore } from "../../model/groupJob.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import { penaltyNodes } from "../../placement/penalty.ts";
import { type Placed, type Placement, placeGroup, placeOn } from "../../placement/placeGroup.ts";
import type { PlacementRequest } from "../../placement/request.ts";
import { resourcesOn } from "../../placement/resources.ts";
import { carriedHistory } from "../../policy/rescheduleDelay.ts";
import { assign } from "../assign.ts";
import { takesWork } from "../nodeIndex.ts";
import { poolOf } from "../ring.ts";
import { type Engine, type Job, mustHave, type Pool } from "../state.ts";
import { candidateOf, candidatesIn, planOf } from "./candidates.ts";
import { chanceOf } from "./chance.ts";
import {
  boundNode,
  groupOf,
  groupsOf,
  isSystemType,
  progressOf,
  setProgress,
} from "./jobGroups.ts";
import { nowhereReasons } from "./nowhere.ts";
import { countUsage } from "./usage.ts";
import { isWanted } from "./wanted.ts";

/**
 * Looks for a node for each task of groups that waits in the pool, jobs of higher priority first; at most `limit` are
 * placed. Returns how many were.
 */
export function placeGroups(engine: Engine, pool: Pool, limit: number): number {
  if (pool.record.state !== "active" || !pool.record.spec.accepts.includes("groups")) return 0;
  let placed = 0;
  for (const job of waitingJobs(engine, pool)) {
    if (placed >= limit) break;
    placed += placeJob(engine, pool, job, limit - placed);
  }
  return placed;
}

function waitingJobs(engine: Engine, pool: Pool): Job[] {
  const jobs: Job[] = [];
  for (const number of engine.groupJobs) {
    const job = engine.jobs.get(number);
    if (job?.groups === undefined || job.groups === null || job.groups.placing.size === 0) continue;
    if (job.record.state === "active" && poolOf(engine, job) === pool) jobs.push(job);
  }
  return jobs.sort(
    (a, b) => b.record.spec.priority - a.record.spec.priority || a.record.number - b.record.number,
  );
}

function placeJob(engine: Engine, pool: Pool, job: Job, limit: number): number {
  const { live } = groupsOf(job);
  /** Groups for which there is no room: their other tasks need not look. */
  const full = new Map<string, readonly string[]>();
  let placed = 0;
  for (const number of live.placing) {
    if (placed >= limit) return placed;
    const task = mustHave(live.tasks, number, "task");
    const group = groupOf(job, task);
    if (group === null || !isWanted(engine, job, task)) {
      live.placing.delete(number);
      continue;
    }
    const known = full.get(group.name);
    if (known !== undefined) {
      live.nowhere.set(number, known);
      continue;
    }
    const placement = findNode(engine, pool, job, task, group);
    if (placement === null) continue;
    if (placement.kind === "nowhere") {
      const reasons = nowhereReasons(engine, placement.metrics);
      live.nowhere.set(number, reasons);
      const isSame = planOf(job, group).volumes.perAlloc.length === 0;
      if (!isSystemType(job) && isSame) full.set(group.name, reasons);
      continue;
    }
    live.placing.delete(number);
    live.nowhere.delete(number);
    start(engine, job, task, group, placement);
    placed += 1;
  }
  return placed;
}

/** Null: it is bound to a node that takes no work now. */
function findNode(
  engine: Engine,
  pool: Pool,
  job: Job,
  task: TaskRecord,
  group: GroupSpec,
): Placement | null {
  const random = chanceOf(engine, task.number);
  const request = requestFor(engine, job, task, group);
  if (!isSystemType(job)) return placeGroup(request, candidatesIn(engine, pool), random);
  const node = boundNode(engine, task);
  if (node === null || !takesWork(node)) return null;
  return placeOn(request, candidateOf(node), random);
}

export function requestFor(
  engine: Engine,
  job: Job,
  task: TaskRecord | null,
  group: GroupSpec,
): PlacementRequest {
  const progress = task === null ? null : progressOf(task);
  const events = progress?.rescheduled ?? [];
  const failedOn = events.flatMap(({ node }) => engine.nodesById.get(node.toLowerCase()) ?? []);
  const last =
    progress === null || progress.delayMs === null ? null : (task?.progress.node ?? null);
  return {
    plan: planOf(job, group),
    index: task?.spec.place?.index ?? 0,
    usage: groupsOf(job).live.usage,
    penaltyNodes: penaltyNodes(
      last === null
        ? failedOn.length === 0
          ? null
          : { status: "lost", node: 0, eventNodes: failedOn }
        : { status: "failed", node: last, eventNodes: failedOn },
    ),
    algorithm: "binpack",
  };
}

function start(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  group: GroupSpec,
  placement: Placed,
): void {
  const progress = progressOf(task);
  const rescheduled = historyAfter(engine, task, group);
  const { version } = groupsOf(job).record;
  setProgress(engine, task, { rescheduled, delayMs: null, actsAt: null, ranVersion: version });
  const live = assign(engine, job, task, placement.node, (execution) =>
    allocationFor(engine, job, task, execution, placement, progress.previous, rescheduled),
  );
  countUsage(live);
}

/** The reschedule under way becomes the latest of its history. */
function historyAfter(
  engine: Engine,
  task: TaskRecord,
  group: GroupSpec,
): readonly RescheduleEvent[] {
  const { rescheduled, delayMs, previous } = progressOf(task);
  if (delayMs === null || group.reschedule === null) return rescheduled;
  return carriedHistory<RescheduleEvent>(group.reschedule, rescheduled, {
    at: engine.now,
    execution: previous ?? 0,
    node: task.progress.nodeId ?? "",
    delayMs,
  });
}

function allocationFor(
  engine: Engine,
  job: Job,
  task: TaskRecord,
  execution: ExecutionNumber,
  placement: Placed,
  previous: ExecutionNumber | null,
  rescheduled: readonly RescheduleEvent[],
): ExecutionAllocation {
  const node = mustHave(engine.nodes, placement.node, "node");
  const group = groupOf(job, task);
  if (group === null) throw new Error(`task ${task.id} has no group`);
  return {
    id: allocationId(execution),
    index: task.spec.place?.index ?? 0,
    version: groupsOf(job).record.version,
    resources: resourcesOn(planOf(job, group).needed, candidateOf(node).offered),
    ports: placement.ports,
    previous,
    rescheduled,
    desired: "run",
    description: "",
    state: null,
    modifiedAt: engine.now,
    unknownAt: null,
    scores: placement.metrics.scores.map(({ node: scored, score }) =>
      scoreOf(engine, scored, score),
    ),
  };
}

function scoreOf(engine: Engine, number: number, score: Placed["score"]): PlacementScore {
  return {
    nodeId: engine.nodes.get(number)?.record.id ?? "",
    scores: Object.fromEntries(score.entries.map(({ name, value }) => [name, value])),
    final: score.final,
  };
}
