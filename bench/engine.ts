import { NOTHING_LOADED } from "../src/engine/apply.ts";
import type { NewTask } from "../src/engine/input.ts";
import { offerTasks, wantedRanges } from "../src/engine/place.ts";
import { takeOutcome } from "../src/engine/record.ts";
import { type Engine, newEngine } from "../src/engine/state.ts";
import { step } from "../src/engine/step.ts";
import type { ExecutionResult } from "../src/model/execution.ts";
import type { NodeReport } from "../src/model/order.ts";
import { newTaskProgress, type TaskRecord } from "../src/model/task.ts";
import { jobSpec, NODE_FACTS, poolSpec } from "./fixtures.ts";
import type { Figure } from "./report.ts";

/** The pure engine alone: no store, no network. Every completion goes through the same functions as in the server. */

const RESULT: ExecutionResult = {
  processes: [],
  outcome: { state: "exited", exitCode: 0 },
  startedAt: 1,
  endedAt: 1,
  stdout: { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } },
  stderr: { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } },
};

function fleet(nodes: number, slots: number): Engine {
  const engine = newEngine(0);
  const send = (input: Parameters<typeof step>[2][number]["input"]): void => {
    step(engine, 0, [{ input, loaded: NOTHING_LOADED }]);
  };
  send({ kind: "createPool", spec: poolSpec("bench", slots) });
  for (let index = 0; index < nodes; index += 1) {
    const guid = `guid-${index}`;
    const facts = NODE_FACTS;
    send({ kind: "nodeJoined", guid, name: `n${index}`, pool: "bench", slots: 0, facts });
    const link = { linkId: "l", bootId: "b", slots: 0, held: [] };
    send({ kind: "nodeConnected", guid, ...link, facts });
  }
  takeOutcome(engine);
  return engine;
}

function submit(engine: Engine, tasks: number): void {
  const createJob = { kind: "createJob", spec: jobSpec("job", "bench") } as const;
  step(engine, 0, [{ input: createJob, loaded: NOTHING_LOADED }]);
  for (let added = 0; added < tasks; added += 10_000) {
    const batch: NewTask[] = Array.from({ length: 10_000 }, (_, index) => ({
      id: `task-${added + index}`,
      spec: { commandLine: "/bin/true" },
    }));
    const input = { kind: "addTasks", job: "job", tasks: batch } as const;
    step(engine, 0, [{ input, loaded: NOTHING_LOADED }]);
    takeStarts(engine);
  }
}

const pending: { node: number; execution: number }[] = [];

function takeStarts(engine: Engine): void {
  for (const effect of takeOutcome(engine).effects) {
    if (effect.effect === "start") {
      pending.push({ node: effect.node, execution: effect.order.execution });
    }
  }
}

/** What the store would read ahead. */
function feed(engine: Engine): void {
  for (const number of engine.hungryJobs) {
    engine.hungryJobs.delete(number);
    const job = engine.jobs.get(number);
    if (job === undefined) continue;
    for (const range of wantedRanges(engine, job)) {
      const tasks: TaskRecord[] = [];
      for (let task = range.first; task < range.first + range.limit; task += 1) {
        const spec = { commandLine: "/bin/true" };
        tasks.push({
          number: task,
          id: `t${task}`,
          createdAt: 0,
          spec,
          progress: newTaskProgress(0),
        });
      }
      offerTasks(engine, job, tasks);
    }
  }
}

function drain(engine: Engine, count: number): number {
  let done = 0;
  let now = 1;
  const upTo = new Map<number, number>();
  while (done < count) {
    now += 1;
    feed(engine);
    const batch = pending.splice(0, 1_000);
    const byNode = new Map<number, NodeReport[]>();
    for (const { node, execution } of batch) {
      const reports = byNode.get(node) ?? [];
      reports.push({ kind: "ended", execution, result: RESULT });
      byNode.set(node, reports);
    }
    const inputs = [...byNode].map(([node, reports]) => {
      const last = (upTo.get(node) ?? 0) + reports.length;
      upTo.set(node, last);
      const input = { kind: "nodeReports", node, linkId: "l", upTo: last, reports } as const;
      return { input, loaded: NOTHING_LOADED };
    });
    step(engine, now, inputs);
    takeStarts(engine);
    done += batch.length;
  }
  return done;
}

interface Run {
  readonly rate: number;
  readonly cpuMicros: number;
  readonly queuedMb: number;
}

function measure(nodes: number, slots: number, tasks: number): Run {
  pending.length = 0;
  Bun.gc(true);
  const engine = fleet(nodes, slots);
  submit(engine, tasks);
  Bun.gc(true);
  const queuedMb = process.memoryUsage.rss() / 1e6;
  const begun = performance.now();
  const cpuBefore = process.cpuUsage();
  drain(engine, tasks);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { rate: tasks / seconds, cpuMicros: (user + system) / tasks, queuedMb };
}

export function run(): Figure[] {
  const large = measure(10_000, 1, 1_000_000);
  const small = measure(100, 100, 1_000_000);
  return [
    {
      name: "assignments + completions, 10,000 nodes",
      value: large.rate,
      unit: "tasks/s",
      goal: 200_000,
    },
    { name: "CPU a task, 10,000 nodes", value: large.cpuMicros, unit: "us" },
    {
      name: "assignments + completions, 100 nodes of 100 slots",
      value: small.rate,
      unit: "tasks/s",
    },
    { name: "growth, 100 nodes against 10,000", value: small.rate / large.rate, unit: "times" },
    {
      name: "RSS with 1,000,000 queued",
      value: large.queuedMb,
      unit: "MB",
      goal: 250,
      lower: true,
    },
  ];
}
