import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Instance, InstanceOutput } from "../../protocol/api/answer/instance.ts";
import { TIME } from "../fixtures.ts";
import { aFailedNode, anInstanceNode, aRunningNode } from "../fleetFixtures.ts";
import { FakeServer, ran, TEST_URL, TestFolder } from "../testCli.ts";

const REQUESTING = `Requesting ${TEST_URL}\n`;

const RUN: Instance = {
  number: 71,
  definitionId: "diskusage",
  revision: 2,
  startTime: TIME,
  endTime: TIME,
  runner: "bumbee(user)",
  result: "fail",
  arguments: ["patch.tar.gz", "it's; rm"],
  nodeCount: 3,
};

function output(content: string, changes: Partial<InstanceOutput> = {}): InstanceOutput {
  return { encoding: "utf8", content, sizeBytes: content.length, droppedBytes: 0, ...changes };
}

test("task instances are listed with every filter, days in the zone of the reader", async () => {
  const { endTime: _, ...open } = { ...RUN, result: "N/A" as const };
  const server = new FakeServer({ "GET /instances": { items: [open, RUN], total: 5 } });
  const line =
    "taskinstance list -id diskusage -stge 20261120 --startdt-le 20261121 -ri bumbee -xi cleanup -lm 2";
  expect(await ran(line.split(" "), server)).toEqual({
    exitCode: 0,
    stdout: `+------------------+-----------+---------------------+---------------------+--------------+--------+
| TASK INSTANCE NO | TASK ID   | START AT            | END AT              | RUNNER       | RESULT |
+------------------+-----------+---------------------+---------------------+--------------+--------+
| 71               | diskusage | 2026/11/21 03:20:05 |                     | bumbee(user) | N/A    |
| 71               | diskusage | 2026/11/21 03:20:05 | 2026/11/21 03:20:05 | bumbee(user) | Fail   |
+------------------+-----------+---------------------+---------------------+--------------+--------+

ROWS COUNT : 2/5
`,
    stderr: REQUESTING,
  });
  expect(server.requests[0]?.query).toEqual({
    definitionId: "diskusage",
    startedFrom: new Date(2026, 10, 20).toISOString(),
    startedTo: new Date(2026, 10, 21, 23, 59, 59, 999).toISOString(),
    runner: "bumbee",
    nextTaskId: "cleanup",
    limit: "2",
    offset: "0",
  });
  const json = await ran([...line.split(" "), "--json"], server);
  expect(JSON.parse(json.stdout)).toEqual({ items: [open, RUN] });
});

test("a task instance is viewed with how many of its nodes are how", async () => {
  const summary = {
    ...RUN,
    statusCounts: { ready: 0, request: 0, complete: 2, fail: 1 },
    resultCounts: { "N/A": 0, success: 1, fail: 2 },
  };
  const server = new FakeServer({ "GET /instances/71": summary });
  const words = ["taskinstance", "view", "-in", "71"];
  expect((await ran(words, server)).stdout).toBe(`+------------------+----------------------------+
| FIELD            | VALUE                      |
+------------------+----------------------------+
| TASK INSTANCE NO | 71                         |
| TASK ID          | diskusage                  |
| START AT         | 2026/11/21 03:20:05        |
| END AT           | 2026/11/21 03:20:05        |
| RUNNER           | bumbee(user)               |
| RESULT           | Fail                       |
| READY            | 0                          |
| REQUEST          | 0                          |
| COMPLETE         | 2                          |
| FAIL             | 1                          |
| REVISION         | 2                          |
| ARGUMENTS        | patch.tar.gz 'it'\\''s; rm' |
| NEXT TASK        |                            |
| NEXT INSTANCE NO |                            |
| STOP REASON      |                            |
+------------------+----------------------------+
`);
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(summary);
});

const NODES = [
  anInstanceNode("linux01", { execNo: 2 }),
  anInstanceNode("linux02", { exitCode: 3, result: "fail" }),
  aFailedNode("linux03", "It was not reached."),
  aRunningNode("linux04"),
];

