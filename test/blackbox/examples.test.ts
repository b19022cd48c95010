import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Task } from "../../src/protocol/api/answer/task.ts";
import { allocationsOf, untilRunning } from "./harness/groups.ts";
import { signal } from "./harness/processes.ts";
import { readEvents, readExecutions, readTasks } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer, untilNodesAre } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const EXAMPLES = join(import.meta.dir, "..", "..", "examples");

const sandbox = useSandbox();
const tried = new Set<string>();
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer(sandbox, { role: "dev" });
  await untilNodesAre(server.client, "default", 2);
});

afterAll(() => server.end());

function stint(...words: string[]) {
  return sandbox.run(words, { env: { STINT_DATA: server.data } });
}

/** Runs an example as its first lines tell, and answers its tasks; the job is over then. */
async function runExample(file: string, jobId: string): Promise<Task[]> {
  tried.add(file);
  const { exitCode, stderr } = await stint("job", "run", join(EXAMPLES, file), "--wait");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) });
  const job = await server.client.jobs.get(jobId);
  expect(job.state).toBe("completed");
  expect(job.executionInfo.terminateReason).toBe("AllTasksComplete");
  const tasks = await readTasks(server.client, jobId);
  expect(tasks.map(({ id, executionInfo }) => `${id} ${executionInfo.result}`)).toEqual(
    tasks.map(({ id }) => `${id} success`),
  );
  return tasks;
}

async function logOf(jobId: string, taskId: string): Promise<string> {
  const { stdout, exitCode } = await stint("jobtask", "log", jobId, taskId);
  expect(exitCode).toBe(0);
  return stdout;
}

test("hello.yaml says where it runs, and that no shell reads a command line", async () => {
  const tasks = await runExample("hello.yaml", "hello");
  expect(tasks.map(({ id }) => id)).toEqual(["greet", "words"]);
  const nodeId = tasks[0]?.nodeInfo?.nodeId;
  expect(await logOf("hello", "greet")).toBe(`Hello from task greet on node ${nodeId}.\n`);
  expect(await logOf("hello", "words")).toBe(
    "These words reach the program as they are, $HOME included.\n",
  );
});

test("prep-release.yaml prepares each node once, and its release removes what it made", async () => {
  const jobId = "prep-release";
  const tasks = await runExample("prep-release.yaml", jobId);
  const { client } = server;
  const { items } = await client.jobs.preparationStatus(jobId);
  const seen: string[] = [];
  for (const entry of items) {
    expect(entry.jobPreparationTaskExecutionInfo?.exitCode).toBe(0);
    expect(entry.jobReleaseTaskExecutionInfo?.exitCode).toBe(0);
    const output = await client.jobs.specialOutput(jobId, entry.nodeId, "jobrelease", "stdout");
    const [first, ...rest] = (await output.text()).trimEnd().split("\n");
    expect(first).toBe(`${entry.nodeId} tasks:`);
    seen.push(...rest.map((line) => line.trim()));
    const shared = await client.nodes.files(entry.nodeId, { path: "shared" });
    expect(shared.items).toEqual([]);
  }
  expect(seen.sort()).toEqual(tasks.map(({ id }) => id));
  expect(tasks).toHaveLength(8);
});

test("retries.yaml succeeds at its third try, in the directory of the first", async () => {
  const [stubborn, atOnce] = await runExample("retries.yaml", "retries");
  expect(stubborn?.executionInfo).toMatchObject({ retryCount: 2, requeueCount: 0, exitCode: 0 });
  expect(atOnce?.executionInfo).toMatchObject({ retryCount: 0, exitCode: 0 });
  expect(await logOf("retries", "stubborn")).toBe("try 1\ntry 2\ntry 3\n");
  const executions = (await readExecutions(server.client, "retries")).filter(
    ({ taskId }) => taskId === "stubborn",
  );
  expect(executions.map(({ processes }) => processes?.[0]?.exitCode)).toEqual([1, 1, 0]);
  expect(new Set(executions.map(({ nodeId }) => nodeId)).size).toBe(1);
});

test("resource-files.json has its files and variables there before the command", async () => {
  await runExample("resource-files.json", "resource-files");
  expect(await logOf("resource-files", "script")).toBe("Good day, Ada.\none\ntwo\n");
  expect(await logOf("resource-files", "plain")).toBe("Good day, everybody.\n");
});

/** The most slots in use at once, of each node and of the pool, and the most tasks, by the events of a job. */
async function peaks(jobId: string) {
  const used = new Map<string, number>();
  const most = { tasks: 0, slotsOfNode: 0 };
  let tasks = 0;
  for (const { operationName, properties } of await readEvents(server.client)) {
    if (properties["jobId"] !== jobId) continue;
    const { nodeId } = properties["nodeInfo"] as { nodeId: string };
    const sign = operationName === "TaskStartEvent" ? 1 : -1;
    const slots = (used.get(nodeId) ?? 0) + sign * Number(properties["requiredSlots"]);
    used.set(nodeId, slots);
    tasks += sign;
    most.tasks = Math.max(most.tasks, tasks);
    most.slotsOfNode = Math.max(most.slotsOfNode, slots);
  }
  return most;
}

