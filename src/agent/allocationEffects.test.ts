import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AllocationState } from "../model/allocation.ts";
import type { GroupSpec, MemberSpec, TemplateSpec } from "../model/group.ts";
import {
  checkOf,
  groupOf,
  groupOrderOf,
  memberOf,
  NO_RESTART,
  RESTART,
  serviceOf,
} from "./core/allocation/testGroup.ts";
import { mayMount } from "./fixtures/mounts.ts";
import { startTestNode, type TestNode } from "./fixtures/node.ts";
import { until } from "./fixtures/until.ts";
import { CAREFUL_DRIVERS, OWN_USER_ONLY } from "./options.ts";
import { detectGroupLayout } from "./platform/groupLayout.ts";
import { openGroups } from "./platform/groups.ts";
import { taskAccount } from "./platform/users.ts";

function shell(name: string, script: string, changes: Partial<MemberSpec> = {}): MemberSpec {
  return memberOf(name, {
    config: { command: "/bin/sh", args: ["-c", script] },
    restart: NO_RESTART,
    ...changes,
  });
}

const TEMPLATE: TemplateSpec = {
  source: null,
  data: "",
  destination: "local/out",
  changeMode: "noop",
  changeSignal: "",
  env: false,
  perms: "0644",
  splayMs: 0,
  leftDelimiter: "{{",
  rightDelimiter: "}}",
};

/** Starts the group as execution 1. */
function run(node: TestNode, group: GroupSpec, changes = {}): void {
  node.server.order({ kind: "start", order: { ...groupOrderOf(1, group, changes) } });
}

/** The latest that the node told, once it fits. */
function told(node: TestNode, fits: (state: AllocationState) => boolean): Promise<AllocationState> {
  return until(() => {
    for (const report of node.server.reports.toReversed()) {
      const state =
        report.kind === "allocation"
          ? report.state
          : report.kind === "ended"
            ? report.result.allocation
            : undefined;
      if (state !== undefined) return fits(state) ? state : undefined;
    }
    return undefined;
  });
}

function eventsOf(state: AllocationState, member: string): string[] {
  const found = state.members.find((each) => each.member === member);
  return (found?.events ?? []).map(({ type, description }) => `${type}: ${description}`);
}

const isOver = ({ status }: AllocationState) => status === "complete" || status === "failed";

function directoryOf(node: TestNode): string {
  const { jobId, taskId } = groupOrderOf(1, groupOf([]));
  return join(node.root, "workitems", jobId, "job-1", taskId);
}