test("the nodes of an instance are listed, with a count only where rows are left out", async () => {
  const server = new FakeServer({ "GET /instances/71/nodes": { items: NODES, total: 4 } });
  const words = "taskinstance listnode -in 71 -ni linux -st C -rs N -ec 3".split(" ");
  const table = `+---------+---------+----------+---------------------+---------------------+---------+---------+
| NODE ID | EXEC NO | STATUS   | START AT            | END AT              | RESULT  | EXIT CD |
+---------+---------+----------+---------------------+---------------------+---------+---------+
| linux01 | 2       | Complete | 2026/11/21 03:20:05 | 2026/11/21 03:20:05 | Success | 0       |
| linux02 | 1       | Complete | 2026/11/21 03:20:05 | 2026/11/21 03:20:05 | Fail    | 3       |
| linux03 | 1       | Fail     |                     |                     | Fail    |         |
| linux04 | 1       | Request  | 2026/11/21 03:20:05 |                     | N/A     |         |
+---------+---------+----------+---------------------+---------------------+---------+---------+
`;
  expect(await ran(words, server)).toEqual({ exitCode: 0, stdout: table, stderr: REQUESTING });
  expect(server.requests[0]?.query).toEqual({
    nodeId: "linux",
    status: "request",
    result: "N/A",
    exitCode: "3",
    limit: "30",
    offset: "0",
  });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({ items: NODES });
  const cut = new FakeServer({ "GET /instances/71/nodes": { items: NODES, total: 9 } });
  expect((await ran(words, cut)).stdout).toBe(`${table}\nROWS COUNT : 4/9\n`);
});

const DETAIL = {
  ...anInstanceNode("linux01"),
  number: 71,
  definitionId: "diskusage",
  stdout: output("Filesystem\n  /dev/sda 90%\n\n"),
  stderr: output(""),
};
const DETAIL_TABLE = `+------------------+---------------------+
| FIELD            | VALUE               |
+------------------+---------------------+
| TASK INSTANCE NO | 71                  |
| TASK ID          | diskusage           |
| NODE ID          | linux01             |
| EXEC NO          | 1                   |
| STATUS           | Complete            |
| START AT         | 2026/11/21 03:20:05 |
| END AT           | 2026/11/21 03:20:05 |
| CREATED BY       | bumbee(user)        |
| RESULT           | Success             |
| EXIT CD          | 0                   |
+------------------+---------------------+
`;
const VIEW_NODE = "taskinstance viewnode -in 71 -ni linux01".split(" ");

test("one node is viewed: its fields, stderr, then stdout as the script wrote it", async () => {
  const server = new FakeServer({ "GET /instances/71/nodes/linux01": DETAIL });
  expect(await ran(VIEW_NODE, server)).toEqual({
    exitCode: 0,
    stdout: `${DETAIL_TABLE}
[STDERR]
No content.

[STDOUT]
Filesystem
  /dev/sda 90%

`,
    stderr: REQUESTING,
  });
  expect(server.requests[0]?.query).toEqual({});
  expect(JSON.parse((await ran([...VIEW_NODE, "--json"], server)).stdout)).toEqual(DETAIL);
  await ran([...VIEW_NODE, "-en", "1"], server);
  expect(server.requests.at(-1)?.query).toEqual({ execNo: "1" });
});

test("a stream keeps its bytes, and the next one begins on a line of its own", async () => {
  const bytes = Buffer.from([0x62, 0x69, 0x6e, 0]).toString("base64");
  const node = {
    ...DETAIL,
    stderr: output("no line end"),
    stdout: output(bytes, { encoding: "base64", sizeBytes: 10, droppedBytes: 6 }),
  };
  const server = new FakeServer({ "GET /instances/71/nodes/linux01": node });
  const { stdout, stderr } = await ran(VIEW_NODE, server);
  expect(stdout).toBe(`${DETAIL_TABLE}\n[STDERR]\nno line end\n\n[STDOUT]\nbin\0`);
  expect(stderr).toBe(`${REQUESTING}linux01: 6 bytes of the middle of its stdout were not kept.\n`);
  const tsv = await ran([...VIEW_NODE, "--tsv"], server);
  expect(tsv.stdout).toEndWith(`STDERR\tno line end\nSTDOUT\tbase64:${bytes}\n`);
});

test("an exit code needs no other reason beside it", async () => {
  const reason = "The script ended with exit code 3.";
  const node = { ...DETAIL, exitCode: 3, result: "fail", reason };
  const server = new FakeServer({ "GET /instances/71/nodes/linux01": node });
  expect((await ran(VIEW_NODE, server)).stderr).toBe(REQUESTING);
});

