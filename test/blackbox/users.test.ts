import { beforeAll, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TaskAdd } from "../../src/protocol/api/task.ts";
import { type Host, newHost, untilConnected } from "./harness/hosts.ts";
import { shell } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, type ServerProcess, startServer } from "./harness/server.ts";

const sandbox = useSandbox();
const isRoot = process.getuid?.() === 0;
const FIRST_UID = 712_000;
let server: ServerProcess;
let host: Host;

beforeAll(async () => {
  server = await startServer(sandbox);
  const { client } = server;
  await createLocalPool(client, "plain", 1, 4);
  await client.pools.create({ id: "users", provider: "none", taskSlotsPerNode: 4 });
  host = await newHost(sandbox, server, "users", "host");
  const config = join(dirname(host.data), "agent.yaml");
  const lines = [
    "allowedUsers:",
    "  admin: true",
    "  named: [nobody]",
    `  accounts: { firstUid: ${FIRST_UID}, count: 3 }`,
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
  // The other users have to get to their directories.
  for (const path of [sandbox.path, dirname(host.data)]) chmodSync(path, 0o755);
  sandbox.spawn([...host.words, "--config", config]);
  await untilConnected(server, "host");
});

async function runTasks(jobId: string, poolId: string, tasks: TaskAdd[]) {
  const { client } = server;
  await client.jobs.create({ id: jobId, poolInfo: { poolId }, tasks });
  await client.jobs.waitUntilTasksCompleted(jobId, { timeoutMs: 20_000 });
  return (await client.tasks.list(jobId)).items;
}

async function outputOf(jobId: string, taskId: string): Promise<string> {
  return (await (await server.client.tasks.stdout(jobId, taskId)).text()).trim();
}

const uidTask = (id: string, userIdentity?: TaskAdd["userIdentity"]): TaskAdd => ({
  id,
  commandLine: "/usr/bin/id -u",
  ...(userIdentity === undefined ? {} : { userIdentity }),
});

test("a node gives no user that its own configuration does not list", async () => {
  const tasks = await runTasks("refused", "plain", [
    uidTask("named", { userName: "nobody" }),
    uidTask("admin", { autoUser: { elevationLevel: "admin" } }),
    { ...uidTask("retried", { userName: "root" }), constraints: { maxTaskRetryCount: 3 } },
    uidTask("own", { autoUser: { scope: "task" } }),
  ]);
  for (const { id, executionInfo } of tasks.filter((task) => task.id !== "own")) {
    expect({ id, info: executionInfo }).toMatchObject({
      info: {
        result: "failure",
        retryCount: 0,
        failureInfo: { category: "usererror", code: "UserAccountNotAllowed" },
      },
    });
  }
  expect(await outputOf("refused", "own")).toBe(String(process.getuid?.()));
});

test("tasks run as the users that the node allows, each in a directory of its own", async () => {
  if (!isRoot) {
    const admin = uidTask("t", { autoUser: { elevationLevel: "admin" } });
    const tasks = await runTasks("as-root", "users", [admin]);
    expect(tasks[0]?.executionInfo.failureInfo?.code).toBe("UserAccountNotAllowed");
    return;
  }
  const tasks = await runTasks("granted", "users", [
    uidTask("pool1"),
    uidTask("pool2", { autoUser: { scope: "pool" } }),
    uidTask("task1", { autoUser: { scope: "task" } }),
    uidTask("task2", { autoUser: { scope: "task" } }),
    uidTask("task3", { autoUser: { scope: "task" } }),
    uidTask("admin", { autoUser: { elevationLevel: "admin" } }),
    uidTask("named", { userName: "nobody" }),
  ]);
  const refused = tasks.filter(({ executionInfo }) => executionInfo.result !== "success");
  // Three accounts: the pool's and two tasks' own.
  expect(refused.map(({ executionInfo }) => executionInfo.failureInfo?.code)).toEqual([
    "UserAccountNotAllowed",
  ]);
  const pool = await outputOf("granted", "pool1");
  expect(await outputOf("granted", "pool2")).toBe(pool);
  const own = tasks.filter(
    ({ id }) => id.startsWith("task") && !refused.some((task) => task.id === id),
  );
  const uids = await Promise.all(own.map(({ id }) => outputOf("granted", id)));
  expect(new Set([pool, ...uids]).size).toBe(3);
  for (const uid of [pool, ...uids].map(Number)) {
    expect(uid).toBeWithin(FIRST_UID, FIRST_UID + 3);
  }
  expect(await outputOf("granted", "admin")).toBe("0");
  expect(await outputOf("granted", "named")).toBe(String(Number(await idOf("nobody"))));
});

async function idOf(name: string): Promise<string> {
  return (await Bun.$`id -u ${name}`.text()).trim();
}

test("a task of another user reads neither the node's key nor its journal, and leaves no process", async () => {
  const text = [
    `cat ${host.data}/key ${host.data}/identity.json ${host.data}/journal.jsonl && echo READ`,
    `ls ${host.data}/shims && echo LISTED`,
    `cat ${server.data}/token ${server.data}/server.json && echo TOKEN`,
    `touch written && echo WRITTEN; echo x > ../beside && echo BESIDE`,
    "env | grep -i -e token -e join",
    "setsid sleep 1000 &",
    "exit 0",
  ];
  await runTasks("curious", "users", [{ id: "t", commandLine: shell(text.join("\n")) }]);
  const output = await outputOf("curious", "t");
  if (isRoot) expect(output).toBe("WRITTEN");
  else expect(output).toContain("WRITTEN");
  const left = sandbox.processes(host.root).filter(({ words }) => words[0] === "sleep");
  expect(left).toEqual([]);
});
