import { expect, test } from "bun:test";
import { aJob, TIME } from "../fixtures.ts";
import { ALLOCATION_ID, aDeployment, aGroupsStatus } from "../groupFixtures.ts";
import { FakeServer, ran, refusal } from "../testCli.ts";

function aVersion(version: number, count: number) {
  const task = { Name: "t", Driver: "raw_exec", Config: { command: "/bin/true" } };
  const group = { Name: "g", Count: count, Tasks: [task] };
  const job = { ID: "web", Name: "web", Type: "service", TaskGroups: [group] };
  return { version, submitTime: TIME, stable: version === 0, promotions: [], job };
}

const VERSIONS = new FakeServer({
  "GET /jobs/web/versions": { items: [aVersion(1, 3), aVersion(0, 2)] },
});

test("the history has each version, and on demand what it changed", async () => {
  expect((await ran(["job", "history", "-p", "web"], VERSIONS)).stdout).toBe(`Version     = 1
Stable      = false
Submit Date = 2026/11/21 03:20:05

Diff
+/- Job: "web"
+/- Task Group: "g" (1 create, 2 in-place update)
  +/- Count: "2" => "3" (forces create)
      Task: "t"

Version     = 0
Stable      = true
Submit Date = 2026/11/21 03:20:05
`);
  const { stdout } = await ran(["job", "history", "web", "-version", "0"], VERSIONS);
  expect(stdout).toStartWith("Version     = 0\n");
});

test("the history says which versions were promoted and reverted, by whom and why", async () => {
  const promotion = { groups: ["g"], automatic: false, user: "alice", time: TIME };
  const failure = {
    group: "g",
    taskId: "web.g[0]",
    message: "Allocation 3c6e8bbf of group g failed",
  };
  const items = [
    { ...aVersion(3, 2), reverted: { from: 2, to: 1, automatic: false, user: "bob" } },
    { ...aVersion(2, 2), reverted: { from: 1, to: 0, automatic: true, failure } },
    { ...aVersion(1, 3), promotions: [promotion, { groups: ["h"], automatic: true, time: TIME }] },
  ];
  const server = new FakeServer({ "GET /jobs/web/versions": { items } });
  expect((await ran(["job", "history", "web"], server)).stdout).toBe(`Version     = 3
Stable      = false
Submit Date = 2026/11/21 03:20:05
Reverted    = to version 1, from version 2 by bob

Version     = 2
Stable      = false
Submit Date = 2026/11/21 03:20:05
Reverted    = to version 0, from version 1 by auto_revert: Allocation 3c6e8bbf of group g failed

Version     = 1
Stable      = false
Submit Date = 2026/11/21 03:20:05
Promoted    = g by alice at 2026/11/21 03:20:05; h by auto_promote at 2026/11/21 03:20:05
`);
});

test("a job is inspected as the JSON that it was made of, also an earlier version of it", async () => {
  const { stdout } = await ran(["job", "inspect", "web"], VERSIONS);
  expect(JSON.parse(stdout)).toEqual({ Job: aVersion(1, 3).job });
  const earlier = await ran(["job", "inspect", "web", "-version=0"], VERSIONS);
  expect(JSON.parse(earlier.stdout)).toEqual({ Job: aVersion(0, 2).job });
  expect((await ran(["job", "inspect", "web", "-version=7"], VERSIONS)).stderr).toBe(
    "error: Expected a kept version of web and got 7; kept are 1, 0.\nfix: See the versions with `stint job history web`.\n",
  );
});

test("a revert is watched as a new version", async () => {
  const deployment = aDeployment({ version: 5, status: "successful" });
  const server = new FakeServer({
    "POST /jobs/example/revert": { jobId: "example", version: 5 },
    "GET /jobs/example/groups": aGroupsStatus({ version: 5, deployment }),
  });
  const { exitCode, stderr } = await ran(["job", "revert", "example", "2"], server);
  expect(exitCode).toBe(0);
  expect(stderr).toStartWith("example has been reverted to version 2, as version 5.\n");
  expect(server.requests[0]?.body).toEqual({ version: 2 });
});

