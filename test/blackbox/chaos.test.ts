import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { processesOfNode } from "./harness/agents.ts";
import { signal } from "./harness/processes.ts";
import { auditRuns, noteRun, shell } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, freePort, nodeFolder, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const TASKS = 240;
const ROUNDS = 18;

test("a job with everything survives kills of everything", async () => {
  const port = freePort();
  let server = await startServer(sandbox, { port });
  const nodes = await createLocalPool(server.client, "pool", 2, 4);
  const folders = await Promise.all(nodes.map((id) => nodeFolder(server, id)));
  const runs = join(sandbox.path, "runs");
  const tried = sandbox.folder("tried");
  const specials = join(sandbox.path, "specials");
  const special = (what: string) =>
    shell(`echo "${what} $AZ_BATCH_NODE_ID" >> ${specials}; sleep 0.05`);
  await server.client.jobs.create({
    id: "job",
    poolInfo: { poolId: "pool" },
    jobPreparationTask: { commandLine: special("prepare") },
    jobReleaseTask: { commandLine: special("release") },
  });
  // One in five fails once, wherever that is, and is retried.
  const text = `${noteRun(runs)}; sleep 0.03; case $AZ_BATCH_TASK_ID in *3|*7) mkdir ${tried}/$AZ_BATCH_TASK_ID && exit 1;; esac; exit 0`;
  const tasks = Array.from({ length: TASKS }, (_, index) => ({
    id: `t${index}`,
    commandLine: shell(text),
    constraints: { maxTaskRetryCount: 1 },
  }));
  await server.client.tasks.addMany("job", tasks, "tasks-1");
  for (let round = 0; round < ROUNDS; round += 1) {
    const all = folders.map((folder) => processesOfNode(sandbox, folder));
    const { agents = [], shims = [] } = all[round % all.length] ?? {};
    if (round % 3 === 0) {
      await server.end("SIGKILL");
      server = await startServer(sandbox, { data: server.data, port });
    }
    if (round % 3 !== 1) for (const { pid } of agents) signal(pid, "SIGKILL");
    if (round % 6 === 4) for (const { pid } of shims) signal(pid, "SIGKILL");
    // Not a wait for anything: where the next kill falls.
    await Bun.sleep((round * 37) % 150);
  }
  const { client } = server;
  await client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 90_000 });
  const { problems, tasks: ended } = await auditRuns(client, "job", runs);
  expect(problems).toEqual([]);
  const failed = ended.filter(({ executionInfo }) => executionInfo.result !== "success");
  expect(failed.map(({ id, executionInfo }) => [id, executionInfo])).toEqual([]);
  for (const { executionInfo } of ended) expect(executionInfo.retryCount).toBeLessThanOrEqual(1);
  await client.jobs.terminate("job");
  await server.end("SIGKILL");
  server = await startServer(sandbox, { data: server.data, port });
  await server.client.jobs.waitUntilCompleted("job", { timeoutMs: 30_000 });
  const lines = existsSync(specials) ? readFileSync(specials, "utf8").trim().split("\n") : [];
  for (const id of nodes) {
    const here = lines.filter((line) => line.endsWith(` ${id}`)).map((line) => line.split(" ")[0]);
    expect(here.at(0)).toBe("prepare");
    expect(here.filter((what) => what === "release")).toEqual(["release"]);
    expect(here.at(-1)).toBe("release");
  }
  const { items } = await server.client.jobs.preparationStatus("job");
  expect(items.map((item) => item.jobReleaseTaskExecutionInfo?.exitCode)).toEqual([0, 0]);
  await until(
    "all nodes to be idle",
    async () => (await server.client.nodes.list({ poolId: "pool" })).items,
    (all) =>
      all.every(
        ({ state, runningTaskSlotsCount }) => state === "idle" && runningTaskSlotsCount === 0,
      ),
  );
  await server.end();
}, 120_000);
