import { expect, test } from "bun:test";
import { join } from "node:path";
import { processesOfNode, untilAgent, untilAgentIsBack } from "./harness/agents.ts";
import { signal } from "./harness/processes.ts";
import { auditRuns, noteRun, shell, untilRan, waitForFile } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, nodeFolder, startServer } from "./harness/server.ts";

const sandbox = useSandbox();

test("executions of a killed agent are adopted and keep their exit codes", async () => {
  const runsFile = join(sandbox.path, "runs");
  const gate = join(sandbox.path, "gate");
  const server = await startServer(sandbox);
  const [nodeId = ""] = await createLocalPool(server.client, "pool", 1, 8);
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" } });
  // Some end while there is no agent, some after it is back, one by a signal.
  const codes = [0, 1, 7, 255, 0, 42, 3];
  const tasks = codes.map((code, index) => {
    const wait = index < 4 ? "sleep 0.3" : waitForFile(gate);
    const commandLine = shell(
      `${noteRun(runsFile)}; echo out$AZ_BATCH_TASK_ID; ${wait}; exit ${code}`,
    );
    return { id: `t${index}`, commandLine };
  });
  const killed = {
    id: "killed",
    commandLine: shell(`${noteRun(runsFile)}; sleep 0.3; kill -9 $$`),
  };
  await server.client.tasks.addMany("job", [...tasks, killed]);
  await untilRan(runsFile, codes.length + 1);
  const before = await untilAgent(sandbox, await nodeFolder(server, nodeId));
  signal(before, "SIGKILL");
  await untilAgentIsBack(sandbox, server, nodeId, before);
  await Bun.write(gate, "");
  await server.client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 30_000 });
  const {
    problems,
    runs,
    tasks: ended,
    executions,
  } = await auditRuns(server.client, "job", runsFile);
  expect(problems).toEqual([]);
  expect(new Set(runs.values())).toEqual(new Set([1]));
  const exitCodes = ended.map(({ id, executionInfo }) => [id, executionInfo.exitCode]);
  expect(exitCodes).toEqual([...codes.map((code, index) => [`t${index}`, code]), ["killed", 137]]);
  const processes = executions.get("killed")?.[0]?.processes;
  expect(processes).toMatchObject([{ state: "killed", signal: 9 }]);
  for (const index of codes.keys()) {
    const output = await server.client.tasks.stdout("job", `t${index}`);
    expect(await output.text()).toBe(`outt${index}\n`);
  }
  await server.end();
});

test("tasks of a killed shim end as lost with ExitCodeUnknown and are recovered", async () => {
  const folder = sandbox.folder("shim");
  const runsFile = join(folder, "runs");
  const gate = join(folder, "gate");
  const server = await startServer(sandbox);
  const [nodeId = ""] = await createLocalPool(server.client, "pool", 1, 4);
  const commandLine = shell(`${noteRun(runsFile)}; ${waitForFile(gate)}`);
  const tasks = Array.from({ length: 4 }, (_, index) => ({ id: `t${index}`, commandLine }));
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" }, tasks });
  await untilRan(runsFile, 4);
  const below = await nodeFolder(server, nodeId);
  const { shims } = processesOfNode(sandbox, below);
  expect(shims).toHaveLength(1);
  signal(shims[0]?.pid ?? 0, "SIGKILL");
  // The processes are adopted: the tasks still run, and only their end is without an exit code.
  const counts = await server.client.jobs.taskCounts("job");
  expect(counts.taskCounts.running).toBe(4);
  await Bun.write(gate, "");
  await server.client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 30_000 });
  const {
    problems,
    runs,
    tasks: ended,
    executions,
  } = await auditRuns(server.client, "job", runsFile);
  expect(problems).toEqual([]);
  expect(new Set(runs.values())).toEqual(new Set([2]));
  for (const { id, executionInfo, systemTaskVersion } of ended) {
    expect(executionInfo).toMatchObject({ result: "success", retryCount: 0, requeueCount: 0 });
    const [first, second] = (executions.get(id) ?? []).sort(
      (left, right) => left.ordinal - right.ordinal,
    );
    expect(first).toMatchObject({ state: "lost" });
    expect(first?.processes).toMatchObject([
      { state: "unseen", failureInfo: { code: "ExitCodeUnknown" } },
    ]);
    expect(second).toMatchObject({ state: "ended" });
    expect(systemTaskVersion).toBeGreaterThan(0);
  }
  await server.end();
});
