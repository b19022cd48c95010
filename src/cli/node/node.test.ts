import { expect, test } from "bun:test";
import type { Node } from "../../protocol/api/answer/node.ts";
import { TIME } from "../fixtures.ts";
import { FakeServer, ran } from "../testCli.ts";

const NODE: Node = {
  id: "n1",
  guid: "0b8e",
  url: "/api/v1/nodes/n1",
  poolId: "default",
  state: "running",
  stateTransitionTime: TIME,
  schedulingState: "enabled",
  fleetStatus: "disable",
  contact: "connected",
  contactTime: TIME,
  isDedicated: true,
  provided: true,
  affinityId: "a",
  vmSize: "local",
  taskSlots: 4,
  allocationTime: TIME,
  hostname: "linux01",
  ipAddress: "192.0.2.1",
  memoryBytes: 8 * 1024 ** 3,
  totalTasksRun: 10,
  totalTasksSucceeded: 9,
  runningTasksCount: 1,
  runningTaskSlotsCount: 2,
  nodeAgentInfo: { version: "1.1.2", lastUpdateTime: TIME },
};

/** As a person has taken it over. */
const OWNED: Node = {
  ...NODE,
  id: "linux01",
  os: "Linux",
  owner: "kim",
  fleetStatus: "enable",
  description: "the first",
  updateTime: TIME,
  updatedBy: "kim",
};

test("nodes are listed as fleet runs see them, by what people know of them", async () => {
  const server = new FakeServer({ "GET /nodes": { items: [OWNED], total: 9 } });
  const words = ["node", "list", "-id", "x", "-av", "1.", "-ip", "192", "-os", "lin", "-hn", "l"];
  const all = [...words, "-oi", "kim", "-st", "e"];
  expect(await ran(all, server)).toEqual({
    exitCode: 0,
    stdout: `+---------+-----------+------------+-------+----------+-------+------------------+--------+
| ID      | AGENT VER | CONNECT IP | OS    | HOSTNAME | OWNER | HEARTBEAT        | STATUS |
+---------+-----------+------------+-------+----------+-------+------------------+--------+
| linux01 | 1.1.2     | 192.0.2.1  | Linux | linux01  | kim   | 2026/11/21 03:20 | enable |
+---------+-----------+------------+-------+----------+-------+------------------+--------+

ROWS COUNT : 1/1
`,
    stderr: "Requesting http://stint.test\n",
  });
  expect(server.requests[0]?.query).toEqual({
    id: "x",
    agentVersion: "1.",
    ipAddress: "192",
    os: "lin",
    hostname: "l",
    owner: "kim",
    fleetStatus: "enable",
    limit: "30",
  });
  expect(JSON.parse((await ran([...all, "--json"], server)).stdout)).toEqual({ items: [OWNED] });
});

test("what matters to batch jobs is an option of the list", async () => {
  const server = new FakeServer({ "GET /nodes": { items: [NODE] } });
  expect(
    (await ran(["node", "list", "-pi", "default", "--batch"], server)).stdout,
  ).toBe(`+----+-----------+------------+----------+---------+---------+------------+-------+------------------+---------+
| ID | AGENT VER | CONNECT IP | HOSTNAME | POOL    | STATE   | SCHEDULING | SLOTS | HEARTBEAT        | STATUS  |
+----+-----------+------------+----------+---------+---------+------------+-------+------------------+---------+
| n1 | 1.1.2     | 192.0.2.1  | linux01  | default | running | enabled    | 2/4   | 2026/11/21 03:20 | disable |
+----+-----------+------------+----------+---------+---------+------------+-------+------------------+---------+

ROWS COUNT : 1/1
`);
  expect(server.requests[0]?.query).toEqual({ poolId: "default", limit: "30" });
});

test("nodes are filtered by a state of batch jobs in the same option", async () => {
  const server = new FakeServer({ "GET /nodes": { items: [NODE] } });
  await ran(["node", "list", "-st", "Running", "-id", "n"], server);
  expect(server.requests[0]?.query).toEqual({ id: "n", state: "running", limit: "30" });
  expect((await ran(["node", "list", "-st", "tired"], server)).exitCode).toBe(2);
});

test("a node is viewed with the fields that fleet runs know, in their order", async () => {
  const server = new FakeServer({ "GET /nodes/linux01": OWNED });
  const words = ["node", "view", "-id", "linux01"];
  const { stdout, stderr } = await ran(words, server);
  expect(stdout).toBe(`+---------------+------------------+
| FIELD         | VALUE            |
+---------------+------------------+
| ID            | linux01          |
| AGENT VERSION | 1.1.2            |
| CONNECT IP    | 192.0.2.1        |
| OS            | Linux            |
| HOSTNAME      | linux01          |
| OWNER         | kim              |
| STATUS        | enable           |
| GUID          | 0b8e             |
| HEARTBEAT     | 2026/11/21 03:20 |
| DESCRIPTION   | the first        |
| CREATED AT    | 2026/11/21 03:20 |
| UPDATED AT    | 2026/11/21 03:20 |
| UPDATED BY    | kim              |
+---------------+------------------+
`);
  expect(stderr).toBe("Requesting http://stint.test\n");
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(OWNED);
});

