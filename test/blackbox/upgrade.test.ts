import { beforeAll, expect, test } from "bun:test";
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { processesOfNode } from "./harness/agents.ts";
import { newHost, untilConnected } from "./harness/hosts.ts";
import { auditRuns, noteRun, shell, untilRan, waitForFile } from "./harness/runs.ts";
import { EXECUTABLE, useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, freePort, nodeFolder, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const NEXT_VERSION = "9.8.7-next";
const root = join(import.meta.dir, "..", "..");
let next: string;

beforeAll(async () => {
  next = join(sandbox.folder("next"), "stint");
  const words = ["scripts/build.ts", `--outfile=${next}`, `--version=${NEXT_VERSION}`];
  const build = Bun.spawn([process.execPath, ...words], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  expect([await new Response(build.stderr).text(), await build.exited]).toEqual(["", 0]);
});

/** An executable in a place of its own, and what puts the next version there, as a package manager does. */
function newExecutable(): { path: string; replace: () => void } {
  const path = join(sandbox.folder("installed"), "stint");
  copyFileSync(EXECUTABLE, path);
  return {
    path,
    replace() {
      copyFileSync(next, `${path}.new`);
      renameSync(`${path}.new`, path);
    },
  };
}

test("server and agents are replaced under 100 executions, which nobody notices", async () => {
  const executable = newExecutable();
  const port = freePort();
  const old = await startServer(sandbox, { executable: executable.path, port });
  const nodes = await createLocalPool(old.client, "pool", 2, 50);
  const folders = await Promise.all(nodes.map((id) => nodeFolder(old, id)));
  const runs = join(sandbox.path, "runs");
  const gate = join(sandbox.path, "gate");
  const text = `${noteRun(runs)}; ${waitForFile(gate, 0.2)}; exit $\{AZ_BATCH_TASK_ID#t}`;
  const tasks = Array.from({ length: 100 }, (_, index) => ({
    id: `t${index}`,
    commandLine: shell(text),
  }));
  await old.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" }, tasks });
  await untilRan(runs, 100);
  const before = folders.map((folder) => processesOfNode(sandbox, folder));
  executable.replace();
  expect(await old.end()).toBe(0);
  const server = await startServer(sandbox, { executable: executable.path, data: old.data, port });
  const { client } = server;
  await until(
    "agents of the next version",
    async () => (await client.nodes.list({ poolId: "pool" })).items,
    (items) =>
      items.every(
        ({ contact, nodeAgentInfo }) =>
          contact === "connected" && nodeAgentInfo?.version === NEXT_VERSION,
      ),
  );
  // New work, with the slots of tasks that end: it goes to a shim of its own version.
  const isOld = (pid: number) => before.some(({ shims }) => shims.some((shim) => shim.pid === pid));
  for (const folder of folders) {
    const { agents, shims } = processesOfNode(sandbox, folder);
    expect([agents.length, shims.length]).toEqual([1, 2]);
    expect(shims.filter(({ pid }) => isOld(pid))).toHaveLength(1);
  }
  await Bun.write(gate, "");
  await client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 60_000 });
  await until(
    "the old shims to end",
    () => folders.map((folder) => processesOfNode(sandbox, folder).shims),
    (shims) => shims.every((each) => each.length === 1 && !each.some(({ pid }) => isOld(pid))),
  );
  await client.jobs.create({
    id: "after",
    poolInfo: { poolId: "pool" },
    tasks: [{ id: "t0", commandLine: shell("echo new") }],
  });
  await client.jobs.waitUntilTasksCompleted("after", { timeoutMs: 20_000 });
  const { problems, tasks: ended, runs: counted } = await auditRuns(client, "job", runs);
  expect(problems).toEqual([]);
  expect(new Set(counted.values())).toEqual(new Set([1]));
  expect(ended.map(({ executionInfo }) => executionInfo.exitCode)).toEqual(
    Array.from({ length: 100 }, (_, index) => index),
  );
  expect((await client.system.get()).version).toBe(NEXT_VERSION);
  await server.end();
}, 120_000);

test("a joined host is upgraded by starting the next agent", async () => {
  const executable = newExecutable();
  const server = await startServer(sandbox, { words: ["--local-nodes", "off"] });
  const { client } = server;
  await client.pools.create({ id: "hosts", provider: "none", taskSlotsPerNode: 4 });
  const host = await newHost(sandbox, server, "hosts", "host");
  const first = sandbox.spawn(host.words, { executable: executable.path });
  await untilConnected(server, "host");
  const runs = join(sandbox.path, "runs-host");
  const gate = join(sandbox.path, "gate-host");
  const wait = `${noteRun(runs)}; ${waitForFile(gate)}`;
  const task = (id: string, text: string) => ({ id, commandLine: shell(text) });
  await client.jobs.create({
    id: "host",
    poolInfo: { poolId: "hosts" },
    tasks: [task("a", `${wait}; exit 5`), task("b", `${wait}; exit 6`)],
  });
  await untilRan(runs, 2);
  const shims = () => sandbox.processes(host.data).filter(({ words }) => words.includes("shim"));
  const [oldShim] = shims();
  executable.replace();
  first.kill("SIGTERM");
  await first.exited;
  const second = sandbox.spawn(host.words, { executable: executable.path });
  await until(
    "the next version",
    async () => await client.nodes.get("host"),
    (node) => node.contact === "connected" && node.nodeAgentInfo?.version === NEXT_VERSION,
  );
  await client.tasks.add("host", task("c", `${noteRun(runs)}; cut -d " " -f 4 /proc/$$/stat`));
  const ended = async () => (await client.tasks.get("host", "c")).state;
  await until("new work to end", ended, (state) => state === "completed");
  const parent = Number(await (await client.tasks.stdout("host", "c")).text());
  expect(shims().map(({ pid }) => pid)).toContain(parent);
  expect(parent).not.toBe(oldShim?.pid ?? 0);
  await Bun.write(gate, "");
  await client.jobs.waitUntilTasksCompleted("host", { timeoutMs: 20_000 });
  await until(
    "the old shim to end",
    shims,
    (left) => left.map(({ pid }) => pid).join() === `${parent}`,
  );
  const { problems, tasks } = await auditRuns(client, "host", runs);
  expect(problems).toEqual([]);
  expect(tasks.map(({ executionInfo }) => executionInfo.exitCode)).toEqual([5, 6, 0]);
  second.kill("SIGTERM");
  await second.exited;
  await server.end();
}, 60_000);
