import {
  type Changes,
  type Counters,
  emptyChanges,
  NO_COUNTERS,
  type RemovalRecord,
} from "../model/changes.ts";
import type { ExecutionRecord } from "../model/execution.ts";
import type { AllocatedResources } from "../model/groupJob.ts";
import type {
  ExecutionNumber,
  JobNumber,
  NodeNumber,
  PoolNumber,
  TaskNumber,
} from "../model/id.ts";
import type { JobCounts, JobRecord } from "../model/job.ts";
import type { NodeFacts, NodeProgress, NodeRecord } from "../model/node.ts";
import type { NodeJobRecord } from "../model/nodeJob.ts";
import type { PoolRecord } from "../model/pool.ts";
import type { TaskRecord } from "../model/task.ts";
import type { Candidate } from "../placement/candidate.ts";
import type { FreeSlots } from "../placement/freeSlots.ts";
import type { JobUsage } from "../placement/jobUsage.ts";
import type { PlacementPlan } from "../placement/plan.ts";
import type { ExecutionEnd } from "../policy/taskEnd.ts";
import type { Effect } from "./effect.ts";
import type { JobRun, NodeTargets, TargetEnd } from "./runs/nodeTargets.ts";
import type { TaskQueue } from "./taskQueue.ts";
import { Timers } from "./timers.ts";

/** Behaviour that an operator may set; the same for a whole server. */
export interface EngineSettings {
  /** How often a connected node is to be heard. */
  readonly heartbeatIntervalMs: number;
  /** Silence after which a node is `unknown`. */
  readonly unknownAfterMs: number;
  /** Further silence after which its executions are declared lost and its work is recovered elsewhere. */
  readonly lostAfterMs: number;
  /** Between the signal and the kill of a process that is told to stop. */
  readonly stopGraceMs: number;
  /** Added to a release's wall clock before a node that does not answer is recorded as not run. */
  readonly releaseGraceMs: number;
  /** After a node was told to reboot; one that is connected then and has not done so works on. */
  readonly rebootTimeoutMs: number;
  /** Scripts of fleet runs that a node is given at the same time. */
  readonly fleetLimitPerNode: number;
}

export const DEFAULT_SETTINGS: EngineSettings = {
  heartbeatIntervalMs: 10_000,
  unknownAfterMs: 30_000,
  lostAfterMs: 60_000,
  stopGraceMs: 5_000,
  releaseGraceMs: 60_000,
  rebootTimeoutMs: 600_000,
  fleetLimitPerNode: 4,
};

/** A gap between two steps above which every node gets a full grace: the server slept (DESIGN 2, Time). */
export const SLEEP_GAP_MS = 5_000;

/** Whoever drives the engine steps it at least this often: timers fire, and no gap of its own counts as sleep. */
export const TICK_MS = SLEEP_GAP_MS / 2;

/** One execution of a task that has not ended, with its task. */
export interface LiveTask {
  readonly job: Job;
  readonly task: TaskRecord;
  readonly execution: ExecutionRecord;
  /** The primary's node. */
  readonly node: Node;
  readonly slots: number;
}

/** A preparation or release under way. */
export interface LiveSpecial {
  readonly kind: "preparation" | "release";
  readonly job: Job;
  readonly node: Node;
}

export interface Pool {
  record: PoolRecord;
  readonly nodes: Set<NodeNumber>;
  readonly free: FreeSlots;
  /** Nodes that may take groups; null: to be found anew, as one has come or gone. */
  candidates: readonly Candidate[] | null;
  /** Jobs with queued tasks that may run, by priority, highest first. */
  levels: Level[];
}

/** Jobs of one priority take turns. */
export interface Level {
  readonly priority: number;
  readonly jobs: JobNumber[];
  turn: number;
}

export interface Node {
  record: NodeRecord;
  readonly pool: Pool;
  progress: NodeProgress;
  /** Task executions that hold slots here. */
  readonly executions: Set<ExecutionNumber>;
  usedSlots: number;
  /** What groups take of it. */
  readonly use: GroupUse;
  readonly targets: NodeTargets;
  /** How groups' placement sees it, by the facts that it was made from; null: nobody has looked. */
  candidate: { readonly facts: NodeFacts | null; readonly value: Candidate } | null;
  readonly jobs: Map<JobNumber, NodeJobRecord>;
  /** When a frame of it was last seen, in engine time; silence of the server's own making counts as heard. */
  heardAt: number;
  /** Whether a contact timer is pending. */
  watched: boolean;
}