test("slots.yaml never uses more slots than a node has, nor runs more tasks than it allows", async () => {
  const tasks = await runExample("slots.yaml", "slots");
  expect(tasks.map(({ requiredSlots }) => requiredSlots)).toEqual([4, 4, 2, 2, 2, 1, 1, 1, 1]);
  expect(await logOf("slots", "large-2")).toBe("large-2 has a node to itself\n");
  const most = await peaks("slots");
  expect(most.slotsOfNode).toBe(4);
  expect(most.tasks).toBeLessThanOrEqual(6);
});

/** Runs an example that is a job of groups, as its first lines tell. */
async function runGroups(file: string): Promise<void> {
  tried.add(file);
  const { exitCode, stderr } = await stint("job", "run", join(EXAMPLES, file));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) });
}

async function memberLog(allocationId: string, member: string): Promise<string> {
  const answer = await server.client.groups.logs(allocationId, member, "stdout");
  return await answer.text();
}

test("ticker.nomad.hcl is deployed, and a killed process of it runs again", async () => {
  await runGroups("ticker.nomad.hcl");
  const [first] = await untilRunning(server.client, "ticker", 2);
  const { deployment } = await server.client.groups.status("ticker");
  expect(deployment?.status).toBe("successful");
  const id = first?.id ?? "";
  const [loop] = sandbox
    .processes(server.data)
    .filter(({ words }) => words.join(" ").includes("tick of"));
  signal(loop?.pid ?? 0, "SIGKILL");
  const restarts = async () => {
    const all = await allocationsOf(server.client, "ticker");
    const states = await Promise.all(all.map((one) => server.client.groups.allocation(one.id)));
    return states.reduce((sum, { members }) => sum + (members[0]?.restarts ?? 0), 0);
  };
  await until("a restart", restarts, (count) => count === 1);
  await until(
    "its words",
    () => memberLog(id, "loop"),
    (text) => text.includes("tick of ticker.tick["),
  );
  await stint("job", "stop", "ticker");
});

test("canary.nomad.hcl tries a new version beside the old one, until it is promoted", async () => {
  await runGroups("canary.nomad.hcl");
  const example = join(EXAMPLES, "canary.nomad.hcl");
  const second = await stint("job", "run", "-detach", "-var", "text=two", example);
  expect(second.exitCode).toBe(0);
  const versions = async () =>
    (await untilRunning(server.client, "canary", 3)).map(({ version }) => version).sort();
  expect(await versions()).toEqual([0, 0, 1]);
  await until(
    "a healthy canary",
    () => server.client.groups.status("canary"),
    ({ deployment }) => deployment?.version === 1 && deployment.groups[0]?.healthy === 1,
  );
  expect((await stint("job", "promote", "canary")).exitCode).toBe(0);
  for (const { id, version } of await untilRunning(server.client, "canary", 2)) {
    expect(version).toBe(1);
    await until("its words", () => memberLog(id, "loop"), Boolean);
    expect(await memberLog(id, "loop")).toStartWith("two\n");
  }
  await stint("job", "stop", "canary");
});

test("greet.nomad.hcl runs when it is dispatched, with what it is given", async () => {
  await runGroups("greet.nomad.hcl");
  const { stdout, exitCode } = await stint("job", "dispatch", "-meta", "name=Ada", "greet");
  expect(exitCode).toBe(0);
  const child = /greet\/dispatch-\d+-[0-9a-f]+/.exec(stdout)?.[0] ?? "";
  await server.client.jobs.waitUntilCompleted(child, { timeoutMs: 20_000 });
  const [only] = await allocationsOf(server.client, child);
  expect(await memberLog(only?.id ?? "", "say")).toBe("Hello, Ada.\n");
});

test("everywhere.nomad.hcl runs on each node, which fills its template", async () => {
  await runGroups("everywhere.nomad.hcl");
  for (const { id, nodeId } of await untilRunning(server.client, "everywhere", 2)) {
    const log = () => memberLog(id, "note");
    await until("the note", log, (text) => text === `node ${nodeId}: here\n`);
  }
  await stint("job", "stop", "everywhere");
});

// It needs a container engine and runs in redis.test.ts.
test("redis.nomad.hcl is a job that could be run", async () => {
  tried.add("redis.nomad.hcl");
  const { exitCode, stdout } = await stint("job", "validate", join(EXAMPLES, "redis.nomad.hcl"));
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "Job validation successful\n" });
});

test("every example is run here, and says what it shows", () => {
  const files = readdirSync(EXAMPLES).sort();
  expect([...tried].sort()).toEqual(files);
  for (const file of files) {
    const [first = "", second = ""] = readFileSync(join(EXAMPLES, file), "utf8").split("\n");
    const told = file.endsWith(".json")
      ? /^ {2}"displayName": "\S/.test(second)
      : /^# \S/.test(first);
    expect({ file, told }).toEqual({ file, told: true });
  }
});
