import type { GroupSpec } from "../../model/group.ts";
import type { GroupChange } from "../../model/groupChange.ts";
import { foldId } from "../../model/id.ts";
import type { JobSpec } from "../../model/job.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { Candidate } from "../../placement/candidate.ts";
import { JobUsage } from "../../placement/jobUsage.ts";
import { placeGroup } from "../../placement/placeGroup.ts";
import { type PlacementPlan, placementPlan } from "../../placement/plan.ts";
import { addResources, resourcesOn, subtractResources } from "../../placement/resources.ts";
import { explainNodes } from "../../placement/whyNot.ts";
import { type Engine, type Job, liveOf, type Pool } from "../state.ts";
import { candidatesIn, suits } from "./candidates.ts";
import { chanceFrom } from "./chance.ts";
import { changeSince } from "./jobGroups.ts";
import { keptVersion } from "./kept.ts";
import { nowhereReasons } from "./nowhere.ts";
import { type PlannedTrial, plannedTrial, runningIn } from "./planCanaries.ts";
import { withEnd } from "./register.ts";
import { isSameSpec, sameAgainNote } from "./sameAgain.ts";
import { runsAgain } from "./wanted.ts";

/** Where a new execution would go. */
export interface PlannedPlacement {
  readonly taskId: string;
  /** Null: no node takes it. */
  readonly nodeId: string | null;
  readonly score: number | null;
  /** Why not on each of the other nodes. */
  readonly elsewhere: readonly { readonly nodeId: string; readonly reason: string }[];
}

export interface PlannedGroup {
  readonly group: string;
  readonly create: number;
  readonly destructive: number;
  readonly inPlace: number;
  readonly stop: number;
  /** New canaries beside what runs. */
  readonly canary: number;
  readonly ignore: number;
  readonly placements: readonly PlannedPlacement[];
  /** Why something finds no node. */
  readonly reasons: readonly string[];
}

/** Tasks whose other nodes are told of; more would fill screens. */
const EXPLAINED_MAX = 3;

/** What registering the spec would do now; nothing is changed. A pool that is not there has no nodes. */
export function planJob(engine: Engine, spec: JobSpec): readonly PlannedGroup[] {
  const { groups } = spec;
  if (groups === undefined) return [];
  const job = jobOfId(engine, spec.id);
  const poolNumber = engine.poolsById.get(foldId(spec.poolId));
  const pool = poolNumber === undefined ? null : (engine.pools.get(poolNumber) ?? null);
  const gone = (job?.record.spec.groups?.groups ?? []).filter(
    ({ name }) => !groups.groups.some((group) => group.name === name),
  );
  return [
    ...groups.groups.map((group) => planGroup(engine, { spec, job, pool, group })),
    ...gone.map(({ name }) => ({ ...NOTHING, group: name, stop: runningIn(engine, job, name) })),
  ];
}

/** What to know when registering it would do nothing, as it is what is there; null: it is not. */
export function planNote(engine: Engine, spec: JobSpec): string | null {
  const job = jobOfId(engine, spec.id);
  return job?.groups != null && isSame({ spec, job }) ? sameAgainNote(job) : null;
}

function jobOfId(engine: Engine, id: string): Job | null {
  const number = engine.jobsById.get(foldId(id));
  return number === undefined ? null : (engine.jobs.get(number) ?? null);
}

const NOTHING = {
  create: 0,
  destructive: 0,
  inPlace: 0,
  stop: 0,
  canary: 0,
  ignore: 0,
  placements: [],
  reasons: [],
};

interface Given {
  readonly spec: JobSpec;
  readonly job: Job | null;
  readonly pool: Pool | null;
  readonly group: GroupSpec;
}