test("why a script was never run is told beside the table", async () => {
  const node = {
    ...DETAIL,
    ...aFailedNode("linux01", "It was not reached."),
    stdout: output(""),
    exitCode: undefined,
  };
  const server = new FakeServer({ "GET /instances/71/nodes/linux01": node });
  const { stdout, stderr } = await ran(VIEW_NODE, server);
  expect(stderr).toBe(`${REQUESTING}linux01: It was not reached.\n`);
  expect(stdout).toEndWith("\n[STDERR]\nNo content.\n\n[STDOUT]\nNo content.\n");
});

test("output that its node has not brought yet is not taken for none", async () => {
  const node = { ...DETAIL, stdout: { ...output(""), sizeBytes: 9_000, left: "node" } };
  const server = new FakeServer({ "GET /instances/71/nodes/linux01": node });
  const { stdout, stderr } = await ran(VIEW_NODE, server);
  expect(stderr).toContain(
    "its stdout is still on the node; ask again when the node is connected.",
  );
  expect(stdout).toEndWith("\n[STDOUT]\n9000 bytes, still on the node.\n");
});

const accepted = () => new Response(null, { status: 202 });
const RERUN = "POST /instances/71/rerun";

test("nodes are run again by their ids", async () => {
  const server = new FakeServer({ [RERUN]: accepted });
  const words = ["taskinstance", "rerun", "-in", "71", "-ni", "linux01,linux02"];
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `linux01 of task-instance #71 has been requested successfully.
linux02 of task-instance #71 has been requested successfully.
`,
    stderr: REQUESTING,
  });
  expect(server.requests[0]?.body).toEqual({ nodeIds: ["linux01", "linux02"] });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({});
});

test.each([
  ["--failed", "failed", ["linux02", "linux03"]],
  ["--never-ran", "neverRan", ["linux03"]],
])("nodes are run again by %s", async (option, select, nodeIds) => {
  const server = new FakeServer({
    "GET /instances/71/nodes": { items: [NODES[1], NODES[2]], total: 2 },
    [RERUN]: accepted,
  });
  const { stdout } = await ran(["taskinstance", "rerun", "71", option], server);
  expect(stdout).toBe(
    nodeIds.map((id) => `${id} of task-instance #71 has been requested successfully.\n`).join(""),
  );
  expect(server.requests[0]?.query).toEqual({ result: "fail", limit: "0" });
  expect(server.requests[1]?.body).toEqual({ select });
});

test("a selection of nothing is an error, and nothing is sent", async () => {
  const server = new FakeServer({ "GET /instances/71/nodes": { items: [NODES[1]], total: 1 } });
  const { exitCode, stderr } = await ran(["taskinstance", "rerun", "71", "-nr"], server);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("No node of task-instance #71 has ended without having run the script");
  expect(server.requests).toHaveLength(1);
});

test("a task instance is stopped, or one node of it", async () => {
  const server = new FakeServer({ "POST /instances/71/stop": accepted });
  const words = ["taskinstance", "stop", "-in", "71"];
  expect((await ran(words, server)).stdout).toBe(
    "The stop of task-instance #71 has been requested successfully.\n",
  );
  expect(server.requests[0]?.body).toEqual({});
  const one = [...words, "-ni", "linux01", "-rs", "wrong file"];
  expect((await ran(one, server)).stdout).toBe(
    "The stop of linux01 of task-instance #71 has been requested successfully.\n",
  );
  expect(server.requests[1]?.body).toEqual({ nodeId: "linux01", reason: "wrong file" });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({});
});

test("all nodes are saved as CSV, whose path is printed; no file is replaced unasked", async () => {
  using folder = new TestFolder();
  const csv = 'TASK INSTANCE NO,"a\r\nb"\r\n';
  const server = new FakeServer({ "GET /instances/71/csv": () => new Response(csv) });
  const words = ["taskinstance", "csv", "-in", "71", "-pt", folder.path];
  const path = join(folder.path, "taskinstance-71.csv");
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `${path}\n`,
    stderr: REQUESTING,
  });
  expect(server.requests[0]?.query).toEqual({ stdout: "false", stderr: "false" });
  expect(readFileSync(path, "utf8")).toBe(csv);
  expect((await ran(words, server)).exitCode).toBe(1);
  const json = await ran([...words, "-so", "--stderr", "-ow", "--json"], server);
  expect(JSON.parse(json.stdout)).toEqual({ path, sizeBytes: csv.length });
  expect(server.requests.at(-1)?.query).toEqual({ stdout: "true", stderr: "true" });
});

