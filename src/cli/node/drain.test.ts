import { expect, test } from "bun:test";
import { TIME } from "../fixtures.ts";
import { aGroupNode, SOON } from "../groupFixtures.ts";
import { FakeServer, ran } from "../testCli.ts";

const DRAIN = { startTime: TIME, deadline: SOON, ignoreSystemJobs: false };

test("nodes are listed as those of groups", async () => {
  const { nodeClass: _, ...bare } = aGroupNode({ id: "n2", contact: "lost", drain: DRAIN });
  const items = [
    aGroupNode(),
    bare,
    aGroupNode({ id: "n3", contact: "away", schedulingState: "disabled" }),
  ];
  const server = new FakeServer({ "GET /nodes": { items } });
  expect(
    (await ran(["node", "status"], server)).stdout,
  ).toBe(`+----+-----------+-----+----------+--------+-------+-------------+--------------+
| ID | Node Pool | DC  | Hostname | Class  | Drain | Eligibility | Status       |
+----+-----------+-----+----------+--------+-------+-------------+--------------+
| n1 | default   | dc1 | alpha    | large  | false | eligible    | ready        |
| n2 | default   | dc1 | alpha    | <none> | true  | ineligible  | down         |
| n3 | default   | dc1 | alpha    | large  | false | ineligible  | disconnected |
+----+-----------+-----+----------+--------+-------+-------------+--------------+

ROWS COUNT : 3/3
`);
});

test("a node tells its drivers, what is used of it and, at length, its attributes", async () => {
  const server = new FakeServer({ "GET /nodes/n1": aGroupNode({ drain: DRAIN }) });
  expect(
    (await ran(["node", "status", "-verbose", "n1"], server)).stdout,
  ).toBe(`ID                 = n1
Hostname           = alpha
Node Pool          = default
Class              = large
DC                 = dc1
Drain              = true
Drain Deadline     = 2026/11/21 04:00:25 (25s from now)
Ignore System Jobs = false
Eligibility        = ineligible
Status             = ready
Last Contact       = 2026/11/21 03:20:05
Host Volumes       = data
Driver Status      = raw_exec

Drivers
+----------+----------+---------+---------------------+
| Driver   | Detected | Healthy | Message             |
+----------+----------+---------+---------------------+
| docker   | false    | false   | There is no socket. |
| raw_exec | true     | true    | Healthy             |
+----------+----------+---------+---------------------+

Host Volumes
+------+-----------+-----------+
| Name | Read Only | Source    |
+------+-----------+-----------+
| data | false     | /srv/data |
+------+-----------+-----------+

Allocated Resources
+--------------+--------------+--------------+
| CPU          | Memory       | Disk         |
+--------------+--------------+--------------+
| 500/2000 MHz | 256/4096 MiB | 300/9000 MiB |
+--------------+--------------+--------------+

Attributes
cpu.numcores = 2
kernel.name  = linux

Meta
rack = r1
`);
});

test("a drain is begun with its deadline and watched to its end", async () => {
  // The first look is for the node that is meant.
  const seen = [aGroupNode(), aGroupNode({ drain: DRAIN, runningTasksCount: 2 })];
  const server = new FakeServer({
    "POST /nodes/n1/drain": {},
    "DELETE /nodes/n1/drain": {},
    "GET /nodes/n1": () => seen.shift() ?? aGroupNode(),
  });
  const said = (...words: string[]) => ran(["node", "drain", ...words], server);
  expect(await said("-enable", "-deadline", "1h30m", "-yes", "n1")).toEqual({
    exitCode: 0,
    stdout: "n1 is drained: nothing of groups runs there.\n",
    stderr: "n1's drain has been requested successfully.\nn1: 2 running\n",
  });
  await said("-enable", "-no-deadline", "-ignore-system", "-detach", "n1");
  await said("-enable", "-force", "-detach", "n1");
  await said("-disable", "-keep-ineligible", "n1");
  const changes = server.requests.filter(({ method }) => method !== "GET");
  expect(changes.map(({ body, query }) => body ?? query)).toEqual([
    { deadlineMs: 5_400_000 },
    { deadlineMs: null, ignoreSystemJobs: true },
    { deadlineMs: 0 },
    { keepIneligible: "true" },
  ]);
});

test("a node that is not being drained has no drain to watch, and is not said to be empty", async () => {
  const server = new FakeServer({ "GET /nodes/n1": aGroupNode({ runningTasksCount: 5 }) });
  const { exitCode, stdout, stderr } = await ran(["node", "drain", "-monitor", "n1"], server);
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toStartWith("error: n1 is not being drained.");
});

test("a drain that says not what it wants is wrong usage", async () => {
  const refused = async (...words: string[]) =>
    (await ran(["node", "drain", "n1", ...words], new FakeServer({}))).stderr.split("\n")[0];
  expect(await refused()).toBe("error: Expected one of -enable, -disable and -monitor.");
  expect(await refused("-enable", "-disable")).toBe(
    "error: Expected one of -enable, -disable and -monitor.",
  );
  expect(await refused("-enable", "-force", "-no-deadline")).toBe(
    "error: Expected one of -deadline, -no-deadline and -force.",
  );
  expect(await refused("-disable", "-force")).toBe(
    "error: Expected -deadline, -no-deadline, -force and -ignore-system with -enable.",
  );
  expect(await refused("-enable", "-deadline", "soon")).toBe(
    'error: Expected a duration as 30m or 1h30m as -deadline and got "soon".',
  );
});

test("eligibility leaves what runs alone", async () => {
  const server = new FakeServer({
    "GET /nodes/n1": aGroupNode(),
    "POST /nodes/n1/disablescheduling": {},
    "POST /nodes/n1/enablescheduling": {},
  });
  const said = async (...words: string[]) =>
    (await ran(["node", "eligibility", ...words, "n1"], server)).stdout;
  expect(await said("-disable")).toBe("n1 is ineligible for scheduling.\n");
  expect(await said("-enable")).toBe("n1 is eligible for scheduling.\n");
  expect(server.requests[1]?.body).toEqual({ nodeDisableSchedulingOption: "taskcompletion" });
  expect((await ran(["node", "eligibility", "n1"], server)).exitCode).toBe(2);
});