function planGroup(engine: Engine, given: Given): PlannedGroup {
  const { job, spec, group } = given;
  const trial = plannedTrial(engine, job, spec, group, isSame(given));
  if (trial !== null) return planTrial(engine, given, trial);
  const { create, kept, done } = sorted(engine, given, (task) => isDone(given, task));
  const change = changeOf(given);
  const isReplaced = change === "destructive";
  const placed = placements(engine, given, create, isReplaced ? kept : []);
  return {
    ...NOTHING,
    group: group.name,
    create: create.length,
    destructive: isReplaced ? kept.length : 0,
    inPlace: change === "inPlace" ? kept.length : 0,
    ignore: done + (change === "none" ? kept.length : 0),
    stop: runningIn(engine, job, group.name) - kept.length,
    ...placed,
  };
}

/** Only the canaries are new: the rest keeps its version, and a larger count waits with it. */
function planTrial(engine: Engine, given: Given, trial: PlannedTrial): PlannedGroup {
  const { job, spec, group } = given;
  const { ordinary, canaries, present } = trial;
  const ordinaryOnes = { ...given, group: { ...group, count: ordinary } };
  const { create, kept, done } = sorted(engine, ordinaryOnes, (task) => isGivenUp(given, task));
  const names = canaries.map((index) => `${spec.id}.${group.name}[${index}]`);
  return {
    ...NOTHING,
    group: group.name,
    create: create.length,
    canary: canaries.length,
    ignore: done + kept.length + present,
    stop: runningIn(engine, job, group.name) - kept.length - present,
    ...placements(engine, given, names, []),
  };
}

interface Sorted {
  /** Ids of tasks that get an execution, and of those that run. */
  readonly create: readonly string[];
  readonly kept: readonly string[];
  /** Tasks that have ended and are not run again. */
  readonly done: number;
}

/** The tasks that are wanted, by what becomes of them. */
function sorted(engine: Engine, given: Given, staysOver: (task: TaskRecord) => boolean): Sorted {
  const { job } = given;
  const create: string[] = [];
  const kept: string[] = [];
  let done = 0;
  for (const id of wantedIds(engine, given)) {
    const number = job?.groups?.byId.get(foldId(id));
    const task = number === undefined ? undefined : job?.groups?.tasks.get(number);
    const live = task === undefined ? null : liveOf(engine, task);
    const shown = id.replace(/@.*$/, "");
    if (live?.execution.stopReason === null) kept.push(shown);
    else if (task !== undefined && staysOver(task)) done += 1;
    else create.push(shown);
  }
  return { create, kept, done };
}

/** It ended by itself, and nothing about its job changes. */
function isDone(given: Given, { progress }: TaskRecord): boolean {
  const { job } = given;
  const wasStopped = progress.outcome?.result === "success" && progress.outcome.exitCode === null;
  if (progress.state !== "completed" || wasStopped || job === null) return false;
  const { state, terminateReason } = job.record;
  if (state !== "active" && terminateReason !== "AllTasksComplete") return false;
  return isSame(given);
}

/** It is over, and what it kept is no reason to begin again. */
function isGivenUp({ job, group }: Given, task: TaskRecord): boolean {
  return job !== null && task.progress.state === "completed" && !runsAgain(job, task, group);
}

/** Registering it makes no new version of a job that goes on. */
function isSame({ spec, job }: Pick<Given, "spec" | "job">): boolean {
  return job !== null && isSameSpec(job.record.spec, withEnd(spec));
}

function wantedIds(engine: Engine, given: Given): string[] {
  const { spec, pool, group } = given;
  if (spec.groups?.periodic !== null || spec.groups.parameterized !== null) return [];
  const name = `${spec.id}.${group.name}`;
  if (spec.type !== "system" && spec.type !== "sysbatch") {
    return Array.from({ length: group.count }, (_, index) => `${name}[${index}]`);
  }
  if (pool === null || group.count === 0) return [];
  const plan = planFor(spec, group);
  return candidatesIn(engine, pool)
    .filter((candidate) => suits(plan, candidate))
    .map(({ traits }) => `${name}[0]@${traits.name}`);
}

function planFor(spec: JobSpec, group: GroupSpec): PlacementPlan {
  if (spec.groups === undefined || spec.type === "fleet") throw new Error("no job of groups");
  return placementPlan(spec.type, spec.groups, group);
}