/** Groups take processor time, memory and ports; tasks take slots. */
export interface GroupUse {
  resources: AllocatedResources;
  readonly ports: Set<number>;
}

/** Of a node that has just come. Provided nodes are processes of one machine, so that they share its ports. */
export function noGroupUse(engine: Engine, isProvided: boolean): GroupUse {
  return {
    resources: { cpuMhz: 0, cores: 0, memoryMb: 0, diskMb: 0 },
    ports: isProvided ? engine.providedPorts : new Set(),
  };
}

/** What a job of groups has in memory: all its tasks, as any of them may be wanted again. */
export interface JobGroups {
  readonly tasks: Map<TaskNumber, TaskRecord>;
  /** By folded id. */
  readonly byId: Map<string, TaskNumber>;
  /** Active tasks that only wait for a node, in the order of their numbers. */
  readonly placing: Set<TaskNumber>;
  /** Likewise of the canaries that stand beside tasks. */
  readonly canaries: {
    readonly placing: Set<TaskNumber>;
    readonly nowhere: Map<TaskNumber, readonly string[]>;
  };
  /** When its next timer fires; null: none is pending. */
  wakesAt: number | null;
  /** How each group is placed, by its name and whether it is the present version; made when first needed. */
  readonly plans: Map<string, PlacementPlan>;
  /** Where its executions are that run and are to go on. */
  readonly usage: JobUsage;
  /** Why the last look for a node found none, by task, in sentences for people. */
  readonly nowhere: Map<TaskNumber, readonly string[]>;
}

export interface Job {
  record: JobRecord;
  /** Null: a job of tasks. */
  readonly groups: JobGroups | null;
  /** Null: not a fleet run. */
  readonly run: JobRun | null;
  readonly counts: JobCounts;
  readonly queue: TaskQueue;
  /** Records of the next tasks of the queue, read ahead from the store. */
  readonly window: Map<TaskNumber, TaskRecord>;
  /** Queued tasks that ran before, or whose spec was changed: kept whole. */
  readonly again: Map<TaskNumber, TaskRecord>;
  /** Nodes that have a NodeJobRecord of this job and are present. */
  readonly nodes: Set<NodeNumber>;
  /** Nodes whose preparation failed: closed to this job. */
  readonly barred: Set<NodeNumber>;
  /** Its place among the pool's levels; null when it is not waiting for a turn. */
  waitingIn: PoolNumber | null;
  /** Executions still running for its end, preparations and releases. */
  readonly specials: Set<ExecutionNumber>;
}

/** What a step leaves behind: changes to commit, then effects to release. */
export interface Outcome {
  changes: Changes;
  effects: Effect[];
  /** By node that connected in this step: how many effects came before, which were meant for its earlier connection. */
  readonly settled: Map<NodeNumber, number>;
  /** Whose progress was noted last: the same one is mostly next, and need not be noted again. */
  lastNode: Node | null;
  lastJob: Job | null;
}

export function emptyOutcome(): Outcome {
  return {
    changes: emptyChanges(),
    effects: [],
    settled: new Map(),
    lastNode: null,
    lastJob: null,
  };
}

