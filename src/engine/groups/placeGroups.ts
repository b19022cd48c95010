import type { RescheduleEvent } from "../../model/allocation.ts";
import { allocationId } from "../../model/allocationId.ts";
import type { GroupSpec } from "../../model/group.ts";
import type { ExecutionAllocation, NextExecution, PlacementScore } from "../../model/groupJob.ts";
import type { ExecutionNumber, NodeNumber } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import { penaltyNodes } from "../../placement/penalty.ts";
import { type Placed, type Placement, placeGroup, placeOn } from "../../placement/placeGroup.ts";
import type { PlacementRequest } from "../../placement/request.ts";
import { resourcesOn } from "../../placement/resources.ts";
import { carriedHistory } from "../../policy/rescheduleDelay.ts";
import { assign, assignBeside } from "../assign.ts";
import { takesWork } from "../nodeIndex.ts";
import { poolOf } from "../ring.ts";
import { type Engine, type Job, type JobGroups, mustHave, type Pool } from "../state.ts";
import { isCanaryWanted, isLoneCanary, setCanary } from "./canaries.ts";
import { candidateOf, candidatesIn, planOf } from "./candidates.ts";
import { chanceOf } from "./chance.ts";
import { countInDeployment } from "./deployment.ts";
import {
  boundNode,
  changeSince,
  groupOf,
  groupOfVersion,
  groupsOf,
  isSystemType,
  progressOf,
  setProgress,
  specOfVersion,
} from "./jobGroups.ts";
import { nextVersion } from "./kept.ts";
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
    if (job?.groups === undefined || job.groups === null) continue;
    if (job.groups.placing.size + job.groups.canaries.placing.size === 0) continue;
    if (job.record.state === "active" && poolOf(engine, job) === pool) jobs.push(job);
  }
  return jobs.sort(
    (a, b) => b.record.spec.priority - a.record.spec.priority || a.record.number - b.record.number,
  );
}

/** What is to be placed: a version of a group, for a task or as the canary beside it. */
interface Wish {
  readonly task: TaskRecord;
  readonly group: GroupSpec;
  readonly version: number;
  readonly isBeside: boolean;
  readonly next: NextExecution;
  /** Where it was placed last; null: nowhere yet. */
  readonly last: { readonly node: NodeNumber | null; readonly nodeId: string | null };
}

/** What was there before comes first: a canary is beside that. */
function placeJob(engine: Engine, pool: Pool, job: Job, limit: number): number {
  const { live } = groupsOf(job);
  const placed = placeAll(engine, pool, job, limit, live, wishOf);
  return placed + placeAll(engine, pool, job, limit - placed, live.canaries, besideWishOf);
}

function placeAll(
  engine: Engine,
  pool: Pool,
  job: Job,
  limit: number,
  { placing, nowhere }: Pick<JobGroups, "placing" | "nowhere">,
  wish: (engine: Engine, job: Job, task: TaskRecord) => Wish | null,
): number {
  /** Groups for which there is no room: their other tasks need not look. */
  const full = new Map<GroupSpec, readonly string[]>();
  let placed = 0;
  for (const number of placing) {
    if (placed >= limit) return placed;
    const wished = wish(engine, job, mustHave(groupsOf(job).live.tasks, number, "task"));
    if (wished === null) {
      placing.delete(number);
      nowhere.delete(number);
      continue;
    }
    const known = full.get(wished.group);
    if (known !== undefined) {
      nowhere.set(number, known);
      continue;
    }
    const placement = findNode(engine, pool, job, wished);
    if (placement === null) continue;
    if (placement.kind === "nowhere") {
      const reasons = nowhereReasons(engine, placement.metrics);
      nowhere.set(number, reasons);
      const { group, version } = wished;
      const isSame = planOf(job, group, version).volumes.perAlloc.length === 0;
      if (!isSystemType(job) && isSame) full.set(group, reasons);
      continue;
    }
    placing.delete(number);
    nowhere.delete(number);
    start(engine, job, wished, placement);
    placed += 1;
  }
  return placed;
}

/** Null: nobody wants the task any more. */
function wishOf(engine: Engine, job: Job, task: TaskRecord): Wish | null {
  const present = groupOf(job, task);
  if (present === null || !isWanted(engine, job, task)) return null;
  const version = nextVersion(job, task, present);
  const group = groupOfVersion(job, task, version);
  if (group === null) throw new Error(`version ${version} of ${job.record.spec.id} is not kept`);
  const { node, nodeId } = task.progress;
  const last = { node, nodeId };
  const next = nextOf(job, task, version, group);
  return { task, group, version, isBeside: false, next, last };
}

