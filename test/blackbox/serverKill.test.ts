import { expect, test } from "bun:test";
import { join } from "node:path";
import { auditRuns, noteRun, readRuns, shell, untilRan, waitForFile } from "./harness/runs.ts";
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

test("results and large output of tasks that end while the server is away arrive when it is back", async () => {
  const port = freePort();
  let server = await startServer(sandbox, { port });
  await createLocalPool(server.client, "pool", 1, 4);
  const gate = join(sandbox.path, "gate");
  const done = join(sandbox.folder("done"), "runs");
  const wait = waitForFile(gate);
  const text = `${wait}; head -c 300000 /dev/zero; echo end >&2; ${noteRun(done)}; exit 3`;
  const tasks = ["a", "b", "c"].map((id) => ({ id, commandLine: shell(text) }));
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" }, tasks });
  const running = async () => (await server.client.jobs.taskCounts("job")).taskCounts.running;
  await until("all to run", running, (count) => count === 3);
  await server.end("SIGKILL");
  await Bun.write(gate, "");
  await untilRan(done, 3);
  server = await startServer(sandbox, { data: server.data, port });
  await server.client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 30_000 });
  for (const { id } of tasks) {
    const { executionInfo } = await server.client.tasks.get("job", id);
    expect(executionInfo).toMatchObject({ exitCode: 3, retryCount: 0 });
    const output = await server.client.tasks.stdout("job", id);
    expect((await output.arrayBuffer()).byteLength).toBe(300_000);
    expect(await (await server.client.tasks.stderr("job", id)).text()).toBe("end\n");
  }
  expect([...readRuns(done).values()]).toEqual([1, 1, 1]);
  // In the server's own keeping, not only on the node.
  const keptOf = async () => {
    const { items } = await server.client.executions.list({ jobId: "job" });
    return items.map(({ stdout }) => stdout?.kept);
  };
  await until("it to be uploaded", keptOf, (kept) => kept.every((place) => place === "blob"));
  await server.end();
});
