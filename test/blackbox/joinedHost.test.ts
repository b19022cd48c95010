import { beforeAll, expect, test } from "bun:test";
import { cpSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiError } from "../../src/client/apiError.ts";
import { newHost, untilConnected } from "./harness/hosts.ts";
import { isRunning } from "./harness/processes.ts";
import { noteRun, readRuns, shell, untilRan, waitForFile } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
let server: ServerProcess;

beforeAll(async () => {
  const times = ["--heartbeat-ms", "400", "--reboot-timeout-ms", "2000"];
  const words = ["--local-nodes", "off", ...times];
  server = await startServer(sandbox, { words });
  await server.client.pools.create({ id: "hosts", provider: "none", taskSlotsPerNode: 2 });
});

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "none";
  } catch (error) {
    if (error instanceof ApiError) return `${error.status} ${error.code}`;
    throw error;
  }
}

test("a host joins with a token file, runs tasks, and is the same node after a restart", async () => {
  const { client } = server;
  const host = await newHost(sandbox, server, "hosts", "alpha");
  const first = sandbox.spawn([...host.words, "--slots", "3"]);
  const node = await untilConnected(server, "alpha");
  expect(node).toMatchObject({ poolId: "hosts", provided: false, taskSlots: 3, state: "idle" });
  const runs = join(sandbox.path, "runs");
  const gate = join(sandbox.path, "gate");
  const wait = shell(`${noteRun(runs)}; ${waitForFile(gate)}; exit 4`);
  await client.jobs.create({
    id: "job",
    poolInfo: { poolId: "hosts" },
    tasks: [{ id: "t", commandLine: wait }],
  });
  await untilRan(runs, 1);
  first.kill("SIGTERM");
  expect(await first.exited).toBe(0);
  // Its shim and process run on; the next agent finds them, without a token.
  const again = sandbox.spawn(host.words.slice(0, -2));
  await until(
    "the node to be back",
    async () => await client.nodes.get("alpha"),
    ({ contact }) => contact === "connected",
  );
  await Bun.write(gate, "");
  await client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 20_000 });
  expect((await client.tasks.get("job", "t")).executionInfo.exitCode).toBe(4);
  expect(readRuns(runs)).toEqual(new Map([["t", 1]]));
  expect((await client.nodes.list({ poolId: "hosts" })).items).toHaveLength(1);
  again.kill("SIGTERM");
  await again.exited;
});

test("a token that was used up, or is none, lets nobody in", async () => {
  const host = await newHost(sandbox, server, "hosts", "beta");
  const first = sandbox.spawn(host.words);
  await untilConnected(server, "beta");
  const other = await newHost(sandbox, server, "hosts", "gamma");
  writeFileSync(other.tokenFile, await Bun.file(host.tokenFile).text());
  const refusal = async () => await sandbox.run([...other.words, "--log-level", "error"]);
  const given = (text: string, fix: string) =>
    `stint: The server ${server.url} refused this machine with the join token of ${other.tokenFile}: ` +
    `Expected a join token of this server that is good, got ${text}. Make a new one with: stint node jointoken ${fix}\n`;
  expect(await refusal()).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: given("one for the pool hosts that has been used up", "hosts"),
  });
  writeFileSync(other.tokenFile, "stint_join_unknown");
  expect((await refusal()).stderr).toBe(given("one that it does not know", "POOL"));
  const short = await server.client.tokens.createJoinToken({ poolId: "hosts", expiresIn: "PT1S" });
  await until(
    "it to expire",
    () => Date.parse(short.expirationTime ?? "") < Date.now(),
    (isOver) => isOver,
  );
  writeFileSync(other.tokenFile, short.token);
  const late = `one for the pool hosts that expired at ${short.expirationTime}`;
  expect((await refusal()).stderr).toBe(given(late, "hosts"));
  for (const [text, problem] of [
    ["", "and the file is empty"],
    ["rubbish\n", "got 7 characters of something else"],
  ] as const) {
    writeFileSync(other.tokenFile, text);
    const { exitCode, stderr } = await refusal();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^stint: Expected a join token[^\n]*\n$/);
    expect(stderr).toContain(`${problem}. \`stint node jointoken POOL\` makes one.`);
    expect(stderr).toContain(other.tokenFile);
  }
  const ids = (await server.client.nodes.list()).items.map(({ id }) => id);
  expect(ids).not.toContain("gamma");
  first.kill("SIGTERM");
  await first.exited;
});

test("a host that is meant for another pool than its token does not join, and spends no use of it", async () => {
  const host = await newHost(sandbox, server, "hosts", "kappa");
  const wrong = await sandbox.run([...host.words, "--pool", "default", "--log-level", "error"]);
  expect([wrong.exitCode, wrong.stderr]).toEqual([
    1,
    `stint: The server ${server.url} refused this machine with the join token of ${host.tokenFile}: ` +
      "Expected a join token for the pool default, got hosts. " +
      "Give --pool hosts or none, or make a token with: stint node jointoken default\n",
  ]);
  const child = sandbox.spawn([...host.words, "--pool", "Hosts"]);
  expect(await untilConnected(server, "kappa")).toMatchObject({ poolId: "hosts" });
  child.kill("SIGTERM");
  await child.exited;
  const later = await sandbox.run([...host.words, "--pool", "default", "--log-level", "error"]);
  expect([later.exitCode, later.stderr]).toEqual([
    1,
    expect.stringContaining("to be in the pool default, and it joined hosts."),
  ]);
});