function logOf(node: TestNode, name: string): string {
  const path = join(directoryOf(node), "alloc", "logs", name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

test("a member runs with its variables, and what it says is in its log files", async () => {
  await using node = await startTestNode();
  const script = "echo $NOMAD_TASK_NAME in $NOMAD_DC says $WORD; echo x > local/made; exit 3";
  run(node, groupOf([shell("web", script, { env: { WORD: `hello from \${attr.kernel.name}` } })]));
  const state = await told(node, isOver);
  expect(state.status).toBe("failed");
  expect(eventsOf(state, "web")).toContain("Terminated: Exit Code: 3");
  expect(logOf(node, "web.stdout.0")).toBe("web in dc1 says hello from linux\n");
  expect(existsSync(join(directoryOf(node), "web/local/made"))).toBe(true);
});

test("a program that is not there is a failure of the driver, and not tried again", async () => {
  await using node = await startTestNode();
  run(
    node,
    groupOf([memberOf("web", { config: { command: "no-such-program" }, restart: RESTART })]),
  );
  const state = await told(node, isOver);
  expect(state.status).toBe("failed");
  expect(eventsOf(state, "web").join("\n")).toMatch(/Driver Failure: There is no program/);
});

describe.skipIf(!mayMount())("with roots of their own", () => {
  const accounts = { firstUid: 715_000, count: 3 };
  const ofExec = (script: string, changes: Partial<MemberSpec> = {}) =>
    groupOf([shell("web", script, { driver: "exec", ...changes })]);

  test("members get no files of the node as artifacts, unless it lets them", async () => {
    const artifact = { destination: "local/", mode: "any", options: {}, headers: {} } as const;
    const group = ofExec("cat local/hosts", { artifacts: [{ ...artifact, source: "/etc/hosts" }] });
    for (const allowHostPaths of [false, true]) {
      const docker = { ...CAREFUL_DRIVERS.docker, allowHostPaths };
      await using node = await startTestNode({ drivers: { ...CAREFUL_DRIVERS, docker } });
      run(node, group);
      const state = await told(node, isOver);
      const events = eventsOf(state, "web").join("\n");
      expect(events.includes("docker.allowHostPaths")).toBe(!allowHostPaths);
      expect(events.includes("Exit Code: 0")).toBe(allowHostPaths);
    }
  });

  test("each allocation has an account of its own, which goes with its directory", async () => {
    await using node = await startTestNode({ allowedUsers: { ...OWN_USER_ONLY, accounts } });
    run(node, ofExec("id -u"));
    await told(node, isOver);
    expect(logOf(node, "web.stdout.0")).toBe("715000\n");
    const { jobId, taskId } = groupOrderOf(1, groupOf([]));
    const given = JSON.parse(readFileSync(join(node.data, "accounts.json"), "utf8"));
    expect(given).toEqual({ [taskAccount(jobId, taskId)]: 715_000 });
  });
});

test("templates, artifacts and payload are there when the member starts", async () => {
  await using node = await startTestNode();
  const base = mkdtempSync(join(tmpdir(), "stint-effects-"));
  writeFileSync(join(base, "artifact.txt"), "artifact\n");
  node.server.files.set("kv/app/colour", "blue");
  const member = shell(
    "web",
    "cat local/artifact.txt local/out local/payload; echo; echo $FROM_TEMPLATE",
    {
      dispatchPayloadFile: "payload",
      artifacts: [
        {
          source: join(base, "artifact.txt"),
          destination: "local/",
          mode: "any",
          options: {},
          headers: {},
        },
      ],
      templates: [
        { ...TEMPLATE, data: `{{ key "app/colour" | toUpper }} \${NOMAD_TASK_NAME}\n` },
        { ...TEMPLATE, data: "FROM_TEMPLATE=yes", destination: "secrets/env", env: true },
      ],
    },
  );
  run(node, groupOf([member]), { payload: btoa("payload") });
  const state = await told(node, isOver);
  rmSync(base, { recursive: true });
  expect(eventsOf(state, "web")).toContain(
    "Downloading Artifacts: Client is downloading artifacts",
  );
  expect(logOf(node, "web.stdout.0")).toBe("artifact\nBLUE web\npayload\nyes\n");
});

test("a template that cannot be read fails the start with its line", async () => {
  await using node = await startTestNode();
  const templates = [{ ...TEMPLATE, data: '\n{{ secret "x" }}' }];
  run(node, groupOf([shell("web", "true", { templates })]));
  const state = await told(node, isOver);
  expect(eventsOf(state, "web").join("\n")).toContain(
    "Setup Failure: Template local/out: line 2, column 4: the function secret is not supported.",
  );
});

test("a checked member is healthy once its script is, and its check runs in its surroundings", async () => {
  await using node = await startTestNode();
  const check = checkOf("alive", {
    type: "script",
    command: "/bin/sh",
    args: ["-c", "cat local/health; test $NOMAD_TASK_NAME = web"],
    intervalMs: 50,
  });
  const services = [serviceOf([check], { port: null })];
  run(node, groupOf([shell("web", "echo fine > local/health; sleep 60", { services })]));
  const state = await told(node, ({ checks }) => checks[0]?.status === "passing");
  expect(state.checks[0]?.output).toBe("fine\n");
});

test("a stop lets the member answer, and a new agent finds it as the old one left it", async () => {
  await using node = await startTestNode();
  const script = "trap 'echo asked; exit 0' INT; echo ready; while true; do sleep 0.05; done";
  run(node, groupOf([shell("web", script)]));
  await until(() => logOf(node, "web.stdout.0").includes("ready") || undefined);
  await node.restart();
  node.server.order({ kind: "stop", execution: 1, graceMs: 5_000 });
  const state = await told(node, isOver);
  expect(eventsOf(state, "web").map((line) => line.split(":")[0])).toEqual(
    expect.arrayContaining(["Started", "Killing", "Terminated", "Killed"]),
  );
  expect(logOf(node, "web.stdout.0")).toBe("ready\nasked\n");
});

test("a changed key restarts the member that reads it", async () => {
  await using node = await startTestNode();
  node.server.files.set("kv/version", "1");
  const templates = [{ ...TEMPLATE, data: '{{ key "version" }}', changeMode: "restart" as const }];
  run(node, groupOf([shell("web", "cat local/out; sleep 60", { templates })]));
  await until(() => logOf(node, "web.stdout.0") === "1" || undefined);
  node.server.files.set("kv/version", "2");
  await until(() => logOf(node, "web.stdout.0") === "12" || undefined, 30_000);
}, 40_000);

test("a process is told the control group that it is below, where there are any", async () => {
  await using node = await startTestNode();
  const script =
    'echo "${NOMAD_PARENT_CGROUP-none}" > local/parent; cat /proc/self/cgroup > local/own';
  run(node, groupOf([shell("web", script)]), { jobType: "batch" });
  await told(node, isOver);
  const read = (file: string) => readFileSync(join(directoryOf(node), "web/local", file), "utf8");
  const parent = read("parent").trim();
  const groups = openGroups(detectGroupLayout(), "stint-test-parent");
  groups.close();
  expect(parent === "none").toBe(groups.parent === null);
  const isBelow = read("own")
    .split("\n")
    .some((line) => /^\/\d+$/.test(line.slice(line.lastIndexOf(`/${parent}`) + parent.length + 1)));
  expect(isBelow).toBe(groups.parent !== null);
});