const GROUPS = [
  {
    nodeIds: ["linux01", "linux03"],
    nodeCount: 2,
    status: "complete",
    result: "success",
    exitCode: 0,
    stdout: output("a\nfine\n"),
    outputCount: 1,
  },
  {
    nodeIds: ["linux02"],
    nodeCount: 1,
    status: "complete",
    result: "fail",
    exitCode: 3,
    stdout: output("a\nfull \u001b[31m\n"),
    outputCount: 1,
  },
  {
    nodeIds: ["linux04"],
    nodeCount: 1,
    status: "fail",
    result: "fail",
    reason: "It was not reached.",
    stdout: output(""),
    outputCount: 1,
  },
  {
    nodeIds: ["linux05"],
    nodeCount: 1,
    status: "complete",
    result: "success",
    exitCode: 0,
    stdout: output("AAA=", { encoding: "base64", sizeBytes: 2 }),
    outputCount: 1,
  },
];

test("nodes that wrote the same are folded", async () => {
  const server = new FakeServer({ "GET /instances/71/groups": { items: GROUPS } });
  const words = ["taskinstance", "groups", "-in", "71"];
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `1. 2 nodes: Complete, Success, exit code 0
linux01, linux03
a
fine

2. 1 node: Complete, Fail, exit code 3
linux02
a
full \\x1b[31m

3. 1 node: Fail, Fail
linux04
It was not reached.
No content.

4. 1 node: Complete, Success, exit code 0
linux05
2 bytes that are no text.
`,
    stderr: REQUESTING,
  });
  const json = await ran([...words, "--json"], server);
  expect(JSON.parse(json.stdout)).toEqual({ items: GROUPS });
});

test("outputs that are nearly the same are folded on demand, and one of them is shown", async () => {
  const [first] = GROUPS;
  const server = new FakeServer({
    "GET /instances/71/groups": { items: [{ ...first, outputCount: 2 }] },
  });
  const words = ["taskinstance", "groups", "-in", "71", "--similar"];
  expect((await ran(words, server)).stdout).toBe(`1. 2 nodes: Complete, Success, exit code 0
linux01, linux03
One of 2 outputs that are nearly the same:
a
fine
`);
  expect(server.requests[0]?.query).toEqual({ similar: "true" });
});

test("two groups are compared", async () => {
  const server = new FakeServer({ "GET /instances/71/groups": { items: GROUPS } });
  const compared = (numbers: string) =>
    ran(["taskinstance", "groups", "-in", "71", "--diff", ...numbers.split(" ")], server);
  const lines = ["--- group 1", "+++ group 2", "@@ -1,2 +1,2 @@", " a", "-fine", "+full \\x1b[31m"];
  expect((await compared("1 2")).stdout).toBe(`${lines.join("\n")}\n`);
  expect(JSON.parse((await compared("1 2 --json")).stdout)).toEqual({ lines });
  expect((await compared("1 1")).stdout).toBe("Groups 1 and 1 wrote the same.\n");
  expect(await compared("1 9")).toMatchObject({ exitCode: 1, stdout: "" });
  expect((await compared("4 1")).stderr).toContain("group 4 wrote bytes that are none");
});

test.each([
  "taskinstance list -stge 20260231",
  "taskinstance list -stle 2026-11-21",
  "taskinstance view -in 0",
  "taskinstance listnode -in 71 -st X",
  "taskinstance viewnode -in 71",
  "taskinstance rerun -in 71",
  "taskinstance rerun -in 71 -ni a --failed",
  "taskinstance groups -in 71 --diff 1",
])("stint %s is wrong usage, and nothing is sent", async (line) => {
  const server = new FakeServer({});
  expect((await ran(line.split(" "), server)).exitCode).toBe(2);
  expect(server.requests).toEqual([]);
});
