import { beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readExecutions, shell, waitForFile } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, nodeFolder, type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const poolInfo = { poolId: "pool" };
let server: ServerProcess;
let nodeId: string;

beforeAll(async () => {
  server = await startServer(sandbox);
  [nodeId = ""] = await createLocalPool(server.client, "pool", 1, 4);
});

const FOREVER = shell("sleep 1000");

function many(count: number, commandLine: string) {
  return Array.from({ length: count }, (_, index) => ({ id: `t${index}`, commandLine }));
}

async function untilCounted(jobId: string, key: "running" | "completed", count: number) {
  await until(
    `${count} tasks ${key}`,
    async () => (await server.client.jobs.taskCounts(jobId)).taskCounts[key],
    (seen) => seen === count,
  );
}

test("maxParallelTasks bounds how many run at once, and a patch raises it", async () => {
  const { client } = server;
  await client.jobs.create({
    id: "parallel",
    poolInfo,
    maxParallelTasks: 2,
    tasks: many(4, FOREVER),
  });
  await untilCounted("parallel", "running", 2);
  const { reasons } = await client.tasks.explain("parallel", "t3");
  expect(reasons.map(({ code }) => code)).toContain("MaxParallelTasks");
  await client.jobs.patch("parallel", { maxParallelTasks: 3 });
  await untilCounted("parallel", "running", 3);
  await client.jobs.terminate("parallel", "enough");
  const job = await client.jobs.waitUntilCompleted("parallel", { timeoutMs: 20_000 });
  expect(job.executionInfo.terminateReason).toBe("enough");
  // What was active stays active for ever; what ran has ended.
  const { taskCounts } = await client.jobs.taskCounts("parallel");
  expect(taskCounts).toMatchObject({ active: 1, running: 0, failed: 3 });
  const { state, executionInfo } = await client.tasks.get("parallel", "t0");
  expect({ state, code: executionInfo.failureInfo?.code }).toEqual({
    state: "completed",
    code: "TaskEnded",
  });
  expect((await client.tasks.explain("parallel", "t3")).reasons).toMatchObject([
    { code: "JobEnded" },
  ]);
});

test("a job of higher priority goes first", async () => {
  const { client } = server;
  const log = join(sandbox.path, "priority");
  const gate = join(sandbox.path, "gate");
  const block = shell(waitForFile(gate));
  await client.jobs.create({ id: "block", poolInfo, tasks: many(4, block) });
  await untilCounted("block", "running", 4);
  for (const [id, priority] of [
    ["low", -10],
    ["high", 900],
    ["middle", 0],
  ] as const) {
    const commandLine = shell(`echo ${id} >> ${log}`);
    // All slots, so that one runs after the other.
    const tasks = many(3, commandLine).map((task) => ({ ...task, requiredSlots: 4 }));
    await client.jobs.create({ id, poolInfo, priority, tasks });
  }
  await Bun.write(gate, "");
  for (const id of ["low", "high", "middle"]) {
    await client.jobs.waitUntilTasksCompleted(id, { timeoutMs: 20_000 });
  }
  const order = readFileSync(log, "utf8").trim().split("\n");
  expect(order).toEqual(["high", "middle", "low"].flatMap((id) => [id, id, id]));
});

test("a job that ends when all its tasks have ended, ends by itself", async () => {
  const { client } = server;
  await client.jobs.create({ id: "auto", poolInfo, tasks: many(3, "/bin/true") });
  await client.jobs.waitUntilTasksCompleted("auto", { timeoutMs: 20_000 });
  expect((await client.jobs.get("auto")).state).toBe("active");
  await client.jobs.patch("auto", { onAllTasksComplete: "terminatejob" });
  const job = await client.jobs.waitUntilCompleted("auto", { timeoutMs: 20_000 });
  expect(job.executionInfo.terminateReason).toBe("AllTasksComplete");
});