test("a node is claimed, renamed, described, enabled and given away by one command", async () => {
  const server = new FakeServer({ "PATCH /nodes/n1": OWNED });
  const words = ["node", "edit", "-id", "n1", "-wi", "linux01", "-oi", "kim", "-de", "the first"];
  const all = [...words, "-st", "E"];
  // The message names the id that was given.
  expect((await ran(all, server)).stdout).toBe("n1 has been modified successfully.\n");
  expect(server.requests[0]?.body).toEqual({
    newId: "linux01",
    owner: "kim",
    description: "the first",
    status: "enable",
  });
  const long = ["node", "edit", "--id", "n1", "--newid", "linux01", "--owner", "kim"];
  await ran([...long, "--desc", "the first", "--status", "E"], server);
  expect(server.requests[1]?.body).toEqual(server.requests[0]?.body);
  expect(JSON.parse((await ran([...all, "--json"], server)).stdout)).toEqual(OWNED);
  expect((await ran(["node", "edit", "-id", "n1"], server)).exitCode).toBe(2);
  expect((await ran(["node", "edit", "-id", "n1", "-st", "running"], server)).exitCode).toBe(2);
});

test("a node's batch view has its machine, and its errors if any", async () => {
  const errors = [{ code: "StartFailed", message: "no disk" }];
  const server = new FakeServer({ "GET /nodes/n1": { ...NODE, errors } });
  const { stdout } = await ran(["node", "view", "n1", "-bt"], server);
  expect(stdout).toContain("| [BATCH]");
  expect(stdout).toMatch(/\| MEMORY +\| 8\.0 GiB +\|/);
  expect(stdout).toContain("StartFailed: no disk");
});

test("a node is rebooted, disabled, enabled and removed", async () => {
  const server = new FakeServer({
    "POST /nodes/n1/reboot": {},
    "POST /nodes/n1/disablescheduling": {},
    "POST /nodes/n1/enablescheduling": {},
    "DELETE /nodes/n1": {},
  });
  const said = async (line: string) => (await ran(line.split(" "), server)).stdout.trimEnd();
  expect(await said("node reboot n1 -ts taskcompletion")).toBe(
    "n1's reboot has been requested successfully.",
  );
  expect(await said("node disable n1")).toBe("n1 has been disabled successfully.");
  expect(await said("node enable n1")).toBe("n1 has been enabled successfully.");
  expect(await said("node delete n1 -ts terminate")).toBe(
    "n1's deletion has been requested successfully.",
  );
  expect(server.requests.map(({ body }) => body)).toEqual([
    { nodeRebootOption: "taskcompletion" },
    {},
    undefined,
    undefined,
  ]);
  expect(server.requests[3]?.query).toEqual({ nodeDeallocationOption: "terminate" });
});

test("a join token stands alone on stdout, ready for a file", async () => {
  const answer = { token: "stint_join_abc", poolId: "default" };
  const server = new FakeServer({ "POST /join-tokens": answer });
  const words = ["node", "jointoken", "default", "-ei", "24h", "-us", "3"];
  const { stdout, stderr } = await ran(words, server);
  expect(stdout).toBe("stint_join_abc\n");
  expect(stderr).toContain("stint agent --server http://stint.test --join-token-file FILE");
  expect(server.requests[0]?.body).toEqual({ poolId: "default", expiresIn: "24h", uses: 3 });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(answer);
});

test("without a pool join tokens are listed", async () => {
  const items = [
    { id: "a1", poolId: "p", creationTime: TIME },
    { id: "b2", poolId: "q", creationTime: TIME, expirationTime: TIME, uses: 3 },
  ];
  const server = new FakeServer({ "GET /join-tokens": { items } });
  expect((await ran(["node", "jointoken", "--tsv"], server)).stdout).toBe(
    `ID\tPOOL\tUSES LEFT\tEXPIRES AT\tCREATED AT
a1\tp\tany number\tnever\t${TIME}
b2\tq\t3\t${TIME}\t${TIME}
`,
  );
  expect((await ran(["node", "jointoken", "-us", "3"], server)).exitCode).toBe(2);
});

test("files of a node are listed, and that there are more is said", async () => {
  const items = [
    { path: "shared", url: "", isDirectory: true, sizeBytes: 0, lastModified: TIME },
    { path: "shared/f.txt", url: "", isDirectory: false, sizeBytes: 12, lastModified: TIME },
  ];
  const server = new FakeServer({ "GET /nodes/n1/files": { items, truncated: true } });
  const { stdout, stderr } = await ran(["node", "files", "n1", "shared", "-rc"], server);
  expect(stdout).toBe(`+--------------+------+------------------+--------+
| NAME         | SIZE | DATE             | TYPE   |
+--------------+------+------------------+--------+
| shared       |      | 2026/11/21 03:20 | folder |
| shared/f.txt | 12   | 2026/11/21 03:20 | file   |
+--------------+------+------------------+--------+

ROWS COUNT : 2/2
`);
  expect(stderr).toBe("There are more files than the node lists at once: list a folder of it.\n");
  expect(server.requests[0]?.query).toEqual({ recursive: "true", path: "shared" });
});
