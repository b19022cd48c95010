import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  busyboxFiles,
  DOCKERD,
  mustHave,
  startTestDocker,
  type TestDocker,
} from "../../fixtures/docker.ts";
import { until } from "../../fixtures/until.ts";
import { kernelBootId, readProcessStat } from "../../platform/processIdentity.ts";
import { Bench, TIMEOUT_MS } from "../conformance/bench.ts";
import type { MemberStart } from "../driver.ts";
import { containerFiles, readStatus } from "./containerRun.ts";
import { newDockerDriver } from "./dockerDriver.ts";

const IMAGE = "local/shell:1";
const SETUP_TIMEOUT_MS = 90_000;

if (mustHave("dockerd", DOCKERD)) {
  let docker: TestDocker;
  beforeAll(async () => {
    docker = await startTestDocker({ liveRestore: true });
    await docker.addImage(IMAGE, busyboxFiles(), ["ENV PATH=/bin"]);
  }, SETUP_TIMEOUT_MS);
  afterAll(() => docker[Symbol.asyncDispose](), SETUP_TIMEOUT_MS);

  const newBench = () =>
    new Bench({
      make: ({ trees, dataDirectory, selfCommand }) =>
        newDockerDriver({
          findSocket: () => docker.socketPath,
          rules: { allowPrivileged: false, allowHostPaths: false },
          images: {},
          selfCommand,
          directory: `${dataDirectory}/containers`,
          async killProcess({ key }, process) {
            await trees.clear({ execution: key, process });
          },
        }),
      shell: (script) => ({
        image: IMAGE,
        network_mode: "host",
        command: "/bin/sh",
        args: ["-c", script],
      }),
      missingProgram: {},
      wrong: [],
      hasLimits: true,
      local: () => "/local",
      workDir: { config: {}, pwd: () => "/" },
    });

  /** A container that speaks until its flag is there, and the pid of its first process. */
  async function startedIn(bench: Bench): Promise<{ start: MemberStart; pid: number }> {
    const start = await bench.startedShell(
      "while [ ! -e /local/go ]; do echo ready; sleep 0.05; done; exit 6",
    );
    await bench.said(start, "ready");
    const { status } = containerFiles(`${bench.base}/data/containers`, start.key);
    const leader = await until(() => {
      const now = readStatus(status);
      return now?.status === "started" ? (now.leader ?? undefined) : undefined;
    });
    expect(leader.bootId).toBe(kernelBootId());
    return { start, pid: leader.pid };
  }

  async function ended(pid: number): Promise<void> {
    await until(() => {
      const state = readProcessStat(pid)?.state;
      return state === undefined || state === "Z" ? true : undefined;
    }, TIMEOUT_MS);
  }

  async function noneLeft(): Promise<void> {
    const list = () => docker.engine.json<object[]>("GET", "/containers/json?all=true");
    for (let left = await list(); left.length > 0; left = await list()) await Bun.sleep(50);
  }

  test(
    "a container that died while its engine was away is told when that is back",
    async () => {
      await using bench = newBench();
      const { start, pid } = await startedIn(bench);
      await docker.kill();
      process.kill(pid, "SIGKILL");
      await ended(pid);
      await docker.start();
      expect(await bench.end(start)).toMatchObject({
        exitCode: 137,
        message: expect.stringContaining("had ended when its engine was back"),
      });
      await noneLeft();
    },
    TIMEOUT_MS,
  );

  test(
    "a container that its engine leaves alone is watched again when that is back, and heard",
    async () => {
      await using bench = newBench();
      const { start, pid } = await startedIn(bench);
      await docker.kill();
      const heard = bench.read(start, "stdout").length;
      await docker.start();
      expect(readProcessStat(pid)?.state).toBe("S");
      await until(
        () => (bench.read(start, "stdout").length > heard ? true : undefined),
        TIMEOUT_MS,
      );
      await bench.restart();
      await bench.driver.adopt(() => new Set([start.key]));
      await Bun.write(`${start.directories.local}/go`, "");
      expect(await bench.end(start)).toMatchObject({ exitCode: 6, message: null });
      await noneLeft();
    },
    TIMEOUT_MS,
  );

  test(
    "a container is ended while its engine is away, and removed when that is back",
    async () => {
      await using bench = newBench();
      const { start, pid } = await startedIn(bench);
      await docker.kill();
      await bench.driver.kill(start, bench.process(start));
      await ended(pid);
      await bench.end(start);
      await docker.start();
      await noneLeft();
    },
    TIMEOUT_MS,
  );

  test(
    "an agent that comes while the engine is away removes what is left when that is back",
    async () => {
      await using bench = newBench();
      const { start, pid } = await startedIn(bench);
      await docker.kill();
      await bench.restart();
      const adopted = bench.driver.adopt(() => new Set());
      expect(readProcessStat(pid)?.state).toBe("S");
      await docker.start();
      await adopted;
      await ended(pid);
      await bench.end(start);
      await noneLeft();
    },
    TIMEOUT_MS,
  );

  test(
    "a container that somebody removes is told with the code that its engine told",
    async () => {
      await using bench = newBench();
      const { start } = await startedIn(bench);
      const [{ Id = "" } = {}] = await docker.engine.json<{ Id: string }[]>(
        "GET",
        "/containers/json",
      );
      await docker.engine.act("DELETE", `/containers/${Id}?force=true`);
      expect(await bench.end(start)).toMatchObject({
        exitCode: 137,
        isOutOfMemory: false,
      });
    },
    TIMEOUT_MS,
  );
} else {
  test.skipIf(true)("an engine that goes away: skipped, as there is no dockerd", () => undefined);
}
