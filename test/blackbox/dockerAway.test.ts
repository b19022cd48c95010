import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  busyboxFiles,
  DOCKERD,
  mustHave,
  startTestDocker,
  type TestDocker,
} from "../../src/agent/fixtures/docker.ts";
import { eventTypes, shellJob, untilAllocation, untilRunning } from "./harness/groups.ts";
import { newHost, untilConnected } from "./harness/hosts.ts";
import { signal, untilGone } from "./harness/processes.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

/** What becomes of containers whose engine goes away. */

const IMAGE = "local/shell:1";
const NODE = "machine";
const SETUP_TIMEOUT_MS = 120_000;
const TIMEOUT_MS = 60_000;

const sandbox = useSandbox();
let server: ServerProcess;
let docker: TestDocker;

/** A service in a container, which is restarted at once. */
async function started(jobId: string): Promise<string> {
  const Config = {
    image: IMAGE,
    network_mode: "host",
    command: "/bin/sh",
    args: ["-c", "while :; do sleep 0.05; done"],
  };
  const job = shellJob(jobId, {
    script: "",
    restart: { attempts: 3, delayS: 0 },
    task: { Driver: "docker", Config },
  });
  await server.client.groups.register({ job: { ...job, NodePool: "default" } });
  const [found] = await untilRunning(server.client, jobId, 1);
  return found?.id ?? "";
}

/** The pid of the first process of the only container that runs, once that is another. */
async function pidOtherThan(before: number): Promise<number> {
  return await until(
    "a container to run",
    async () => {
      const [found] = await docker.engine.json<{ Id: string }[]>("GET", "/containers/json");
      if (found === undefined) return 0;
      const path = `/containers/${found.Id}/json`;
      const { State } = await docker.engine.json<{ State: { Pid: number } }>("GET", path);
      return State.Pid;
    },
    (pid) => pid !== 0 && pid !== before,
  );
}

if (mustHave("dockerd", DOCKERD)) {
  beforeAll(async () => {
    server = await startServer(sandbox, { words: ["--local-nodes", "off"] });
    await server.client.pools.update("default", { accepts: ["batch", "groups"] });
    docker = await startTestDocker();
    await docker.addImage(IMAGE, busyboxFiles(), ["ENV PATH=/bin"]);
    const host = await newHost(sandbox, server, "default", NODE);
    sandbox.spawn(host.words, { env: { DOCKER_HOST: `unix://${docker.socketPath}` } });
    await untilConnected(server, NODE);
  }, SETUP_TIMEOUT_MS);

  afterAll(async () => {
    await sandbox.clear();
    await docker[Symbol.asyncDispose]();
  }, SETUP_TIMEOUT_MS);

  test(
    "a container that died while its engine was away is restarted by its policy when that is back",
    async () => {
      const id = await started("dies");
      const pid = await pidOtherThan(0);
      await docker.kill();
      signal(pid, "SIGKILL");
      await untilGone(pid);
      await docker.start();
      await pidOtherThan(pid);
      const allocation = await untilAllocation(
        server.client,
        id,
        "its restart to be told",
        ({ members: [main] }) => main?.restarts === 1 && main.state === "running",
      );
      expect(eventTypes(allocation).slice(-3)).toEqual(["Terminated", "Restarting", "Started"]);
      const terminated = allocation.members[0]?.events.findLast(
        ({ type }) => type === "Terminated",
      );
      expect(terminated?.description).toMatch(
        /^Exit Code: 137, Exit Message: "The container had ended when its engine was back, after \d+ s"$/,
      );
      await sandbox.run(["job", "stop", "-purge", "dies"], { env: { STINT_DATA: server.data } });
    },
    TIMEOUT_MS,
  );
  test(
    "a command in a container whose engine is away is refused as that, not as a command that cannot be run",
    async () => {
      const id = await started("entered");
      const env = { STINT_DATA: server.data };
      const exec = () => sandbox.run(["alloc", "exec", "-i=false", id, "true"], { env });
      expect(await exec()).toMatchObject({ exitCode: 0, stderr: "" });
      await docker.kill();
      expect(await exec()).toEqual({
        exitCode: 1,
        stdout: "",
        stderr: expect.stringMatching(
          /^error: The container engine of the node did not run the command: \S+ does not answer: \w+\. \(ContainerEngineAway\)/,
        ),
      });
      await docker.start();
      const ended = await sandbox.run(["job", "stop", "-purge", "entered"], { env });
      expect(ended.exitCode).toBe(0);
    },
    TIMEOUT_MS,
  );
} else {
  test.skipIf(true)("an engine that goes away: skipped, as there is no dockerd", () => undefined);
}
