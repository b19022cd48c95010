import type { EventRecord } from "../model/event.ts";
import type { ExecutionResult, ProcessOutcome } from "../model/execution.ts";
import { foldId } from "../model/id.ts";
import type { JobSpec } from "../model/job.ts";
import type { NodeFacts } from "../model/node.ts";
import type { HeldExecution, NodeReport, StartOrder } from "../model/order.ts";
import type { PoolSpec } from "../model/pool.ts";
import type { TaskRecord } from "../model/task.ts";
import type { PreparationSpec, ReleaseSpec, TaskSpec } from "../model/taskSpec.ts";
import { NOTHING_LOADED, tasksNamed } from "./apply.ts";
import { heard } from "./contact.ts";
import type { Effect } from "./effect.ts";
import { explainTask } from "./explain.ts";
import type { Input, Reply } from "./input.ts";
import { offerTasks, wantedRanges } from "./place.ts";
import { takeOutcome } from "./record.ts";
import { restore } from "./restore.ts";
import {
  DEFAULT_SETTINGS,
  type Engine,
  type EngineSettings,
  mustHave,
  newEngine,
} from "./state.ts";
import { step } from "./step.ts";
import { copyTask, TestStore } from "./testStore.ts";

export const POOL: PoolSpec = {
  id: "pool",
  displayName: null,
  provider: "none",
  vmSize: "none",
  taskSlotsPerNode: 1,
  nodeFillType: "spread",
  resizeTimeoutMs: 900_000,
  targetDedicatedNodes: 0,
  accepts: ["batch"],
  metadata: [],
};

export const JOB: JobSpec = {
  id: "job",
  type: "batch",
  displayName: null,
  priority: 0,
  maxParallelTasks: -1,
  onAllTasksComplete: "noaction",
  maxWallClockMs: null,
  maxTaskRetryCount: 0,
  poolId: "pool",
  preparation: null,
  release: null,
  commonEnvironmentSettings: [],
  metadata: [],
};

export const PREPARATION: PreparationSpec = {
  id: "jobpreparation",
  commandLine: "prepare",
  maxTaskRetryCount: 0,
  waitForSuccess: true,
  rerunOnNodeRebootAfterSuccess: true,
};

export const RELEASE: ReleaseSpec = {
  id: "jobrelease",
  commandLine: "release",
  maxWallClockMs: 900_000,
};

const FACTS: NodeFacts = {
  agentVersion: "0",
  hostname: "host",
  os: "linux",
  ipAddress: "127.0.0.1",
  cores: 2,
  memoryBytes: 1,
  canReboot: true,
};

const NO_OUTPUT = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } } as const;

export function resultOf(outcome: ProcessOutcome, at: number): ExecutionResult {
  const startedAt = outcome.state === "failedToStart" ? null : at;
  return { processes: [], outcome, startedAt, endedAt: at, stdout: NO_OUTPUT, stderr: NO_OUTPUT };
}

/** The machine with nodes that a test plays by hand; tasks are kept as a store would keep them. */
export class TestFleet {
  engine: Engine;
  now = 1_000;
  readonly events: EventRecord[] = [];
  /** Orders to nodes and provider calls since the last look. */
  effects: Effect[] = [];
  readonly tasks = new Map<number, TaskRecord>();
  readonly store = new TestStore();
  /** Of nodes that join or connect from now on. */
  facts = FACTS;
  readonly #links = new Map<string, { upTo: number; life: number }>();

  constructor(settings: Partial<EngineSettings> = {}) {
    this.engine = newEngine(this.now, { ...DEFAULT_SETTINGS, ...settings });
  }

  send(input: Input): Reply {
    const [reply] = this.sendTogether(input);
    if (reply === undefined) throw new Error("no reply");
    return reply;
  }

  /** In one step. */
  sendTogether(...inputs: Input[]): Reply[] {
    const asked = inputs.map((input) => {
      const job = "job" in input ? input.job : "job";
      const tasks = new Map<string, TaskRecord>();
      for (const id of tasksNamed(input)) {
        const task = this.task(id, job);
        if (task !== null) tasks.set(id, copyTask(task));
      }
      return { input, loaded: { ...NOTHING_LOADED, tasks } };
    });
    const replies = step(this.engine, this.now, asked);
    this.#take();
    return replies;
  }

