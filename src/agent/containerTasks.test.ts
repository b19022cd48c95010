import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { AllocationState } from "../model/allocation.ts";
import { groupOf, groupOrderOf, memberOf, NO_RESTART } from "./core/allocation/testGroup.ts";
import {
  busyboxFiles,
  DOCKERD,
  mustHave,
  startTestDocker,
  type TestDocker,
} from "./fixtures/docker.ts";
import { startTestNode } from "./fixtures/node.ts";
import { startOrder } from "./fixtures/server.ts";
import { until } from "./fixtures/until.ts";

const SETUP_TIMEOUT_MS = 90_000;
const TIMEOUT_MS = 60_000;

if (mustHave("dockerd", DOCKERD)) {
  let docker: TestDocker;
  const before = Bun.env["DOCKER_HOST"];
  beforeAll(async () => {
    docker = await startTestDocker();
    await docker.addImage("local/shell:1", busyboxFiles(), ["ENV PATH=/bin"]);
    Bun.env["DOCKER_HOST"] = `unix://${docker.socketPath}`;
  }, SETUP_TIMEOUT_MS);
  afterAll(async () => {
    if (before === undefined) delete Bun.env["DOCKER_HOST"];
    else Bun.env["DOCKER_HOST"] = before;
    await docker[Symbol.asyncDispose]();
  }, SETUP_TIMEOUT_MS);

  const container = { imageName: "local/shell:1", containerRunOptions: "--network host" };
  const containers = () =>
    docker.engine.json<{ Id: string; State: string }[]>("GET", "/containers/json?all=true");

  test(
    "a task's command runs in its container, in the task's working directory",
    async () => {
      await using node = await startTestNode();
      const script = "pwd; echo made > file; echo $AZ_BATCH_TASK_ID $PATH; exit 4";
      node.server.order(startOrder(1, `/bin/sh -c '${script}'`, { command: { container } }));
      const { outcome, stdout } = await node.server.resultOf(1);
      expect(outcome).toEqual({ state: "exited", exitCode: 4 });
      const wd = join(node.root, "workitems/job/job-1/task1/wd");
      const text = stdout.place.kind === "inline" ? atob(stdout.place.base64) : "";
      expect(text).toBe(`${wd}\ntask1 /bin\n`);
      expect(await Bun.file(join(wd, "file")).text()).toBe("made\n");
      expect(await containers()).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "a task whose program is not in the image has failed to start",
    async () => {
      await using node = await startTestNode();
      node.server.order(startOrder(1, "/no/such/program", { command: { container } }));
      const { outcome } = await node.server.resultOf(1);
      expect(outcome).toMatchObject({
        state: "failedToStart",
        failure: { code: "CommandLaunchFailed", message: expect.stringContaining("no such file") },
      });
    },
    TIMEOUT_MS,
  );

  test(
    "a stop reaches the container, and so does a new agent",
    async () => {
      await using node = await startTestNode();
      const script = 'trap "echo asked; exit 0" TERM; echo ready; while true; do sleep 0.05; done';
      node.server.order(startOrder(1, `/bin/sh -c '${script}'`, { command: { container } }));
      await node.server.started(1);
      const path = join(node.root, "workitems/job/job-1/task1/stdout.txt");
      await until(async () => ((await Bun.file(path).text()).includes("ready") ? true : undefined));
      await node.restart();
      node.server.order({ kind: "stop", execution: 1, graceMs: 10_000 });
      const { stdout } = await node.server.resultOf(1);
      expect(stdout.place.kind === "inline" ? atob(stdout.place.base64) : "").toBe(
        "ready\nasked\n",
      );
      expect(await containers()).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "a container does not outlive the process that stands for it",
    async () => {
      await using node = await startTestNode();
      node.server.order(startOrder(1, "sleep 600", { command: { container } }));
      await node.server.started(1);
      const pid = Number(/"started".*?"pid":(\d+)/.exec(node.shimJournal())?.[1]);
      process.kill(pid, "SIGKILL");
      const { outcome } = await node.server.resultOf(1);
      expect(outcome).toMatchObject({ state: "killed", signal: 9 });
      expect(await containers()).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "a node that is stopped leaves no container",
    async () => {
      {
        await using node = await startTestNode();
        node.server.order(startOrder(1, "sleep 600", { command: { container } }));
        await node.server.started(1);
        expect((await containers()).length).toBe(1);
      }
      expect(await containers()).toEqual([]);
    },
    TIMEOUT_MS,
  );

  /** A member in a container, as execution 1. */
  const member = (config: Record<string, string | string[]>) =>
    groupOrderOf(
      1,
      groupOf([
        memberOf("web", {
          driver: "docker",
          config: { image: "shell", network_mode: "host", ...config },
          restart: NO_RESTART,
        }),
      ]),
    );
  const nodeWithImage = async () => {
    const node = await startTestNode({
      drivers: {
        rawExec: false,
        images: { shell: "local/shell:1" },
        docker: { allowPrivileged: false, allowHostPaths: false },
        hostVolumes: {},
        execRoots: [],
        execRoot: "auto",
        secretFiles: [],
      },
    });
    return node;
  };
  const endOf = (state: AllocationState | undefined) =>
    state?.members[0]?.events.map(({ type, description }) => `${type}: ${description}`) ?? [];

  test(
    "a member in a container sees its directories, and its end is told as the container's",
    async () => {
      await using node = await nodeWithImage();
      const script = "echo $NOMAD_TASK_DIR; echo x > /local/made; exit 6";
      node.server.order({
        kind: "start",
        order: member({ command: "/bin/sh", args: ["-c", script] }),
      });
      const { allocation } = await node.server.resultOf(1);
      expect(endOf(allocation)).toContain("Terminated: Exit Code: 6");
      const { jobId, taskId } = member({});
      const directory = join(node.root, "workitems", jobId, "job-1", taskId);
      expect(await Bun.file(join(directory, "alloc/logs/web.stdout.0")).text()).toBe("/local\n");
      expect(await Bun.file(join(directory, "web/local/made")).text()).toBe("x\n");
      expect(await containers()).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "a member whose program is not in the image never started",
    async () => {
      await using node = await nodeWithImage();
      node.server.order({ kind: "start", order: member({ command: "/no/such/program" }) });
      const { allocation } = await node.server.resultOf(1);
      const events = endOf(allocation);
      expect(
        events.some((line) => line.startsWith("Driver Failure: The container could not")),
      ).toBe(true);
      expect(events.some((line) => line.startsWith("Started"))).toBe(false);
    },
    TIMEOUT_MS,
  );
} else {
  test.skipIf(true)(
    "containers: skipped, as there is no dockerd (Debian: docker.io)",
    () => undefined,
  );
}
