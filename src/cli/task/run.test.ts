import { expect, test } from "bun:test";
import type { InstanceNode } from "../../protocol/api/answer/instance.ts";
import { aFailedNode, anInstanceNode, aRunningNode } from "../fleetFixtures.ts";
import { FakeServer, ran, refusal, TEST_URL } from "../testCli.ts";

const REQUESTING = `Requesting ${TEST_URL}\n`;
const CREATED = "task-instance #71 has been created successfully.\n";
const RUN = "POST /definitions/disk/run";
const STARTED = { number: 71 };

/** A run whose nodes are seen so, one look after the other; the last one stays. */
function running(...looks: (readonly InstanceNode[] | (() => Response))[]) {
  let seen = 0;
  return new FakeServer({
    [RUN]: STARTED,
    "GET /instances/71/nodes": () => {
      const look = looks[Math.min(seen, looks.length - 1)] ?? [];
      seen += 1;
      return typeof look === "function" ? look() : { items: look, total: look.length };
    },
  });
}

test("a task is run on all its targets", async () => {
  const server = running();
  const words = ["task", "run", "-id", "disk"];
  expect(await ran(words, server)).toEqual({ exitCode: 0, stdout: CREATED, stderr: REQUESTING });
  expect(server.requests[0]?.body).toEqual({ arguments: [] });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(STARTED);
});

test("a task is run on some of them, with words that no shell expands", async () => {
  const server = running();
  const words = ["task", "run", "-id", "disk", "-ni", "n1,n2", "--nodeid", "n3"];
  await ran([...words, "-ag", `patch.tar.gz '; rm' "$(id)" a\\ b ''`], server);
  expect(server.requests[0]?.body).toEqual({
    nodeIds: ["n1", "n2", "n3"],
    arguments: ["patch.tar.gz", "; rm", "$(id)", "a b", ""],
  });
  await ran([...words, "-ag", "  "], server);
  expect(server.requests[1]?.body).toMatchObject({ arguments: [] });
});

test("a quote that is not closed is wrong usage, and nothing is run", async () => {
  const server = running();
  const { exitCode, stderr } = await ran(["task", "run", "disk", "-ag", "it's"], server);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("the single quote at position 3 is not closed.");
  expect(server.requests).toEqual([]);
});

test("a run is followed: each end once, over a server that is away, then the table", async () => {
  const server = running(
    [aRunningNode("linux01"), aRunningNode("linux02")],
    [anInstanceNode("linux01"), aRunningNode("linux02")],
    refusal(503, "ServerBusy", "Not now."),
    [anInstanceNode("linux01"), anInstanceNode("linux02")],
  );
  expect(await ran(["task", "run", "-id", "disk", "--follow"], server)).toEqual({
    exitCode: 0,
    stdout: `${CREATED}+---------+---------+----------+---------------------+---------------------+---------+---------+
| NODE ID | EXEC NO | STATUS   | START AT            | END AT              | RESULT  | EXIT CD |
+---------+---------+----------+---------------------+---------------------+---------+---------+
| linux01 | 1       | Complete | 2026/11/21 03:20:05 | 2026/11/21 03:20:05 | Success | 0       |
| linux02 | 1       | Complete | 2026/11/21 03:20:05 | 2026/11/21 03:20:05 | Success | 0       |
+---------+---------+----------+---------------------+---------------------+---------+---------+
`,
    stderr: `${REQUESTING}linux01: Complete, Success, exit code 0
Not now.; trying again
linux02: Complete, Success, exit code 0
`,
  });
});

test("a run of which a node failed exits 1, and says why", async () => {
  const nodes = [
    anInstanceNode("linux01", {
      exitCode: 3,
      result: "fail",
      reason: "The script ended with exit code 3.",
    }),
    aFailedNode("linux02", "It was not reached within 5 minutes."),
  ];
  const words = ["task", "run", "disk", "-f", "--json"];
  const { exitCode, stdout, stderr } = await ran(words, running(nodes));
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toEqual({ number: 71, items: nodes });
  expect(stderr).toBe(`${REQUESTING}${CREATED}linux01: Complete, Fail, exit code 3
linux02: Fail, Fail: It was not reached within 5 minutes.
`);
});

test("Ctrl-C ends following", async () => {
  const control = new AbortController();
  const server = new FakeServer({
    [RUN]: STARTED,
    "GET /instances/71/nodes": () => {
      control.abort();
      return { items: [aRunningNode("linux01")], total: 1 };
    },
  });
  const { exitCode } = await ran(["task", "run", "disk", "-f"], server, { signal: control.signal });
  expect(exitCode).toBe(130);
});

const PLAN = {
  isPermitted: true,
  refusals: [],
  revision: 2,
  nodes: [
    { nodeId: "linux01", attributes: { HOME: "/a" }, script: "#!/bin/sh\nls /a\n" },
    { nodeId: "linux02", attributes: { HOME: "/b" }, script: "#!/bin/sh\nls /b\n" },
    { nodeId: "linux03", attributes: { HOME: "/a" }, script: "#!/bin/sh\nls /a\n" },
    { nodeId: "linux04", attributes: { HOME: "/a" } },
  ],
  left: [{ nodeId: "linux05", reason: "It is disabled." }],
  problems: [],
};

test("a plan says which nodes would run, which not, and what each would see", async () => {
  const server = new FakeServer({ "GET /definitions/disk/plan": PLAN });
  const words = ["task", "plan", "-id", "disk", "-ni", "linux01,linux02"];
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `Task      = disk
Revision  = 2
Permitted = yes

Nodes that would run
+---------+
| NODE ID |
+---------+
| linux01 |
| linux02 |
| linux03 |
| linux04 |
+---------+

Nodes left out
+---------+-----------------+
| NODE ID | REASON          |
+---------+-----------------+
| linux05 | It is disabled. |
+---------+-----------------+

Script on linux01, linux03
#!/bin/sh
ls /a

Script on linux02
#!/bin/sh
ls /b

The script on 1 further node is not shown.
`,
    stderr: REQUESTING,
  });
  expect(server.requests[0]?.query).toEqual({ nodeId: "linux01,linux02" });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(PLAN);
});

test("a plan of what may not run says why, and exits 1", async () => {
  const refused = {
    ...PLAN,
    isPermitted: false,
    refusals: [{ code: "NotRunner", message: "You may not.", fix: "See GET /api/v1/definitions." }],
    nodes: [],
    left: [],
    problems: [{ nodeId: "linux01", message: "Nobody defines DISK." }],
  };
  const server = new FakeServer({ "GET /definitions/disk/plan": refused });
  expect(await ran(["task", "plan", "disk"], server)).toEqual({
    exitCode: 1,
    stdout: `Task      = disk
Revision  = 2
Permitted = no

Why not
You may not.
fix: See \`stint task list\`.

Nodes that would run
+---------+
| NODE ID |
+---------+

Problems
+---------+----------------------+
| NODE ID | PROBLEM              |
+---------+----------------------+
| linux01 | Nobody defines DISK. |
+---------+----------------------+
`,
    stderr: REQUESTING,
  });
});