  /** Lets time pass and everything that comes due happen; nodes are heard unless they are named as silent. */
  pass(durationMs: number, silent: readonly string[] = []): void {
    const end = this.now + durationMs;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 1_000);
      for (const [id, number] of this.engine.nodesById) {
        if (!silent.includes(id)) heard(this.engine, number, this.now);
      }
      step(this.engine, this.now, []);
      this.#take();
    }
  }

  #take(): void {
    const { changes, effects } = takeOutcome(this.engine);
    this.store.apply(changes);
    this.events.push(...changes.events);
    this.effects.push(...effects);
    for (const task of changes.newTasks)
      this.tasks.set(task.number, { ...task, progress: { ...task.progress } });
    for (const [number, progress] of changes.tasks) {
      const task = this.tasks.get(number);
      if (progress === null) this.tasks.delete(number);
      else if (task !== undefined) task.progress = progress;
    }
    for (const [number, spec] of changes.taskSpecs) {
      const task = this.tasks.get(number);
      if (task !== undefined) task.spec = spec;
    }
  }

  pool(spec: Partial<PoolSpec> = {}): void {
    this.send({ kind: "createPool", spec: { ...POOL, ...spec } });
  }

  join(id: string, pool = "pool", slots = 0): void {
    this.send({ kind: "nodeJoined", guid: id, name: id, pool, slots, facts: this.facts });
  }

  node(id: string, pool = "pool", slots = 0): void {
    this.join(id, pool, slots);
    this.connect(id);
  }

  connect(id: string, held: HeldExecution[] = [], bootId = "boot-1"): void {
    this.send(this.connected(id, held, bootId));
  }

  /** What a node's hello becomes. */
  connected(id: string, held: HeldExecution[] = [], bootId = "boot-1"): Input {
    const life = (this.#links.get(id)?.life ?? 0) + 1;
    this.#links.set(id, { upTo: 0, life });
    const linkId = `${id}-${life}`;
    return {
      kind: "nodeConnected",
      guid: this.#guid(id),
      linkId,
      bootId,
      slots: 0,
      facts: this.facts,
      held,
    };
  }

  disconnect(id: string): void {
    this.send({ kind: "nodeDisconnected", node: this.#number(id) });
  }

  /** Reads what the queues want, as the loop does, until nothing is wanted or placed any more. */
  readAhead(): void {
    const { hungryJobs } = this.engine;
    for (let round = 0; hungryJobs.size > 0 && round < 10; round += 1) {
      for (const number of [...hungryJobs]) {
        hungryJobs.delete(number);
        const job = mustHave(this.engine.jobs, number, "job");
        for (const { first, last } of wantedRanges(this.engine, job)) {
          const tasks = [...this.tasks.values()].filter(
            (task) => task.number >= first && task.number <= last,
          );
          offerTasks(this.engine, job, tasks.map(copyTask));
        }
      }
      step(this.engine, this.now, []);
      this.#take();
    }
  }

  /** The server dies and comes back; what waited to be let out is lost. */
  restart(): void {
    this.effects = [];
    this.engine = restore(this.store.readLive(), this.now, this.engine.settings);
    this.#take();
  }

  #number(id: string): number {
    const number = this.engine.nodesById.get(id);
    if (number === undefined) throw new Error(`no node ${id}`);
    return number;
  }

  #guid(id: string): string {
    return this.engine.nodes.get(this.#number(id))?.record.guid ?? id;
  }

  job(spec: Partial<JobSpec> = {}): void {
    const reply = this.send({ kind: "createJob", spec: { ...JOB, ...spec } });
    if (!reply.ok) throw new Error(reply.error.message);
  }

  add(ids: readonly string[], spec: Partial<TaskSpec> = {}, job = "job"): Reply {
    const tasks = ids.map((id) => ({ id, spec: { commandLine: "run", ...spec } }));
    return this.send({ kind: "addTasks", job, tasks });
  }

  report(id: string, ...reports: NodeReport[]): void {
    const link = this.#links.get(id) ?? { upTo: 0, life: 1 };
    link.upTo += reports.length;
    const linkId = `${id}-${link.life}`;
    this.send({ kind: "nodeReports", node: this.#number(id), linkId, upTo: link.upTo, reports });
  }

  /** The node says that an execution ended, by exit code or otherwise. */
  end(order: StartOrder, how: number | ProcessOutcome = 0): void {
    const outcome: ProcessOutcome =
      typeof how === "number" ? { state: "exited", exitCode: how } : how;
    this.now += 1;
    this.report(order.nodeId, {
      kind: "ended",
      execution: order.execution,
      result: resultOf(outcome, this.now),
    });
  }

  /** Start orders since the last look. */
  starts(): StartOrder[] {
    const orders = this.effects.flatMap((effect) =>
      effect.effect === "start" ? [effect.order] : [],
    );
    this.effects = [];
    return orders;
  }

  /** The one start order since the last look. */
  start(): StartOrder {
    const orders = this.starts();
    const [order] = orders;
    if (order === undefined || orders.length > 1)
      throw new Error(`expected one start, got ${orders.length}`);
    return order;
  }

  /** Kinds of effects since the last look, acknowledgements left out. */
  kinds(): string[] {
    const kinds = this.effects
      .map((effect) => effect.effect)
      .filter((kind) => kind !== "acknowledge");
    this.effects = [];
    return kinds;
  }

  task(id: string, job = "job"): TaskRecord | null {
    const number = this.engine.jobsById.get(foldId(job));
    for (const task of this.tasks.values()) {
      if (foldId(task.id) === foldId(id) && Math.floor(task.number / 2 ** 27) === number)
        return task;
    }
    return null;
  }

  state(id: string, job = "job"): string {
    const task = this.task(id, job);
    if (task === null) return "gone";
    const { state, outcome } = task.progress;
    return outcome === null
      ? state
      : `${state} ${outcome.result} ${outcome.failure?.code ?? ""}`.trim();
  }

  jobState(id = "job"): string {
    const number = this.engine.jobsById.get(id);
    return number === undefined ? "gone" : (this.engine.jobs.get(number)?.record.state ?? "gone");
  }

  eventTypes(): string[] {
    return this.events.map((event) => event.type);
  }

  reasons(id: string): string[] {
    const task = this.task(id);
    const number = this.engine.jobsById.get("job");
    if (task === null || number === undefined) return ["gone"];
    const job = this.engine.jobs.get(number) ?? null;
    return explainTask(this.engine, job, task).reasons.map(({ code }) => code);
  }
}