test("a job's wall clock ends it with its tasks", async () => {
  const { client } = server;
  const constraints = { maxWallClockTime: "PT0.5S" };
  await client.jobs.create({ id: "clock", poolInfo, constraints, tasks: many(2, FOREVER) });
  const job = await client.jobs.waitUntilCompleted("clock", { timeoutMs: 20_000 });
  expect(job.executionInfo.terminateReason).toBe("MaxWallClockTimeExpiry");
  expect((await client.jobs.taskCounts("clock")).taskCounts.failed).toBe(2);
});

test("disable waits for tasks or ends them, as it was told", async () => {
  const { client } = server;
  const gate = join(sandbox.path, "gate-disable");
  const wait = shell(waitForFile(gate));
  const stateOf = async (id: string) => (await client.jobs.get(id)).state;
  await client.jobs.create({ id: "waits", poolInfo, tasks: many(1, wait) });
  await client.jobs.create({ id: "ends", poolInfo, tasks: many(1, wait) });
  await untilCounted("waits", "running", 1);
  await untilCounted("ends", "running", 1);
  await client.jobs.disable("ends", { disableTasks: "terminate" });
  await until(
    "it to be disabled",
    () => stateOf("ends"),
    (state) => state === "disabled",
  );
  expect((await client.jobs.taskCounts("ends")).taskCounts).toMatchObject({ failed: 1 });
  await client.jobs.disable("waits", { disableTasks: "wait" });
  expect(await stateOf("waits")).toBe("disabling");
  await Bun.write(gate, "");
  await until(
    "it to be disabled",
    () => stateOf("waits"),
    (state) => state === "disabled",
  );
  expect((await client.jobs.taskCounts("waits")).taskCounts).toMatchObject({ succeeded: 1 });
});

test("a failed task is reactivated with a fresh count, a successful one is not", async () => {
  const { client } = server;
  const fixed = join(sandbox.path, "fixed");
  await client.jobs.create({
    id: "again",
    poolInfo,
    tasks: [
      { id: "t", commandLine: shell(`[ -e ${fixed} ]`), constraints: { maxTaskRetryCount: 1 } },
    ],
  });
  await client.jobs.waitUntilTasksCompleted("again", { timeoutMs: 20_000 });
  expect((await client.tasks.get("again", "t")).executionInfo).toMatchObject({ retryCount: 1 });
  await Bun.write(fixed, "");
  await client.tasks.reactivate("again", "t");
  await client.jobs.waitUntilTasksCompleted("again", { timeoutMs: 20_000 });
  expect((await client.tasks.get("again", "t")).executionInfo).toMatchObject({
    result: "success",
    retryCount: 0,
    exitCode: 0,
  });
  await expect(client.tasks.reactivate("again", "t")).rejects.toMatchObject({
    status: 409,
    code: "TaskSucceeded",
  });
  expect(await readExecutions(client, "again")).toHaveLength(3);
});

test("a task's directory goes when its retention is over, or with the task; its record stays or goes", async () => {
  const { client } = server;
  const workItems = join(await nodeFolder(server, nodeId), "root", "workitems", "retention");
  await client.jobs.create({
    id: "retention",
    poolInfo,
    tasks: [
      { id: "short", commandLine: shell("echo out"), constraints: { retentionTime: "PT0.3S" } },
      { id: "long", commandLine: "/bin/true" },
    ],
  });
  await client.jobs.waitUntilTasksCompleted("retention", { timeoutMs: 20_000 });
  const folder = (id: string) => join(workItems, "job-1", id);
  const isThere = (id: string) => existsSync(folder(id));
  await until(
    "the directory to go",
    () => isThere("short"),
    (there) => !there,
  );
  expect(isThere("long")).toBe(true);
  expect((await client.tasks.get("retention", "short")).state).toBe("completed");
  expect(await (await client.tasks.stdout("retention", "short")).text()).toBe("out\n");
  await client.tasks.delete("retention", "long");
  await until(
    "the directory to go",
    () => isThere("long"),
    (there) => !there,
  );
  await expect(client.tasks.get("retention", "long")).rejects.toMatchObject({ status: 404 });
});
