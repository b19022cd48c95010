import { NOTHING_LOADED } from "../../engine/apply.ts";
import { heard } from "../../engine/contact.ts";
import { type Effect, orderOf } from "../../engine/effect.ts";
import { explainTask } from "../../engine/explain.ts";
import type { Input, Reply } from "../../engine/input.ts";
import { takeOutcome } from "../../engine/record.ts";
import { type Engine, newEngine, TICK_MS } from "../../engine/state.ts";
import { step, wantsStep } from "../../engine/step.ts";
import { type JobNumber, jobOfTask, type NodeNumber } from "../../model/id.ts";
import type { JobSpec } from "../../model/job.ts";
import type { SimulationReport, SimulationWish } from "../../model/simulation.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { BatchFrame, NodeReport } from "../../protocol/node/message.ts";
import { NodeSession } from "../../protocol/node/session.ts";
import { Agenda, EPOCH_MS } from "../agenda.ts";
import { Random } from "../random.ts";
import type { Failure } from "./failures.ts";
import { factsOf, poolOf } from "./fleet.ts";
import { planMachineFailures } from "./machineFailures.ts";
import { RunNode } from "./node.ts";
import { summaryOf } from "./summary.ts";
import { Timeline } from "./timeline.ts";
import { Uptime } from "./uptime.ts";

type Of<Kind extends Failure["kind"]> = Extract<Failure, { kind: Kind }>;

/** What fails, by what it strikes. */
export interface FailurePlan {
  readonly processes: readonly Of<"process">[];
  readonly checks: readonly Of<"check">[];
  readonly machines: readonly Exclude<Failure, { kind: "process" | "check" | "start" }>[];
  readonly startChance: number;
}

/** When the job is registered: by then all nodes are connected. */
const BEGIN_MS = 100;
const EPOCH = 1;

interface Asked {
  readonly input: Input;
  readonly settle: (reply: Reply) => void;
}

/** A job on the shipped engine and agent core, in simulated time; nothing fails but what the plan says. */
export class JobRun {
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly plan: FailurePlan;
  readonly engine: Engine;
  readonly timeline: Timeline;
  readonly uptime: Uptime;
  readonly nodes: RunNode[];
  readonly #wish: SimulationWish;
  readonly #sessions = new Map<RunNode, NodeSession>();
  readonly #numbers = new Map<RunNode, NodeNumber>();
  #asked: Asked[] = [];
  #isScheduled = false;
  #isTicking = false;
  #timerAt: number | null = null;

  constructor(wish: SimulationWish, plan: FailurePlan) {
    this.#wish = wish;
    this.plan = plan;
    this.random = new Random(wish.seed);
    this.engine = newEngine(this.now);
    const sinceBegin = () => Math.max(0, this.agenda.now - BEGIN_MS);
    this.timeline = new Timeline(sinceBegin);
    this.uptime = new Uptime(sinceBegin);
    const digits = String(wish.nodes).length;
    this.nodes = Array.from({ length: wish.nodes }, (_, index) => {
      return new RunNode(this, `node-${String(index + 1).padStart(digits, "0")}`);
    });
  }

  get now(): number {
    return EPOCH_MS + this.agenda.now;
  }

  /** Until the end of the run. */
  get leftMs(): number {
    return this.#wish.durationMs + BEGIN_MS - this.agenda.now;
  }

