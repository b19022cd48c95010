import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  DOCKERD,
  mustHave,
  programOf,
  startTestDocker,
  type TestDocker,
} from "../../src/agent/fixtures/docker.ts";
import type { AllocationStub } from "../../src/protocol/api/answer/group.ts";
import { allocationsOf, eventTypes, untilAllocation, untilRunning } from "./harness/groups.ts";
import { type Host, newHost, untilConnected } from "./harness/hosts.ts";
import { makeNetwork, type TestNetwork } from "./harness/networks.ts";
import { processesBelow, signal } from "./harness/processes.ts";
import { EXECUTABLE, useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";
import { runWords } from "./harness/words.ts";

const EXAMPLE = join(import.meta.dir, "..", "..", "examples", "redis.nomad.hcl");
const IMAGE = "local/redis:test";
const SETUP_TIMEOUT_MS = 120_000;

const sandbox = useSandbox();

/** A machine of its own as far as the network is concerned, with a container engine and an agent. */
interface Machine {
  readonly name: string;
  readonly network: TestNetwork;
  readonly docker: TestDocker;
  readonly host: Host;
}

let server: ServerProcess;
const machines: Machine[] = [];

/** Redis of this machine, with the libraries that it loads. */
function redisFiles(): Record<string, string> {
  const program = programOf("redis-server") ?? "";
  const libraries = runWords("ldd", program).matchAll(/(\/\S+) \(0x/g);
  const files = [program, ...[...libraries].map(([, path = ""]) => path)];
  return Object.fromEntries(files.map((path) => [path.slice(1), path]));
}

async function addMachine(name: string): Promise<void> {
  const network = makeNetwork();
  const docker = await startTestDocker({ through: network.through, hasBridge: true });
  await docker.addImage(IMAGE, { files: redisFiles() }, ['CMD ["/usr/bin/redis-server"]']);
  const { port } = new URL(server.url);
  const joined = await newHost(sandbox, server, "default", name);
  const words = joined.words.map((word) =>
    word === server.url ? `http://${network.gateway}:${port}` : word,
  );
  const host = { ...joined, words: [...words, "--insecure", "--image-map", `redis:3.2=${IMAGE}`] };
  machines.push({ name, network, docker, host });
  startAgent({ name, network, docker, host });
  await untilConnected(server, name);
}

function startAgent({ network, docker, host }: Machine): void {
  const [first = "", ...rest] = network.through;
  const executable = programOf(first) ?? first;
  sandbox.spawn([...rest, EXECUTABLE, ...host.words], {
    executable,
    env: { DOCKER_HOST: `unix://${docker.socketPath}` },
  });
}

function machineOf({ nodeId }: AllocationStub): Machine {
  const found = machines.find(({ name }) => name === nodeId);
  if (found === undefined) throw new Error(`Expected a machine of the name ${nodeId}.`);
  return found;
}

async function containersOf({ docker }: Machine): Promise<number> {
  return (await pidsOf(docker)).length;
}

/** Pids of the first processes of the containers that run. */
async function pidsOf({ engine }: TestDocker): Promise<number[]> {
  const all = (await engine.json("GET", "/containers/json")) as { Id: string }[];
  const pids: number[] = [];
  for (const { Id } of all) {
    const { State } = (await engine.json("GET", `/containers/${Id}/json`)) as {
      State: { Pid: number };
    };
    // 0 between its end and its removal.
    if (State.Pid > 0) pids.push(State.Pid);
  }
  return pids;
}

/** Pids of redis on the machine of the execution. */
async function redisOf(allocation: AllocationStub): Promise<number[]> {
  return await pidsOf(machineOf(allocation).docker);
}

function stint(...words: string[]) {
  return sandbox.run(words, { env: { STINT_DATA: server.data } });
}

/** The example with other times, so that a test need not wait for minutes. */
function quickExample(): string {
  const path = join(sandbox.path, "quick.nomad.hcl");
  const text = readFileSync(EXAMPLE, "utf8")
    .replace('delay    = "15s"', 'delay    = "0s"')
    .replace('delay          = "30s"', 'delay          = "5s"')
    .replace("attempts = 2", "attempts = 1")
    .replace('job "example"', 'job "quick"');
  Bun.write(path, text);
  return path;
}

async function theRunning(jobId: string): Promise<AllocationStub> {
  const [found] = await untilRunning(server.client, jobId, 1);
  if (found === undefined) throw new Error(`Expected a running execution of ${jobId}.`);
  await until(
    "its process",
    () => redisOf(found),
    (pids) => pids.length === 1,
  );
  return found;
}

if (mustHave("dockerd", DOCKERD) && mustHave("redis-server", programOf("redis-server"))) {
  beforeAll(async () => {
    const times = [
      "--heartbeat-ms",
      "300",
      "--unknown-after-ms",
      "1500",
      "--lost-after-ms",
      "1500",
    ];
    const words = ["--local-nodes", "off", "--host", "0.0.0.0", "--insecure", ...times];
    server = await startServer(sandbox, { words });
    await server.client.pools.update("default", { accepts: ["batch", "groups"] });
    for (const name of ["one", "two"]) await addMachine(name);
  }, SETUP_TIMEOUT_MS);

  afterAll(async () => {
    await sandbox.clear();
    for (const { docker, network } of machines) {
      await docker[Symbol.asyncDispose]();
      network[Symbol.dispose]();
    }
  }, SETUP_TIMEOUT_MS);

  test("the redis job runs as its readers type it, and is restarted by its policy", async () => {
    const { exitCode, stderr } = await stint("job", "run", "-detach", EXAMPLE);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const running = await theRunning("example");
    const { ports } = await server.client.groups.allocation(running.id);
    expect(ports).toMatchObject([{ label: "db", to: 6379, dynamic: true }]);
    await untilAllocation(server.client, running.id, "its check to pass", ({ checks }) =>
      ["passing", "success"].includes(checks[0]?.status ?? ""),
    );
    const [pid = 0] = await redisOf(running);
    signal(pid, "SIGKILL");
    const killedAt = Date.now();
    await until(
      "another process",
      () => redisOf(running),
      ([now]) => now !== undefined && now !== pid,
      60_000,
    );
    // The delay of its restart block, and up to a quarter more by chance; never less.
    expect(Date.now() - killedAt).toBeGreaterThanOrEqual(15_000);
    const restarted = await untilAllocation(
      server.client,
      running.id,
      "the restart to be told",
      ({ members }) => members[0]?.restarts === 1 && members[0].state === "running",
    );
    expect(eventTypes(restarted, "redis").slice(-3)).toEqual([
      "Terminated",
      "Restarting",
      "Started",
    ]);
    expect((await stint("job", "stop", "-purge", "example")).exitCode).toBe(0);
    await until(
      "its container to be gone",
      () => containersOf(machineOf(running)),
      (count) => count === 0,
    );
  }, 120_000);

  test("a command runs inside a container, from any machine", async () => {
    const path = join(sandbox.path, "entered.nomad.hcl");
    const text = readFileSync(EXAMPLE, "utf8").replace('job "example"', 'job "entered"');
    await Bun.write(path, text);
    expect((await stint("job", "run", "-detach", path)).exitCode).toBe(0);
    const { id } = await theRunning("entered");
    const version = await stint("alloc", "exec", id.slice(0, 8), "redis-server", "--version");
    expect(version).toMatchObject({ exitCode: 0, stderr: "" });
    expect(version.stdout).toStartWith("Redis server v=");
    const missing = await stint("alloc", "exec", id.slice(0, 8), "no-such-program");
    expect(missing).toMatchObject({ exitCode: 127, stdout: "" });
    expect(missing.stderr).toContain('There is no program "no-such-program" in the container.');
    await stint("job", "stop", "-purge", "-detach", "entered");
  });

  test("a batch task with container settings runs in its image", async () => {
    await server.client.jobs.create({
      id: "contained",
      poolInfo: { poolId: "default" },
      tasks: [
        {
          id: "version",
          commandLine: "/usr/bin/redis-server --version",
          containerSettings: { imageName: "redis:3.2", containerRunOptions: "--rm" },
        },
      ],
    });
    await server.client.jobs.waitUntilTasksCompleted("contained", { timeoutMs: 30_000 });
    const task = await server.client.tasks.get("contained", "version");
    expect(task.executionInfo).toMatchObject({ result: "success", exitCode: 0 });
    expect(await (await server.client.tasks.stdout("contained", "version")).text()).toContain(
      "Redis server v=",
    );
  }, 60_000);

  test("what fails for good goes to the other machine", async () => {
    expect((await stint("job", "run", "-detach", quickExample())).exitCode).toBe(0);
    const first = await theRunning("quick");
    for (let times = 0; times < 2; times += 1) {
      const [pid = 0] = await until(
        "its process",
        () => redisOf(first),
        (pids) => pids.length === 1,
      );
      signal(pid, "SIGKILL");
      await until(
        "it to end",
        () => redisOf(first),
        (pids) => !pids.includes(pid),
      );
    }
    const isFailed = ({ status }: { status: string }) => status === "failed";
    await untilAllocation(server.client, first.id, "it to fail", isFailed);
    const second = await theRunning("quick");
    expect(second.nodeId).not.toBe(first.nodeId);
    const { rescheduled } = await server.client.groups.allocation(second.id);
    expect(rescheduled).toMatchObject([{ allocation: first.id, delayMs: 5_000 }]);
  }, 60_000);

  test("a machine that is cut off is replaced, and gives its container up when it is back", async () => {
    const first = await theRunning("quick");
    const machine = machineOf(first);
    machine.network.cut();
    await until(
      "it to be lost",
      async () => (await server.client.groups.allocation(first.id)).status,
      (status) => status === "lost",
    );
    const second = await theRunning("quick");
    expect(second.nodeId).not.toBe(first.nodeId);
    expect(await containersOf(machine)).toBe(1);
    machine.network.mend();
    await until(
      "its container to be gone",
      () => containersOf(machine),
      (count) => count === 0,
    );
    await untilConnected(server, machine.name);
    expect(
      (await allocationsOf(server.client, "quick")).filter(({ status }) => status === "running"),
    ).toHaveLength(1);
  }, 60_000);

  test("a machine whose processes are all killed is replaced", async () => {
    const first = await theRunning("quick");
    const machine = machineOf(first);
    for (const { pid } of processesBelow(machine.host.data)) signal(pid, "SIGKILL");
    for (const pid of await redisOf(first)) signal(pid, "SIGKILL");
    const isLost = ({ status }: { status: string }) => status === "lost";
    await untilAllocation(server.client, first.id, "it to be lost", isLost);
    const second = await theRunning("quick");
    expect(second.nodeId).not.toBe(first.nodeId);
    startAgent(machine);
    await untilConnected(server, machine.name);
    await until(
      "its container to be gone",
      () => containersOf(machine),
      (count) => count === 0,
    );
    expect((await stint("job", "stop", "quick")).exitCode).toBe(0);
  }, 60_000);
} else {
  test.skipIf(true)(
    "the redis job: skipped, as dockerd or redis-server is missing",
    () => undefined,
  );
}
