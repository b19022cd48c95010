import { startNodes } from "./fleetNodes.ts";
import { cpuSecondsOf, memoryOf } from "./machine.ts";
import type { Figure } from "./report.ts";
import { type ServerProcess, startServer } from "./serverProcess.ts";

const PER_CALL = 10_000;

interface Run {
  readonly rate: number;
  readonly cpuMicros: number;
  readonly nodesCpuMicros: number;
  readonly residentMb: number;
  readonly loopP99Ms: number;
}

/**
 * The real server with SQLite and simulated nodes in another process: real WebSockets, no processes behind them. From the first call that adds tasks to the durable completion of the last one. */
async function measure(nodes: number, slots: number, tasks: number): Promise<Run> {
  const server = await startServer();
  try {
    const fleet = await startNodes(server, nodes, slots, "batch");
    const { client } = server;
    await client.jobs.create({ id: "scale", poolInfo: { poolId: "sim" } });
    const cpuBefore = cpuSecondsOf(server.pid);
    const nodesCpuBefore = cpuSecondsOf(fleet.pid);
    const begun = performance.now();
    for (let added = 0; added < tasks; added += PER_CALL) {
      const batch = Array.from({ length: Math.min(PER_CALL, tasks - added) }, (_, index) => ({
        id: `task-${added + index}`,
        commandLine: "/bin/true",
      }));
      await client.tasks.addMany("scale", batch);
    }
    for (;;) {
      const { taskCounts } = await client.jobs.taskCounts("scale");
      if (taskCounts.completed === tasks) break;
      await Bun.sleep(20);
    }
    const seconds = (performance.now() - begun) / 1000;
    const cpuMicros = ((cpuSecondsOf(server.pid) - cpuBefore) * 1e6) / tasks;
    const nodesCpuMicros = ((cpuSecondsOf(fleet.pid) - nodesCpuBefore) * 1e6) / tasks;
    const { residentMb } = memoryOf(server.pid);
    const loopP99Ms = await loopP99(server);
    await fleet.stop();
    return { rate: tasks / seconds, cpuMicros, nodesCpuMicros, residentMb, loopP99Ms };
  } finally {
    await server.stop("SIGKILL");
    server.remove();
  }
}

/** Bound of the 99th percentile of the time that one step held the server's event loop, as its own metrics tell. */
async function loopP99(server: ServerProcess): Promise<number> {
  const response = await fetch(`${server.url}/metrics`, {
    headers: { authorization: `Bearer ${server.token}` },
  });
  const text = await response.text();
  const buckets = [...text.matchAll(/^stint_step_seconds_bucket\{le="([\d.]+)"\} (\d+)/gm)];
  const steps = Number(/^stint_step_seconds_count (\d+)/m.exec(text)?.[1]);
  const within = buckets.find(([, , count]) => Number(count) >= steps * 0.99);
  return Number(within?.[1] ?? Number.NaN) * 1000;
}

/** `rateGoal` null: none is set. The other goals hold for a thousand nodes. */
function figures(label: string, result: Run, rateGoal: number | null, isLimited = false): Figure[] {
  const limit = (goal: number) => (isLimited ? { goal, lower: true } : {});
  const { rate, cpuMicros, nodesCpuMicros, residentMb, loopP99Ms } = result;
  return [
    {
      name: `${label}: rate`,
      value: rate,
      unit: "tasks/s",
      ...(rateGoal === null ? {} : { goal: rateGoal }),
    },
    { name: `${label}: server CPU a task`, value: cpuMicros, unit: "us", ...limit(40) },
    { name: `${label}: CPU of the simulated nodes a task`, value: nodesCpuMicros, unit: "us" },
    { name: `${label}: server RSS`, value: residentMb, unit: "MB", ...limit(300) },
    { name: `${label}: longest step, p99`, value: loopP99Ms, unit: "ms", ...limit(60) },
  ];
}

export async function run(): Promise<Figure[]> {
  const normal = await measure(1_000, 4, 200_000);
  const wide = await measure(10_000, 4, 200_000);
  const short = await measure(1_000, 4, 100_000);
  const long = await measure(1_000, 4, 1_000_000);
  return [
    ...figures("1,000 nodes, 200,000 tasks", normal, 25_000, true),
    ...figures("10,000 nodes, 200,000 tasks", wide, 20_000),
    ...figures("1,000 nodes, 100,000 tasks", short, null),
    ...figures("1,000 nodes, 1,000,000 tasks", long, null),
    {
      name: "rate with 100,000 tasks / rate with 1,000,000",
      value: short.rate / long.rate,
      unit: "times",
      goal: 1.3,
      lower: true,
    },
  ];
}

export { measure };