  play(): SimulationReport {
    const spec = runnable(this.#wish.spec);
    this.#ask({ kind: "createPool", spec: poolOf(spec) });
    for (const [index, node] of this.nodes.entries()) this.#join(node, index);
    this.agenda.at(BEGIN_MS, () => {
      this.#ask({ kind: "registerJob", spec, checkIndex: null });
      planMachineFailures(this);
    });
    const endAt = BEGIN_MS + this.#wish.durationMs;
    let isOver = false;
    this.agenda.at(endAt, () => {
      isOver = true;
    });
    while (!isOver && this.agenda.advance());
    return this.#report();
  }

  #join(node: RunNode, index: number): void {
    const facts = factsOf(this.#wish.spec, index);
    const { id } = node;
    const pool = this.#wish.spec.poolId;
    this.#ask({ kind: "nodeJoined", guid: id, name: id, pool, slots: 1, facts }, () => {
      const number = this.engine.nodesByGuid.get(id);
      if (number !== undefined) this.#numbers.set(node, number);
      node.link();
    });
  }

  /** The node says hello, and is settled. */
  nodeHere(node: RunNode): void {
    const facts = factsOf(this.#wish.spec, this.nodes.indexOf(node));
    const hello = node.hello();
    const input = { kind: "nodeConnected", guid: node.id, slots: 0, facts, ...hello } as const;
    const number = this.#numbers.get(node) ?? 0;
    const session = new NodeSession(number, hello.linkId, (frame) => {
      node.receive(frame);
      return true;
    });
    this.#sessions.set(node, session);
    this.#ask(input, (reply) => {
      if (!reply.ok || this.#sessions.get(node) !== session) return;
      const lastApplied = reply.lastApplied ?? 0;
      session.open(lastApplied);
      node.receive({
        type: "welcome",
        epoch: EPOCH,
        session: hello.linkId,
        lastApplied,
        heartbeatIntervalMs: this.engine.settings.heartbeatIntervalMs,
        nodeId: node.id,
        poolId: this.#wish.spec.poolId,
      });
    });
  }

  nodeGone(node: RunNode): void {
    this.#sessions.delete(node);
    this.#ask({ kind: "nodeDisconnected", node: this.#numbers.get(node) ?? 0 });
    this.#tick();
  }

  /** While a node is away time is looked at often, or its silence would count as the server's sleep. */
  #tick(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.agenda.after(TICK_MS, () => {
      this.#isTicking = false;
      this.#schedule();
      if (this.nodes.some(({ isLinked }) => !isLinked)) this.#tick();
    });
  }

  reported(node: RunNode, frame: BatchFrame<NodeReport>): void {
    const session = this.#sessions.get(node);
    if (session === undefined || !session.isOpen) return;
    const { reports, upTo } = session.receive(frame, this.now);
    if (reports.length === 0) {
      session.flush(EPOCH, this.now);
      return;
    }
    const { node: number, linkId } = session;
    this.#ask({ kind: "nodeReports", node: number, linkId, upTo, reports });
  }

  #ask(input: Input, settle: (reply: Reply) => void = () => undefined): void {
    this.#asked.push({ input, settle });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.agenda.after(0, () => {
      this.#isScheduled = false;
      this.#step();
    });
  }

  #step(): void {
    const { engine, now } = this;
    for (const [node, number] of this.#numbers) if (node.isLinked) heard(engine, number, now);
    const asked = this.#asked;
    this.#asked = [];
    const inputs = asked.map(({ input }) => ({ input, loaded: NOTHING_LOADED }));
    const replies = step(engine, now, inputs);
    const { changes, effects } = takeOutcome(engine);
    this.timeline.committed(changes, (number) => this.#taskOf(number));
    for (const [index, { settle }] of asked.entries()) {
      const reply = replies[index];
      if (reply !== undefined) settle(reply);
    }
    for (const effect of effects) this.#perform(effect);
    for (const session of this.#sessions.values()) session.flush(EPOCH, now);
    if (wantsStep(engine)) this.#schedule();
    this.#arm();
  }

  #taskOf(number: number): TaskRecord | undefined {
    return this.engine.jobs.get(jobOfTask(number))?.groups?.tasks.get(number);
  }

  #perform(effect: Effect): void {
    if (!("node" in effect)) return;
    const guid = this.engine.nodes.get(effect.node)?.record.guid;
    const node = this.nodes.find(({ id }) => id === guid);
    const session = node === undefined ? undefined : this.#sessions.get(node);
    if (effect.effect === "acknowledge") {
      if (effect.linkId === session?.linkId) session.acknowledgeReports(effect.upTo);
      return;
    }
    const order = orderOf(effect);
    if (order !== null) session?.order(order);
  }

  #arm(): void {
    const dueAt = this.engine.timers.nextDueAt();
    if (dueAt === null || (this.#timerAt !== null && this.#timerAt <= dueAt)) return;
    this.#timerAt = dueAt;
    this.agenda.after(Math.max(0, dueAt - this.now), () => {
      if (this.#timerAt !== dueAt) return;
      this.#timerAt = null;
      this.#schedule();
    });
  }

  #report(): SimulationReport {
    const { spec, nodes, durationMs, failures, seed } = this.#wish;
    const groups = summaryOf(this);
    const { events } = this.timeline;
    const common = { jobId: spec.id, nodes, durationMs, failures, seed };
    return { ...common, events, groups, waiting: this.#waiting() };
  }

  #waiting(): SimulationReport["waiting"] {
    const waiting: { task: string; reasons: string[] }[] = [];
    for (const number of this.engine.groupJobs) {
      const job = this.engine.jobs.get(number as JobNumber);
      for (const task of job?.groups?.tasks.values() ?? []) {
        if (job === undefined || task.progress.state !== "active") continue;
        const { reasons } = explainTask(this.engine, job, task);
        waiting.push({ task: task.id, reasons: reasons.map(({ message }) => message) });
      }
    }
    return waiting;
  }
}

/** A parameterized job runs as if it were dispatched once. */
function runnable(spec: JobSpec): JobSpec {
  if (spec.groups === undefined) return spec;
  return { ...spec, groups: { ...spec.groups, parameterized: null } };
}