/** From what its executions run: the version before, while canaries try the present one. */
function changeOf({ spec, job, group }: Given): GroupChange {
  if (job === null || job.groups === null || spec.groups === undefined) return "none";
  return changeSince(job, keptVersion(job, group.name), spec.groups, group);
}

/** Tries new executions one after the other on copies of what the nodes have in use. */
function placements(
  engine: Engine,
  { spec, job, pool, group }: Given,
  create: readonly string[],
  replaced: readonly string[],
): Pick<PlannedGroup, "placements" | "reasons"> {
  const plan = planFor(spec, group);
  const usage = job?.groups?.usage.copy() ?? new JobUsage();
  const nodes = new Map(
    (pool === null ? [] : candidatesIn(engine, pool)).map((candidate) => [
      candidate.node,
      copyOf(candidate),
    ]),
  );
  if (replaced.length > 0) forgetReplaced(engine, job, group.name, usage, nodes);
  const random = chanceFrom(0);
  const found: PlannedPlacement[] = [];
  let reasons: readonly string[] = [];
  for (const [index, taskId] of [...create, ...replaced].slice(0, PLANNED_MAX).entries()) {
    const candidates = [...nodes.values()];
    const penaltyNodes = new Set<number>();
    const request = {
      ...{ plan, usage, penaltyNodes, index: indexOf(taskId) },
      algorithm: "binpack",
    } as const;
    const placement = placeGroup(request, candidates, random);
    const isExplained = index < EXPLAINED_MAX;
    const others = isExplained ? explainNodes(request, candidates) : [];
    const chosen = placement.kind === "placed" ? placement.node : null;
    const elsewhere = others.flatMap((verdict) => {
      if (verdict.node === chosen) return [];
      const nodeId = engine.nodes.get(verdict.node)?.record.id ?? "";
      return [{ nodeId, reason: reasonOf(verdict) }];
    });
    if (placement.kind === "nowhere") {
      found.push({ taskId, nodeId: null, score: null, elsewhere });
      reasons = nowhereReasons(engine, placement.metrics);
      if (plan.volumes.perAlloc.length > 0) continue;
      break;
    }
    const nodeId = engine.nodes.get(placement.node)?.record.id ?? "";
    found.push({ taskId, nodeId, score: placement.score.final, elsewhere });
    const candidate = nodes.get(placement.node);
    if (candidate === undefined) continue;
    candidate.used = addResources(candidate.used, resourcesOn(plan.needed, candidate.offered));
    for (const { value } of placement.ports) candidate.usedPorts.add(value);
    usage.add(-index - 1, group.name, placement.node, candidate.traits);
  }
  return { placements: found, reasons };
}

function indexOf(taskId: string): number {
  return Number(/\[(\d+)\]$/.exec(taskId)?.[1] ?? 0);
}

/** Placements that are tried; the rest of a large count says nothing new. */
const PLANNED_MAX = 200;

/** What is replaced has made room when its successors are placed. */
function forgetReplaced(
  engine: Engine,
  job: Job | null,
  group: string,
  usage: JobUsage,
  nodes: ReadonlyMap<number, ReturnType<typeof copyOf>>,
): void {
  for (const task of job?.groups?.tasks.values() ?? []) {
    const live = task.spec.place?.group === group ? liveOf(engine, task) : null;
    if (live?.execution.allocation === undefined) continue;
    usage.remove(live.execution.number);
    const node = nodes.get(live.node.record.number);
    if (node === undefined) continue;
    node.used = subtractResources(node.used, live.execution.allocation.resources);
    for (const { value } of live.execution.allocation.ports) node.usedPorts.delete(value);
  }
}

function reasonOf(verdict: ReturnType<typeof explainNodes>[number]): string {
  return verdict.kind === "excluded"
    ? verdict.message
    : `It would do, with score ${verdict.score.final.toFixed(3)}.`;
}

function copyOf(candidate: Candidate) {
  const { node, traits, drivers, hostVolumes, kind, offered, used, ipAddress } = candidate;
  const usedPorts = new Set(candidate.usedPorts);
  return { node, traits, drivers, hostVolumes, kind, offered, used, ipAddress, usedPorts };
}