test("canaries are promoted, all or some, and the version is watched", async () => {
  const deployment = aDeployment({ version: 5, status: "successful" });
  const server = new FakeServer({
    "POST /jobs/example/promote": { jobId: "example", version: 5 },
    "GET /jobs/example/groups": aGroupsStatus({ version: 5, deployment }),
  });
  const { exitCode, stderr } = await ran(["job", "promote", "example"], server);
  expect(exitCode).toBe(0);
  expect(stderr).toStartWith("The canaries of example have been promoted in version 5.\n");
  expect(server.requests[0]?.body).toEqual({});
  const words = ["job", "promote", "-detach", "-group", "a", "-group", "b", "example"];
  expect((await ran(words, server)).stdout).toBe(
    "The canaries of a, b of example have been promoted in version 5.\n",
  );
  expect(server.requests.at(-1)?.body).toEqual({ groups: ["a", "b"] });
});

test("a job is stopped and, where that is wanted, purged", async () => {
  const states = ["terminating", "completed"] as const;
  let at = 0;
  const server = new FakeServer({
    "POST /jobs/web/terminate": {},
    "DELETE /jobs/web": {},
    "GET /jobs/web": () => aJob({ state: states[at++] ?? "completed" }),
  });
  expect((await ran(["job", "stop", "web"], server)).stdout).toBe("web has been stopped.\n");
  expect((await ran(["job", "stop", "-detach", "-yes", "web"], server)).stdout).toBe(
    "web's end has been requested successfully.\n",
  );
  const gone = new FakeServer({
    "DELETE /jobs/web": {},
    "GET /jobs/web": refusal(404, "JobNotFound", "none"),
  });
  expect((await ran(["job", "stop", "-purge", "web"], gone)).stdout).toBe(
    "web has been stopped and purged.\n",
  );
});

test("restart, dispatch and periodic force say what they began", async () => {
  const server = new FakeServer({
    "POST /jobs/web/restart": {
      allocations: [ALLOCATION_ID],
      refused: [{ allocation: ALLOCATION_ID, message: "Node n2 can not be reached now." }],
    },
    "POST /jobs/web/dispatch": { jobId: "web/dispatch-1-2" },
    "POST /jobs/web/periodic/force": { jobId: "web/periodic-1" },
  });
  const said = async (...words: string[]) =>
    (await ran(["job", ...words], server, { readStdin: async () => "hello" })).stdout;
  const { stdout, stderr } = await ran(["job", "restart", "web"], server);
  expect(stdout).toBe("Restarting 1 allocation of web: 3c6e8bbf\n");
  expect(stderr).toBe("warning: Node n2 can not be reached now.\n");
  expect(await said("dispatch", "-detach", "-meta", "who=me", "-meta=a=b=c", "web", "-")).toBe(
    "Dispatched Job ID = web/dispatch-1-2\n",
  );
  expect(server.requests.at(-1)?.body).toEqual({
    meta: { who: "me", a: "b=c" },
    payload: btoa("hello"),
  });
  expect(await said("periodic", "force", "-detach", "web")).toBe(
    "Forced Job ID = web/periodic-1\n",
  );
  expect((await ran(["job", "periodic", "stop", "web"], server)).exitCode).toBe(2);
});

test("a payload that is too large is not sent", async () => {
  const server = new FakeServer({});
  const world = { readStdin: async () => "x".repeat(16 * 1024 + 1) };
  const { stderr } = await ran(["job", "dispatch", "web", "-"], server, world);
  expect(stderr).toStartWith(
    "error: Expected at most 16384 bytes as payload and got 16385 in stdin.",
  );
  expect(server.requests).toEqual([]);
});
