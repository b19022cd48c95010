import { join } from "node:path";
import { cpuSecondsOf, memoryOf } from "./machine.ts";
import type { Figure } from "./report.ts";
import { type ServerProcess, startServer } from "./serverProcess.ts";

const PER_CALL = 10_000;

/** The real server with SQLite and simulated nodes in another process: real WebSockets, no processes behind them. */
async function startNodes(
  server: ServerProcess,
  count: number,
  slots: number,
): Promise<{ stop(): Promise<void> }> {
  await server.client.pools.create({
    id: "sim",
    provider: "none",
    taskSlotsPerNode: slots,
    accepts: ["batch"],
  });
  const { token: joinToken } = await server.client.tokens.createJoinToken({ poolId: "sim" });
  const script = join(import.meta.dir, "simulatedNodes.ts");
  const words = [script, server.url, joinToken, String(count), String(slots)];
  const child = Bun.spawn([process.execPath, ...words], { stdout: "pipe", stderr: "inherit" });
  const reader = child.stdout.getReader();
  await reader.read();
  return {
    async stop() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

interface Run {
  readonly rate: number;
  readonly cpuMicros: number;
  readonly residentMb: number;
  readonly loopP99Ms: number;
}

/** From the first call that adds tasks to the durable completion of the last one. */
async function measure(nodes: number, slots: number, tasks: number): Promise<Run> {
  const server = await startServer();
  try {
    const fleet = await startNodes(server, nodes, slots);
    const { client } = server;
    await client.jobs.create({ id: "scale", poolInfo: { poolId: "sim" } });
    const cpuBefore = cpuSecondsOf(server.pid);
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
    const { residentMb } = memoryOf(server.pid);
    const loopP99Ms = await loopP99(server);
    await fleet.stop();
    return { rate: tasks / seconds, cpuMicros, residentMb, loopP99Ms };
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

function figures(label: string, result: Run, goal?: number): Figure[] {
  return [
    {
      name: `${label}: rate`,
      value: result.rate,
      unit: "tasks/s",
      ...(goal === undefined ? {} : { goal }),
    },
    {
      name: `${label}: server CPU a task`,
      value: result.cpuMicros,
      unit: "us",
      goal: 40,
      lower: true,
    },
    { name: `${label}: server RSS`, value: result.residentMb, unit: "MB", goal: 300, lower: true },
    {
      name: `${label}: longest step, p99`,
      value: result.loopP99Ms,
      unit: "ms",
      goal: 60,
      lower: true,
    },
  ];
}

export async function run(): Promise<Figure[]> {
  const normal = await measure(1_000, 4, 200_000);
  const wide = await measure(10_000, 4, 200_000);
  const short = await measure(1_000, 4, 100_000);
  const long = await measure(1_000, 4, 1_000_000);
  return [
    ...figures("1,000 nodes, 200,000 tasks", normal, 25_000),
    ...figures("10,000 nodes, 200,000 tasks", wide, 20_000),
    ...figures("1,000 nodes, 100,000 tasks", short),
    ...figures("1,000 nodes, 1,000,000 tasks", long),
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
