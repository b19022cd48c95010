import { beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskAdd } from "../../src/protocol/api/task.ts";
import { isRunning } from "./harness/processes.ts";
import { readEvents, readExecutions, shell, waitForFile } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer(sandbox);
  await createLocalPool(server.client, "pool", 1, 4);
});

async function createJob(id: string, tasks: TaskAdd[], more = {}) {
  await server.client.jobs.create({ id, poolInfo: { poolId: "pool" }, tasks, ...more });
}

async function untilEnded(jobId: string) {
  await server.client.jobs.waitUntilTasksCompleted(jobId, { timeoutMs: 30_000 });
}

async function infoOf(jobId: string, taskId: string) {
  return (await server.client.tasks.get(jobId, taskId)).executionInfo;
}

/** Process ids that a task has written into a file, one a line. */
function pidsIn(file: string): number[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").trim().split("\n").filter(Boolean).map(Number);
}

test("a command that is not there fails with CommandProgramNotFound and is not retried", async () => {
  await createJob("missing", [
    { id: "path", commandLine: "no-such-program --flag", constraints: { maxTaskRetryCount: 3 } },
    { id: "absolute", commandLine: "/no/such/program" },
    { id: "quotes", commandLine: "/bin/echo 'open" },
  ]);
  await untilEnded("missing");
  for (const id of ["path", "absolute"]) {
    const info = await infoOf("missing", id);
    expect(info).toMatchObject({
      result: "failure",
      retryCount: 0,
      failureInfo: { category: "usererror", code: "CommandProgramNotFound" },
    });
    expect(info.exitCode).toBeUndefined();
  }
  expect(await infoOf("missing", "quotes")).toMatchObject({
    failureInfo: { code: "CommandLaunchFailed" },
  });
  const executions = await readExecutions(server.client, "missing");
  expect(executions).toHaveLength(3);
  expect(executions[0]?.processes).toMatchObject([{ state: "failedToStart" }]);
});

test("an expired wall clock leaves no process of the tree, not even one in a session of its own", async () => {
  const pids = join(sandbox.path, "pids-wall-clock");
  // Deaf to SIGTERM, a child in its own session, and a grandchild whose parent is gone.
  const text = [
    `trap "" TERM; echo $$ >> ${pids}`,
    `setsid sh -c 'trap "" TERM; echo $$ >> ${pids}; while :; do sleep 1; done' &`,
    `sh -c '(trap "" TERM; sh -c "echo \\$\\$ >> ${pids}; exec sleep 1000") & exit 0'`,
    "while :; do sleep 1; done",
  ];
  const constraints = { maxWallClockTime: "PT1S", maxTaskRetryCount: 5 };
  await createJob("clock", [{ id: "t", commandLine: shell(text.join("\n")), constraints }]);
  await until(
    "three processes",
    () => pidsIn(pids),
    (found) => found.length === 3,
  );
  expect(pidsIn(pids).filter(isRunning)).toHaveLength(3);
  await untilEnded("clock");
  expect(pidsIn(pids).filter(isRunning)).toEqual([]);
  expect(await infoOf("clock", "t")).toMatchObject({
    result: "failure",
    retryCount: 0,
    failureInfo: { code: "TaskEnded", message: expect.stringContaining("maxWallClockTime") },
  });
});

test("a terminated task ends with its whole tree, and an active one without having run", async () => {
  const pids = join(sandbox.path, "pids-terminate");
  const text = `echo $$ >> ${pids}; setsid sleep 1000 & echo $! >> ${pids}; wait`;
  await createJob("stopped", [
    { id: "running", commandLine: shell(text) },
    { id: "waiting", commandLine: "/bin/true", requiredSlots: 100 },
  ]);
  await until(
    "two processes",
    () => pidsIn(pids),
    (found) => found.length === 2,
  );
  await server.client.tasks.terminate("stopped", "running");
  await server.client.tasks.terminate("stopped", "waiting");
  await untilEnded("stopped");
  expect(pidsIn(pids).filter(isRunning)).toEqual([]);
  for (const id of ["running", "waiting"]) {
    expect(await infoOf("stopped", id)).toMatchObject({
      result: "failure",
      failureInfo: { code: "TaskEnded" },
    });
  }
  expect(await readExecutions(server.client, "stopped")).toHaveLength(1);
});