test("a copied data directory is a conflict and takes nothing over", async () => {
  const { client } = server;
  const host = await newHost(sandbox, server, "hosts", "delta");
  const first = sandbox.spawn(host.words);
  const before = await untilConnected(server, "delta");
  const folder = sandbox.folder("copy");
  const copy = { data: join(folder, "data"), root: join(folder, "root") };
  cpSync(host.data, copy.data, {
    recursive: true,
    filter: (path) => !path.includes("/shims/") && !path.endsWith("/lock"),
  });
  const words = ["agent", "--server", server.url, "--name", "delta", "--data", copy.data];
  const second = sandbox.spawn([...words, "--root", copy.root]);
  let text = "";
  const reading = (async () => {
    for await (const chunk of second.stderr) text += Buffer.from(chunk).toString();
  })();
  await until(
    "the conflict",
    () => text,
    (seen) => seen.includes("KeyConflict"),
  );
  await client.jobs.create({
    id: "whose",
    poolInfo: { poolId: "hosts" },
    tasks: [{ id: "t", commandLine: shell("pwd") }],
  });
  await client.jobs.waitUntilTasksCompleted("whose", { timeoutMs: 20_000 });
  const output = await (await client.tasks.stdout("whose", "t")).text();
  expect(output).toStartWith(host.root);
  expect(await client.nodes.get("delta")).toMatchObject({
    guid: before?.guid ?? "",
    contact: "connected",
  });
  for (const child of [first, second]) child.kill("SIGTERM");
  await Promise.all([first.exited, second.exited, reading]);
});

test("a host without a reboot command refuses to reboot, one with it runs it, and says if nothing comes of it", async () => {
  const { client } = server;
  const plain = await newHost(sandbox, server, "hosts", "epsilon");
  const first = sandbox.spawn(plain.words);
  await untilConnected(server, "epsilon");
  expect(await codeOf(client.nodes.reboot("epsilon"))).toBe("409 RebootNotSupported");
  const host = await newHost(sandbox, server, "hosts", "zeta");
  const flag = join(sandbox.path, "rebooted");
  const config = join(sandbox.path, "agent.yaml");
  writeFileSync(config, `rebootCommand: touch ${flag}\n`);
  const second = sandbox.spawn([...host.words, "--config", config]);
  await untilConnected(server, "zeta");
  await client.nodes.reboot("zeta");
  await until("the command to run", () => existsSync(flag), Boolean);
  const after = await until(
    "the time for it to be over",
    async () => await client.nodes.get("zeta"),
    ({ state }) => state !== "rebooting",
  );
  const message = expect.stringContaining("did not within 2 s, so it works on");
  expect(after).toMatchObject({ state: "idle", errors: [{ code: "RebootFailed", message }] });
  for (const child of [first, second]) child.kill("SIGTERM");
  await Promise.all([first.exited, second.exited]);
});

test("pool default takes hosts, and no batch jobs", async () => {
  const { client } = server;
  expect(await client.pools.get("default")).toMatchObject({ accepts: ["fleet"] });
  const host = await newHost(sandbox, server, "default", "eta");
  const child = sandbox.spawn(host.words);
  const node = await untilConnected(server, "eta");
  expect(node).toMatchObject({ poolId: "default", fleetStatus: "disable" });
  const create = client.jobs.create({ id: "sneaky", poolInfo: { poolId: "default" } });
  expect(await codeOf(create)).toBe("409 OperationNotValidOnPool");
  expect(await codeOf(client.jobs.get("sneaky"))).toBe("404 JobNotFound");
  child.kill("SIGTERM");
  await child.exited;
});

test("a removed host stops everything, forgets who it was and comes back as a new node", async () => {
  const { client } = server;
  const host = await newHost(sandbox, server, "hosts", "theta");
  const { token } = await client.tokens.createJoinToken({ poolId: "hosts", uses: 2 });
  writeFileSync(host.tokenFile, token);
  const child = sandbox.spawn(host.words);
  const before = await untilConnected(server, "theta");
  await client.jobs.create({
    id: "endless",
    poolInfo: { poolId: "hosts" },
    tasks: [{ id: "t", commandLine: shell("setsid sleep 1000 & sleep 1000"), requiredSlots: 2 }],
  });
  const sleepers = () => sandbox.processes(host.root).filter(({ words }) => words[0] === "sleep");
  await until("it to run", sleepers, (found) => found.length === 2);
  const old = sleepers();
  await client.jobs.disable("endless", { disableTasks: "requeue" });
  await client.nodes.remove("theta");
  await until(
    "its processes to end",
    () => old.filter(({ pid }) => isRunning(pid)),
    (left) => left.length === 0,
  );
  const after = await until(
    "another node to have joined",
    async () => (await client.nodes.list({ idPrefix: "theta" })).items,
    (items) =>
      items.length === 1 && items[0]?.guid !== before?.guid && items[0]?.contact === "connected",
  );
  expect(after).toMatchObject([{ poolId: "hosts", state: "idle" }]);
  expect(readdirSync(join(host.root, "workitems"))).toEqual([]);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
});

test("a host that was removed while it was away learns so and ends, without a token to come back with", async () => {
  const { client } = server;
  const host = await newHost(sandbox, server, "hosts", "iota");
  const first = sandbox.spawn(host.words);
  await untilConnected(server, "iota");
  first.kill("SIGKILL");
  await first.exited;
  const contactOf = async () => (await client.nodes.get("iota")).contact;
  await until("it to be away", contactOf, (contact) => contact !== "connected");
  await client.nodes.remove("iota");
  const isThere = async () => (await client.nodes.list({ idPrefix: "iota" })).items.length;
  await until("it to be gone", isThere, (count) => count === 0);
  const { exitCode } = await sandbox.run(host.words.slice(0, -2));
  expect(exitCode).toBe(0);
  expect(existsSync(join(host.data, "identity.json"))).toBe(false);
});
