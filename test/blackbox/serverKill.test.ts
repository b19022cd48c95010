import { expect, test } from "bun:test";
import { join } from "node:path";
import { auditRuns, noteRun, readRuns, shell } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, freePort, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const TASKS = 500;

/** All of them, long after they were submitted. */
const COMPLETION_MS = 90_000;

test("a server killed in the middle of a job loses nothing and runs nothing twice", async () => {
  const runsFile = join(sandbox.path, "runs");
  const port = freePort();
  let server = await startServer(sandbox, { port });
  await createLocalPool(server.client, "pool", 2, 4);
  const commandLine = shell(`${noteRun(runsFile)}; sleep 0.02`);
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" } });
  const tasks = Array.from({ length: TASKS }, (_, index) => ({ id: `t${index}`, commandLine }));
  const answers = await server.client.tasks.addMany("job", tasks);
  expect(answers.filter(({ status }) => status !== "success")).toEqual([]);
  // At its old address, where the agents wait for it, and at new ones, which they have to be told.
  const places = [port, freePort(), 0];
  for (const [index, place] of places.entries()) {
    const wanted = (TASKS / (places.length + 1)) * (index + 1);
    const ran = () => readRuns(runsFile).size;
    await until(`${wanted} tasks to have run`, ran, (count) => count >= wanted);
    await server.end("SIGKILL");
    server = await startServer(sandbox, { data: server.data, port: place });
  }
  await server.client.jobs.waitUntilTasksCompleted("job", { timeoutMs: COMPLETION_MS });
  const { problems, runs, tasks: ended } = await auditRuns(server.client, "job", runsFile);
  expect(problems).toEqual([]);
  expect(runs.size).toBe(TASKS);
  expect(ended.filter(({ executionInfo }) => executionInfo.result !== "success")).toEqual([]);
  // The agents lived on: nothing had to be recovered.
  expect([...runs.values()].filter((count) => count !== 1)).toEqual([]);
  await server.end();
});
