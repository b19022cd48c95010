import { expect, test } from "bun:test";
import { join } from "node:path";
import { processesOfNode, untilAgent } from "./harness/agents.ts";
import { isRunning, signal } from "./harness/processes.ts";
import {
  noteRun,
  readEvents,
  readExecutions,
  readRuns,
  shell,
  untilRan,
  waitForFile,
} from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, nodeFolder, startServer, untilNodesAre } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const TIMES = ["--heartbeat-ms", "200", "--unknown-after-ms", "800", "--lost-after-ms", "800"];

test("a node that is away for too long loses its work to others and gives it up when it is back", async () => {
  const server = await startServer(sandbox, { words: ["--local-nodes", "on", ...TIMES] });
  const { client } = server;
  const [first = "", second = ""] = await createLocalPool(client, "pool", 2, 1);
  const runs = join(sandbox.path, "runs");
  const gate = join(sandbox.path, "gate");
  const text = `${noteRun(runs)}; echo $AZ_BATCH_NODE_ID; ${waitForFile(gate)}`;
  // The other node is kept free for the recovery.
  await client.nodes.disableScheduling(second);
  await client.jobs.create({
    id: "job",
    poolInfo: { poolId: "pool" },
    tasks: [{ id: "t", commandLine: shell(text) }],
  });
  await untilRan(runs, 1);
  await client.nodes.enableScheduling(second);
  const folder = await nodeFolder(server, first);
  const agent = await untilAgent(sandbox, folder);
  const shells = processesOfNode(sandbox, folder).others.filter(
    ({ words }) => words[0] === "/bin/sh",
  );
  expect(shells).toHaveLength(1);
  signal(agent, "SIGSTOP");
  const contactOf = async () => (await client.nodes.get(first)).contact;
  await until("it to be unknown", contactOf, (contact) => contact === "unknown");
  expect((await client.tasks.get("job", "t")).state).toBe("running");
  await until("it to be lost", contactOf, (contact) => contact === "lost");
  await until(
    "the task to run elsewhere",
    () => readRuns(runs).get("t") ?? 0,
    (count) => count === 2,
  );
  const left = () => shells.filter(({ pid }) => isRunning(pid));
  expect(left()).toEqual(shells);
  signal(agent, "SIGCONT");
  await until("the old processes to be stopped", left, (pids) => pids.length === 0);
  await untilNodesAre(client, "pool", 2);
  await Bun.write(gate, "");
  await client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 20_000 });
  expect(await client.tasks.get("job", "t")).toMatchObject({
    executionInfo: { result: "success", retryCount: 0, requeueCount: 0 },
    nodeInfo: { nodeId: second },
    systemTaskVersion: 1,
  });
  expect(await (await client.tasks.stdout("job", "t")).text()).toBe(`${second}\n`);
  const executions = await readExecutions(client, "job");
  expect(executions.map(({ ordinal, state, nodeId }) => [ordinal, state, nodeId]).sort()).toEqual([
    [1, "lost", first],
    [2, "ended", second],
  ]);
  const ends = (await readEvents(client)).filter(
    ({ operationName }) => operationName === "TaskCompleteEvent",
  );
  expect(ends).toHaveLength(1);
  expect(readRuns(runs).get("t")).toBe(2);
  await server.end();
}, 60_000);

test("a node that is away for a while keeps its work", async () => {
  const server = await startServer(sandbox, { words: ["--local-nodes", "on", ...TIMES] });
  const { client } = server;
  const [nodeId = ""] = await createLocalPool(client, "pool", 1, 1);
  const runs = join(sandbox.path, "runs-kept");
  const text = `${noteRun(runs)}; sleep 1; exit 6`;
  await client.jobs.create({
    id: "job",
    poolInfo: { poolId: "pool" },
    tasks: [{ id: "t", commandLine: shell(text) }],
  });
  await untilRan(runs, 1);
  const agent = await untilAgent(sandbox, await nodeFolder(server, nodeId));
  signal(agent, "SIGSTOP");
  const contactOf = async () => (await client.nodes.get(nodeId)).contact;
  await until("it to be unknown", contactOf, (contact) => contact === "unknown");
  signal(agent, "SIGCONT");
  await client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 20_000 });
  expect(await client.tasks.get("job", "t")).toMatchObject({
    executionInfo: { exitCode: 6 },
    systemTaskVersion: 0,
  });
  expect(readRuns(runs).get("t")).toBe(1);
  await server.end();
}, 60_000);