test("a failing task is retried up to its limit, in its directory, each try with a start event", async () => {
  const { client } = server;
  const text = "echo try >> tries; echo $(wc -l < tries); [ $(wc -l < tries) = 3 ]";
  await createJob("retries", [
    { id: "third", commandLine: shell(text), constraints: { maxTaskRetryCount: 5 } },
    { id: "never", commandLine: shell("exit 9"), constraints: { maxTaskRetryCount: 2 } },
    { id: "none", commandLine: shell("exit 1") },
  ]);
  await untilEnded("retries");
  expect(await infoOf("retries", "third")).toMatchObject({ result: "success", retryCount: 2 });
  expect(await infoOf("retries", "never")).toMatchObject({
    result: "failure",
    exitCode: 9,
    retryCount: 2,
    requeueCount: 0,
    failureInfo: { code: "FailureExitCode" },
  });
  expect(await infoOf("retries", "none")).toMatchObject({ exitCode: 1, retryCount: 0 });
  expect(await (await client.tasks.stdout("retries", "third")).text()).toBe("1\n2\n3\n");
  const events = (await readEvents(client)).filter(
    ({ properties }) => properties["jobId"] === "retries" && properties["id"] === "never",
  );
  expect(events.map(({ operationName }) => operationName)).toEqual([
    "TaskStartEvent",
    "TaskStartEvent",
    "TaskStartEvent",
    "TaskCompleteEvent",
    "TaskFailEvent",
  ]);
  expect(events.slice(0, 3).map(({ properties }) => properties)).toEqual(
    [0, 1, 2].map((retryCount) => ({
      jobId: "retries",
      id: "never",
      taskType: "User",
      systemTaskVersion: expect.any(Number),
      requiredSlots: 1,
      nodeInfo: { poolId: "pool", nodeId: expect.any(String) },
      multiInstanceSettings: { numberOfInstances: 1 },
      constraints: { maxTaskRetryCount: 2 },
      executionInfo: { retryCount },
    })),
  );
  const versions = events.slice(0, 3).map(({ properties }) => properties["systemTaskVersion"]);
  expect(new Set(versions).size).toBe(3);
});

test("disabling a job with requeue stops its tasks, and enabling runs them again", async () => {
  const { client } = server;
  const gate = join(sandbox.path, "gate-requeue");
  const text = `echo $$; ${waitForFile(gate)}`;
  await createJob("requeue", [{ id: "t", commandLine: shell(text) }]);
  const running = async () => (await client.tasks.get("requeue", "t")).state;
  await until("it to run", running, (seen) => seen === "running");
  await client.jobs.disable("requeue", { disableTasks: "requeue" });
  const jobState = async () => (await client.jobs.get("requeue")).state;
  await until("the job to be disabled", jobState, (seen) => seen === "disabled");
  const { state, executionInfo } = await client.tasks.get("requeue", "t");
  expect({ state, executionInfo }).toMatchObject({
    state: "active",
    executionInfo: { requeueCount: 1, retryCount: 0 },
  });
  const { reasons } = await client.tasks.explain("requeue", "t");
  expect(reasons).toMatchObject([{ code: "JobDisabled" }]);
  await Bun.write(gate, "");
  await client.jobs.enable("requeue");
  await untilEnded("requeue");
  expect(await infoOf("requeue", "t")).toMatchObject({ result: "success", requeueCount: 1 });
  expect(await readExecutions(client, "requeue")).toHaveLength(2);
});

test("a task that cannot run says why", async () => {
  const { client } = server;
  await createJob("why", [{ id: "big", commandLine: "/bin/true", requiredSlots: 5 }]);
  expect((await client.tasks.explain("why", "big")).reasons).toMatchObject([
    { code: "RequiredSlotsTooLarge", message: expect.stringContaining("5 slots") },
  ]);
  await client.jobs.create({ id: "nowhere", poolInfo: { poolId: "none" } });
  await client.tasks.add("nowhere", { id: "t", commandLine: "/bin/true" });
  expect((await client.tasks.explain("nowhere", "t")).reasons).toMatchObject([
    { code: "PoolNotFound" },
  ]);
});

test("the environment of a task is Azure Batch's, with twins of our own name", async () => {
  const { client } = server;
  await createJob(
    "environment",
    [
      {
        id: "t",
        commandLine: "/usr/bin/env",
        environmentSettings: [
          { name: "SHARED", value: "task" },
          { name: "AZ_BATCH_JOB_ID", value: "forged" },
        ],
      },
    ],
    {
      commonEnvironmentSettings: [
        { name: "SHARED", value: "job" },
        { name: "JOB", value: "1" },
      ],
    },
  );
  await untilEnded("environment");
  const text = await (await client.tasks.stdout("environment", "t")).text();
  const variables = new Map(
    text
      .trim()
      .split("\n")
      .map((line) => line.split("=", 2) as [string, string]),
  );
  expect(variables.get("SHARED")).toBe("task");
  expect(variables.get("JOB")).toBe("1");
  expect(variables.get("AZ_BATCH_JOB_ID")).toBe("environment");
  expect(variables.get("AZ_BATCH_TASK_ID")).toBe("t");
  expect(variables.get("STINT_TASK_ID")).toBe("t");
  const root = variables.get("AZ_BATCH_NODE_ROOT_DIR");
  expect(variables.get("AZ_BATCH_TASK_DIR")).toBe(`${root}/workitems/environment/job-1/t`);
  expect(variables.get("PWD") ?? variables.get("AZ_BATCH_TASK_WORKING_DIR")).toEndWith("/t/wd");
  expect(text).not.toContain("BUN_");
});
