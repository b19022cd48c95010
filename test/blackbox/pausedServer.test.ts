import { expect, test } from "bun:test";
import { join } from "node:path";
import { signal } from "./harness/processes.ts";
import { auditRuns, noteRun, shell, untilRan, waitForFile } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, startServer, untilNodesAre } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();

/**
 * The machine slept, or the server was stopped: 120 s with the heartbeats of production. To keep the tests short all
 * times are a fifteenth here; the gap of a sleep, 5 s, is fixed, and is passed.
 */
const PAUSE_MS = Number(process.env["STINT_PAUSE_MS"] ?? 8_000);
const HEARTBEAT = PAUSE_MS > 60_000 ? [] : ["500", "1500", "1500"];

test("a server that was stopped for long loses no node and recovers nothing", async () => {
  const names = ["--heartbeat-ms", "--unknown-after-ms", "--lost-after-ms"];
  const words = HEARTBEAT.flatMap((value, index) => [names[index] ?? "", value]);
  const server = await startServer(sandbox, { words: ["--local-nodes", "on", ...words] });
  const nodes = await createLocalPool(server.client, "pool", 2, 4);
  const runs = join(sandbox.path, "runs");
  const gate = join(sandbox.path, "gate");
  const wait = shell(`${noteRun(runs)}; ${waitForFile(gate)}`);
  const tasks = Array.from({ length: 8 }, (_, index) => ({ id: `t${index}`, commandLine: wait }));
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" }, tasks });
  await untilRan(runs, 8);
  signal(server.pid, "SIGSTOP");
  await Bun.sleep(PAUSE_MS);
  // They end while nobody listens.
  await Bun.write(gate, "");
  const tasksLeft = () => sandbox.processes().filter(({ words: argv }) => argv[0] === "/bin/sh");
  await until("their processes to end", tasksLeft, (left) => left.length === 0);
  signal(server.pid, "SIGCONT");
  await server.client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 30_000 });
  expect(await untilNodesAre(server.client, "pool", 2)).toEqual(nodes);
  const { problems, tasks: ended } = await auditRuns(server.client, "job", runs);
  expect(problems).toEqual([]);
  for (const { executionInfo, systemTaskVersion } of ended) {
    expect({ ...executionInfo, systemTaskVersion }).toMatchObject({
      result: "success",
      requeueCount: 0,
      systemTaskVersion: 0,
    });
  }
  await server.end();
}, 300_000);
