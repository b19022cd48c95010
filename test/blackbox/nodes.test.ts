import { expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processesOfNode } from "./harness/agents.ts";
import { noteRun, readExecutions, readRuns, shell, untilRan, waitForFile } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import {
  createLocalPool,
  nodeFolder,
  type ServerProcess,
  startServer,
  untilNodesAre,
} from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();

async function untilRunning(server: ServerProcess, jobId: string, count: number) {
  await until(
    `${count} tasks to run`,
    async () =>
      (await server.client.tasks.list(jobId)).items.filter(({ state }) => state === "running")
        .length,
    (running) => running === count,
  );
}

test("a rebooted node has another boot id, an empty volatile and its preparation again", async () => {
  const server = await startServer(sandbox);
  const { client } = server;
  const [nodeId = ""] = await createLocalPool(client, "pool", 1, 2);
  const folder = await nodeFolder(server, nodeId);
  const volatileFile = join(folder, "root", "volatile", "file");
  const sharedFile = join(folder, "root", "shared", "file");
  for (const file of [volatileFile, sharedFile]) writeFileSync(file, "x");
  const log = join(sandbox.path, "preparations");
  const gate = join(sandbox.path, "gate");
  await client.jobs.create({
    id: "job",
    poolInfo: { poolId: "pool" },
    jobPreparationTask: { commandLine: shell(`echo prepared >> ${log}`) },
    tasks: [
      {
        id: "t",
        commandLine: shell(`setsid sleep 1000 & ${waitForFile(gate)}`),
      },
    ],
  });
  await untilRunning(server, "job", 1);
  const before = await client.nodes.get(nodeId);
  const processes = processesOfNode(sandbox, folder);
  await client.nodes.reboot(nodeId, { nodeRebootOption: "requeue" });
  await until(
    "the node to be back",
    async () => await client.nodes.get(nodeId),
    ({ bootId, contact, state }) =>
      bootId !== before.bootId && contact === "connected" && state !== "rebooting",
  );
  const left = processesOfNode(sandbox, folder);
  const pids = new Set([...left.agents, ...left.shims, ...left.others].map(({ pid }) => pid));
  const all = [...processes.agents, ...processes.shims, ...processes.others];
  expect(all.filter(({ pid }) => pids.has(pid))).toEqual([]);
  expect([existsSync(volatileFile), existsSync(sharedFile)]).toEqual([false, true]);
  await Bun.write(gate, "");
  await client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 20_000 });
  expect((await client.tasks.get("job", "t")).executionInfo).toMatchObject({
    result: "success",
    requeueCount: 1,
    retryCount: 0,
  });
  expect(await Bun.file(log).text()).toBe("prepared\nprepared\n");
  await server.end();
}, 60_000);

test("a pool that shrinks requeues what ran there, and nothing of the node is left", async () => {
  const server = await startServer(sandbox);
  const { client } = server;
  const ids = await createLocalPool(client, "pool", 2, 1);
  const runs = join(sandbox.folder(), "runs");
  const gate = join(sandbox.folder(), "gate");
  const commandLine = shell(`${noteRun(runs)}; ${waitForFile(gate)}`);
  const tasks = ["a", "b"].map((id) => ({ id, commandLine }));
  await client.jobs.create({ id: "job", poolInfo: { poolId: "pool" }, tasks });
  await untilRan(runs, 2);
  await untilRunning(server, "job", 2);
  await client.pools.resize("pool", { targetDedicatedNodes: 1, nodeDeallocationOption: "requeue" });
  const [kept = ""] = await untilNodesAre(client, "pool", 1);
  const gone = ids.find((id) => id !== kept) ?? "";
  expect(ids).toContain(kept);
  expect(readdirSync(join(server.data, "nodes"))).toHaveLength(1);
  await Bun.write(gate, "");
  await client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 20_000 });
  expect([...readRuns(runs).values()].sort()).toEqual([1, 2]);
  const executions = await readExecutions(client, "job");
  const moved = executions.find(({ nodeId }) => nodeId === gone);
  expect(moved).toMatchObject({ stopReason: "requeued" });
  expect(await client.pools.get("pool")).toMatchObject({ currentDedicatedNodes: 1 });
  await server.end();
}, 60_000);

test("a removed node takes tasks along with option terminate and lets them end with taskcompletion", async () => {
  const server = await startServer(sandbox);
  const { client } = server;
  const ids = await createLocalPool(client, "pool", 2, 1);
  const gate = join(sandbox.folder(), "gate");
  const commandLine = shell(waitForFile(gate));
  const tasks = ["a", "b"].map((id) => ({ id, commandLine }));
  await client.jobs.create({ id: "job", poolInfo: { poolId: "pool" }, tasks });
  await untilRunning(server, "job", 2);
  const [first = "", second = ""] = ids;
  await client.nodes.remove(first, { nodeDeallocationOption: "terminate" });
  await untilNodesAre(client, "pool", 1);
  const terminated = (await client.tasks.list("job")).items.filter(
    (task) => task.state === "completed",
  );
  expect(terminated).toMatchObject([{ executionInfo: { failureInfo: { code: "TaskEnded" } } }]);
  await client.pools.removeNodes("pool", {
    nodeList: [second],
    nodeDeallocationOption: "taskcompletion",
  });
  const state = async () => (await client.nodes.get(second)).state;
  await until("it to leave", state, (value) => value === "leavingpool");
  expect((await client.jobs.taskCounts("job")).taskCounts.running).toBe(1);
  await Bun.write(gate, "");
  await untilNodesAre(client, "pool", 0);
  expect((await client.jobs.taskCounts("job")).taskCounts).toMatchObject({
    succeeded: 1,
    failed: 1,
  });
  expect(readdirSync(join(server.data, "nodes"))).toEqual([]);
  expect(sandbox.processes(server.data).map(({ pid }) => pid)).toEqual([server.pid]);
  await server.end();
}, 60_000);

test("a quiet node's last contact moves on with its heartbeats", async () => {
  const server = await startServer(sandbox, { words: ["--heartbeat-ms", "100"] });
  const [nodeId = ""] = await createLocalPool(server.client, "pool", 1, 1);
  const { contactTime: before = "" } = await server.client.nodes.get(nodeId);
  const { contactTime: after = "" } = await until(
    "a later contact",
    async () => await server.client.nodes.get(nodeId),
    ({ contactTime = "" }) => contactTime > before,
  );
  expect(after > before).toBe(true);
});