/** The machine. Owned by the loop; changed only by the functions of this folder. */
export interface Engine {
  readonly settings: EngineSettings;
  readonly counters: Counters;
  /** Engine time of the current step; never goes back. */
  now: number;
  readonly pools: Map<PoolNumber, Pool>;
  readonly poolsById: Map<string, PoolNumber>;
  readonly nodes: Map<NodeNumber, Node>;
  readonly nodesById: Map<string, NodeNumber>;
  readonly nodesByGuid: Map<string, NodeNumber>;
  readonly jobs: Map<JobNumber, Job>;
  readonly jobsById: Map<string, JobNumber>;
  readonly executions: Map<ExecutionNumber, LiveTask>;
  readonly specials: Map<ExecutionNumber, LiveSpecial>;
  readonly removals: Map<number, RemovalRecord>;
  readonly timers: Timers;
  /** Something of them ended or arrived: their next step is taken before the next input (movesOn). */
  readonly touchedJobs: Set<JobNumber>;
  readonly touchedNodes: Set<NodeNumber>;
  readonly touchedPools: Set<PoolNumber>;
  /** Pools in which something may have become placeable. */
  readonly dirtyPools: Set<PoolNumber>;
  /** Of those, the ones in which a group may have: slots that were freed are nothing to groups. */
  readonly groupPools: Set<PoolNumber>;
  /** Nodes to which a waiting script may have become sendable. */
  readonly runNodes: Set<NodeNumber>;
  /** Jobs of fleet runs that are over: whoever drives the engine together with fleet operations takes them out. */
  readonly endedRuns: Set<JobNumber>;
  /** Likewise their targets that have ended, of runs that go on. */
  readonly endedTargets: TargetEnd[];
  /** Jobs whose queue goes on beyond what was read ahead. */
  readonly hungryJobs: Set<JobNumber>;
  /** When the last schedule-fail event of a task, code and node was emitted, to bound their rate. */
  readonly scheduleFailures: Map<string, number>;
  /** Ports that groups have on the machine of the provided nodes. */
  readonly providedPorts: Set<number>;
  /** Live jobs of groups. */
  readonly groupJobs: Set<JobNumber>;
  /** Nodes that have come, gone or changed: system jobs look at whether they belong there. */
  readonly unsettledNodes: Set<NodeNumber>;
  /** Jobs of groups whose wanted tasks are to be looked at again, and their moves. */
  readonly unsettledJobs: Set<JobNumber>;
  /** Those of which only a deployment or the way off a draining node may go on. */
  readonly movingJobs: Set<JobNumber>;
  /** Executions of groups that are over, while nothing was decided about their tasks. */
  readonly endedInGroups: { readonly live: LiveTask; readonly end: ExecutionEnd }[];
  outcome: Outcome;
}

export function newEngine(now: number, settings: EngineSettings = DEFAULT_SETTINGS): Engine {
  return {
    settings,
    counters: { ...NO_COUNTERS, time: now },
    now,
    pools: new Map(),
    poolsById: new Map(),
    nodes: new Map(),
    nodesById: new Map(),
    nodesByGuid: new Map(),
    jobs: new Map(),
    jobsById: new Map(),
    executions: new Map(),
    specials: new Map(),
    removals: new Map(),
    timers: new Timers(),
    touchedJobs: new Set(),
    touchedNodes: new Set(),
    touchedPools: new Set(),
    dirtyPools: new Set(),
    groupPools: new Set(),
    runNodes: new Set(),
    endedRuns: new Set(),
    endedTargets: [],
    hungryJobs: new Set(),
    scheduleFailures: new Map(),
    providedPorts: new Set(),
    groupJobs: new Set(),
    unsettledNodes: new Set(),
    unsettledJobs: new Set(),
    movingJobs: new Set(),
    endedInGroups: [],
    outcome: emptyOutcome(),
  };
}

/** For keys that the machine itself put there: their absence is a bug, not a state. */
export function mustHave<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, what: string): Value {
  const value = map.get(key);
  if (value === undefined) throw new Error(`${what} ${String(key)} is not in memory`);
  return value;
}

/** The current execution of a task, whose record may be the store's; null: it has none. */
export function liveOf(engine: Engine, task: TaskRecord): LiveTask | null {
  const { execution } = task.progress;
  const live = execution === null ? undefined : engine.executions.get(execution);
  return live?.task.number === task.number ? live : null;
}

/** Executions of the job's tasks that have not ended. */
export function executionsOf(engine: Engine, job: Job): LiveTask[] {
  const found: LiveTask[] = [];
  for (const number of job.nodes) {
    for (const execution of engine.nodes.get(number)?.executions ?? []) {
      const live = engine.executions.get(execution);
      if (live?.job === job) found.push(live);
    }
  }
  return found;
}

/** Notes that something of the job ended, if that may lead to anything (see moveOn). */
export function touchJob(engine: Engine, job: Job): void {
  const { state, spec } = job.record;
  if (state === "active" && spec.onAllTasksComplete === "noaction") return;
  engine.touchedJobs.add(job.record.number);
}

/** Likewise for a node. */
export function touchNode(engine: Engine, node: Node): void {
  const isDrained = (node.record.drain ?? null) !== null;
  if (node.record.life !== "joined" || isDrained) engine.touchedNodes.add(node.record.number);
}
