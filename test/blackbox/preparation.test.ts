import { beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { orNull } from "../../src/client/client.ts";
import { readEvents, shell } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, nodeFolder, type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const poolInfo = { poolId: "pool" };
let server: ServerProcess;
let nodeIds: string[];

beforeAll(async () => {
  server = await startServer(sandbox);
  nodeIds = await createLocalPool(server.client, "pool", 2, 2);
});

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

test("preparation runs before a node's first task and release once after the last", async () => {
  const { client } = server;
  const log = join(sandbox.path, "order");
  const note = (what: string) => shell(`echo ${what} $AZ_BATCH_NODE_ID >> ${log}`);
  const tasks = Array.from({ length: 12 }, (_, index) => ({
    id: `t${index}`,
    commandLine: note("task"),
  }));
  await client.jobs.create({
    id: "order",
    poolInfo,
    jobPreparationTask: { commandLine: note("prepare") },
    jobReleaseTask: { commandLine: note("release") },
    tasks,
  });
  await client.jobs.waitUntilTasksCompleted("order", { timeoutMs: 20_000 });
  await client.jobs.terminate("order");
  await client.jobs.waitUntilCompleted("order", { timeoutMs: 20_000 });
  await client.jobs.delete("order");
  await until(
    "the job to be gone",
    async () => await orNull(client.jobs.get("order")),
    (job) => job === null,
  );
  const lines = linesOf(log);
  expect(lines.filter((line) => line.startsWith("task"))).toHaveLength(12);
  for (const id of nodeIds) {
    const here = lines.filter((line) => line.endsWith(` ${id}`)).map((line) => line.split(" ")[0]);
    if (here.length === 0) continue;
    expect([here[0], here.at(-1)]).toEqual(["prepare", "release"]);
    expect(here.slice(1, -1).every((what) => what === "task")).toBe(true);
  }
  const specials = (await readEvents(client)).filter(
    ({ operationName, properties }) =>
      operationName === "SpecialTaskEvent" && properties["jobId"] === "order",
  );
  const releases = specials.filter(({ properties }) => properties["taskType"] === "JobRelease");
  expect(releases).toHaveLength(new Set(lines.map((line) => line.split(" ")[1])).size);
});

test("a failed preparation bars its node, and explain says so with the exit code", async () => {
  const { client } = server;
  await client.jobs.create({
    id: "barred",
    poolInfo,
    jobPreparationTask: { commandLine: shell("echo no >&2; exit 23") },
    tasks: Array.from({ length: 4 }, (_, index) => ({ id: `t${index}`, commandLine: "/bin/true" })),
  });
  const explanation = await until(
    "both nodes to be barred",
    async () => await client.tasks.explain("barred", "t3"),
    ({ reasons }) =>
      reasons.some(({ code, nodeCount }) => code === "NodeBarredByPreparation" && nodeCount === 2),
  );
  for (const id of nodeIds) expect(explanation.summary).toContain(`${id} (exit code 23)`);
  const { taskCounts } = await client.jobs.taskCounts("barred");
  expect(taskCounts).toMatchObject({ active: 4, completed: 0 });
  const { items } = await client.jobs.preparationStatus("barred");
  expect(items.map((item) => item.jobPreparationTaskExecutionInfo?.exitCode)).toEqual([23, 23]);
  await client.jobs.delete("barred");
});

test("deleting a job removes its directories from the nodes", async () => {
  const { client } = server;
  const touch = shell("touch made; mkdir -p deep/er; chmod 000 deep/er; ln -s / slash");
  await client.jobs.create({
    id: "deleted",
    poolInfo,
    jobPreparationTask: { commandLine: touch },
    jobReleaseTask: { commandLine: touch },
    tasks: Array.from({ length: 6 }, (_, index) => ({ id: `t${index}`, commandLine: touch })),
  });
  await client.jobs.waitUntilTasksCompleted("deleted", { timeoutMs: 20_000 });
  const folders = await Promise.all(
    nodeIds.map(async (id) => join(await nodeFolder(server, id), "root", "workitems", "deleted")),
  );
  expect(folders.filter((folder) => existsSync(folder))).not.toEqual([]);
  await client.jobs.delete("deleted");
  await until(
    "the job to be gone",
    async () => await orNull(client.jobs.get("deleted")),
    (job) => job === null,
  );
  await until(
    "its directories to be gone",
    () => folders.filter((folder) => existsSync(folder)),
    (left) => left.length === 0,
  );
});