/** What failed before was another version, unless nothing of what runs has changed: the new one begins with no history. */
function nextOf(job: Job, task: TaskRecord, version: number, group: GroupSpec): NextExecution {
  const progress = progressOf(task);
  const { ranVersion } = progress;
  const spec = specOfVersion(job, version);
  const isOther = ranVersion !== null && ranVersion !== version && spec !== null;
  const isChanged = isOther && changeSince(job, ranVersion, spec, group) === "destructive";
  return isChanged ? { ...progress, rescheduled: [] } : progress;
}

function besideWishOf(_: Engine, job: Job, task: TaskRecord): Wish | null {
  const group = groupOf(job, task);
  const { canary } = progressOf(task);
  if (group === null || canary === null || !isCanaryWanted(job, task)) return null;
  return { task, group, version: canary.version, isBeside: true, next: canary, last: canary };
}

/** Null: it is bound to a node that takes no work now. */
function findNode(engine: Engine, pool: Pool, job: Job, wish: Wish): Placement | null {
  const { task } = wish;
  const random = chanceOf(engine, task.number);
  const request = requestFor(engine, job, wish);
  if (!isSystemType(job)) return placeGroup(request, candidatesIn(engine, pool), random);
  const node = boundNode(engine, task);
  if (node === null || !takesWork(node)) return null;
  return placeOn(request, candidateOf(node), random);
}

function requestFor(engine: Engine, job: Job, wish: Wish): PlacementRequest {
  const { task, next, last, group, version } = wish;
  const failedOn = next.rescheduled.flatMap(
    ({ node }) => engine.nodesById.get(node.toLowerCase()) ?? [],
  );
  const failedNode = next.delayMs === null ? null : last.node;
  return {
    plan: planOf(job, group, version),
    index: task.spec.place?.index ?? 0,
    usage: groupsOf(job).live.usage,
    penaltyNodes: penaltyNodes(
      failedNode === null
        ? failedOn.length === 0
          ? null
          : { status: "lost", node: 0, eventNodes: failedOn }
        : { status: "failed", node: failedNode, eventNodes: failedOn },
    ),
    algorithm: "binpack",
  };
}

function start(engine: Engine, job: Job, wish: Wish, placement: Placed): void {
  const { task, version, isBeside } = wish;
  const rescheduled = historyAfter(engine, wish);
  const began = { rescheduled, delayMs: null, actsAt: null };
  if (isBeside) setCanary(engine, task, began);
  else setProgress(engine, task, began);
  const place = isBeside ? assignBeside : assign;
  const live = place(engine, job, task, placement.node, (execution) =>
    allocationFor(engine, job, wish, execution, placement, rescheduled),
  );
  countUsage(live);
  countInDeployment(engine, live);
  const { ranVersion } = progressOf(task);
  setProgress(engine, task, { ranVersion: isBeside ? (ranVersion ?? version) : version });
  if (!isBeside) return;
  const { number, nodeId } = live.execution;
  setCanary(engine, task, { state: "running", execution: number, node: placement.node, nodeId });
}

/** The reschedule under way becomes the latest of its history. */
function historyAfter(engine: Engine, { group, next, last }: Wish): readonly RescheduleEvent[] {
  const { rescheduled, delayMs, previous } = next;
  if (delayMs === null || group.reschedule === null) return rescheduled;
  return carriedHistory<RescheduleEvent>(group.reschedule, rescheduled, {
    at: engine.now,
    execution: previous ?? 0,
    node: last.nodeId ?? "",
    delayMs,
  });
}

function allocationFor(
  engine: Engine,
  job: Job,
  { task, group, version, isBeside, next }: Wish,
  execution: ExecutionNumber,
  placement: Placed,
  rescheduled: readonly RescheduleEvent[],
): ExecutionAllocation {
  const node = mustHave(engine.nodes, placement.node, "node");
  const { needed } = planOf(job, group, version);
  return {
    id: allocationId(execution),
    index: task.spec.place?.index ?? 0,
    version,
    resources: resourcesOn(needed, candidateOf(node).offered),
    ports: placement.ports,
    previous: next.previous,
    rescheduled,
    canary: isBeside || isLoneCanary(job, task),
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
