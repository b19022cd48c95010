import { expect, test } from "bun:test";
import { ALLOCATION_ID, aMember, anAllocation } from "../groupFixtures.ts";
import { FakeServer, ran } from "../testCli.ts";

const SHORT = ALLOCATION_ID.slice(0, 8);

function serverOf(changes: Parameters<typeof anAllocation>[0] = {}): FakeServer {
  return new FakeServer({
    [`GET /allocations/${SHORT}`]: anAllocation(changes),
    [`POST /allocations/${SHORT}/restart`]: {},
    [`POST /allocations/${SHORT}/stop`]: {},
    [`GET /allocations/${SHORT}/logs/redis/stdout`]: () => new Response("one\ntwo\nthree\n"),
    [`GET /allocations/${SHORT}/logs/redis/stderr`]: () => new Response("bad\n"),
  });
}

test("an allocation tells all that section of it: addresses, checks, policies, events newest first", async () => {
  const { stdout } = await ran(["alloc", "status", "-verbose", SHORT], serverOf());
  expect(stdout).toBe(`ID                     = 3c6e8bbf-2f74-519b-2279-6f76157e6d69
Name                   = example.cache[0]
Node ID                = n1
Node GUID              = guid-1
Datacenter             = dc1
Job ID                 = example
Job Version            = 1
Client Status          = failed
Client Description     = Failed tasks
Desired Status         = run
Desired Description    = <none>
Created                = 2026/11/21 03:20:05
Modified               = 2026/11/21 03:59:58
Deployment ID          = 1-1
Deployment Health      = unhealthy: Unhealthy because of failed task
Reschedule Attempts    = 1/2
Reschedule Policy      = 2 attempts in 10m0s with constant delay 30s
Previous Alloc ID      = 9e3645df-0000-4000-8000-000000000001
Decision               = Rescheduled after 30s, attempt 2 of 2 in interval 10m0s
Reschedule Eligibility = 2026/11/21 04:00:25 (25s from now)

Allocation Addresses
+-------+---------+------------------------+
| Label | Dynamic | Address                |
+-------+---------+------------------------+
| db    | yes     | 10.0.0.7:25500 -> 6379 |
+-------+---------+------------------------+

Service Checks
+-------------+-------+-------+-------------+---------+
| Service     | Task  | Name  | Mode        | Status  |
+-------------+-------+-------+-------------+---------+
| redis-cache | redis | alive | healthiness | failure |
+-------------+-------+-------+-------------+---------+

Check Output
redis-cache alive: dial tcp 10.0.0.7:25500: connection refused

Task "redis" (docker) is "pending"

Task Resources
+---------+---------+---------+----------------------------+
| CPU     | Memory  | Disk    | Addresses                  |
+---------+---------+---------+----------------------------+
| 500 MHz | 256 MiB | 300 MiB | db: 10.0.0.7:25500 -> 6379 |
+---------+---------+---------+----------------------------+

Host Volumes
+---------+-----------+----------------+
| ID      | Read Only | Destination    |
+---------+-----------+----------------+
| data[0] | false     | /var/lib/redis |
+---------+-----------+----------------+

Task Events
Started At     = 2026/11/21 03:20:05
Finished At    = N/A
Total Restarts = 1
Last Restart   = 2026/11/21 03:20:05
Restart Policy = 2 attempts in 30m0s, 15s apart, then fail
Next Restart   = 2026/11/21 04:00:25 (25s from now)

Recent Events
+---------------------+------------+--------------------------+
| Time                | Type       | Description              |
+---------------------+------------+--------------------------+
| 2026/11/21 03:20:05 | Restarting | Task restarting in 16.2s |
| 2026/11/21 03:20:05 | Terminated | Exit Code: 1             |
| 2026/11/21 03:20:05 | Started    | Task started by client   |
+---------------------+------------+--------------------------+

Reschedule History
+---------------------+--------------------------------------+---------+-------+
| Time                | Alloc ID                             | Node ID | Delay |
+---------------------+--------------------------------------+---------+-------+
| 2026/11/21 03:20:05 | 9e3645df-0000-4000-8000-000000000001 | n2      | 30s   |
+---------------------+--------------------------------------+---------+-------+

Placement Metrics
+------+---------+-------------------+-------------+
| Node | binpack | job-anti-affinity | final score |
+------+---------+-------------------+-------------+
| n1   | 0.0761  | 0                 | 0.0761      |
+------+---------+-------------------+-------------+
`);
});

test("one that is to stop says why, and its output is not allowed to steer the terminal", async () => {
  const changes = {
    desired: "stop",
    description: "node is \u001b[2Jdraining",
    checks: [],
  } as const;
  const { stdout } = await ran(["alloc", "status", SHORT], serverOf({ ...changes, checks: [] }));
  expect(stdout).toContain("Desired Status         = stop\n");
  expect(stdout).toContain("Desired Description    = node is \\x1b[2Jdraining\n");
  expect(stdout).not.toContain("Placement Metrics");
});

test("too short a beginning of an id is refused before anything is sent", async () => {
  const server = serverOf();
  const { exitCode, stderr } = await ran(["alloc", "status", "7"], server);
  expect(exitCode).toBe(2);
  expect(stderr).toStartWith(
    'error: Expected at least the first 2 characters of an allocation\'s id and got "7". `stint job status JOB` shows them.\n',
  );
  expect(server.requests).toEqual([]);
});

test("in short an allocation has the last event of each task", async () => {
  const server = serverOf({
    members: [aMember(), aMember({ name: "log", failed: true, events: [] })],
  });
  const { stdout } = await ran(["alloc", "status", "-short", SHORT], server);
  expect(stdout).toStartWith("ID ");
  expect(stdout).toEndWith(`
Tasks
+-------+------------------+------------+---------------------+
| Name  | State            | Last Event | Time                |
+-------+------------------+------------+---------------------+
| redis | pending          | Restarting | 2026/11/21 03:20:05 |
| log   | pending (failed) |            |                     |
+-------+------------------+------------+---------------------+
`);
  const { exitCode } = await ran(["alloc", "status", "-short", "-verbose", SHORT], server);
  expect(exitCode).toBe(2);
});

test("logs are of the only task, or of the one that is named", async () => {
  const logs = async (...words: string[]) =>
    (await ran(["alloc", "logs", ...words], serverOf())).stdout;
  expect(await logs(SHORT)).toBe("one\ntwo\nthree\n");
  expect(await logs("-stderr", SHORT, "redis")).toBe("bad\n");
  expect(await logs("-stderr", "-task", "redis", SHORT)).toBe("bad\n");
  const two = serverOf({ members: [aMember(), aMember({ name: "sidecar" })] });
  expect(await ran(["alloc", "logs", SHORT], two)).toMatchObject({
    exitCode: 1,
    stderr: `error: Expected the name of a task of allocation ${SHORT} and got none.\nfix: Add one of its tasks behind the id: redis, sidecar.\n`,
  });
});

test("of logs the last lines are asked for, and followed on behind them", async () => {
  const server = serverOf();
  const asked = async (...words: string[]) => {
    const { stdout } = await ran(["alloc", "logs", ...words, SHORT, "redis"], server);
    expect(stdout).toBe("one\ntwo\nthree\n");
    return server.requests.at(-1)?.query;
  };
  expect(await asked()).toEqual({ follow: "false" });
  expect(await asked("-n", "2")).toEqual({ follow: "false", lines: "2" });
  expect(await asked("-tail")).toEqual({ follow: "false", lines: "10" });
  expect(await asked("-f")).toEqual({ follow: "true" });
  expect(await asked("-f", "-tail", "-n", "1")).toEqual({ follow: "true", lines: "1" });
});

test("an allocation's tasks are restarted, and it is stopped", async () => {
  const server = serverOf();
  const said = async (...words: string[]) => (await ran(["alloc", ...words], server)).stdout;
  expect(await said("restart", SHORT, "redis")).toBe(
    "redis of 3c6e8bbf's restart has been requested successfully.\n",
  );
  expect(await said("restart", "-all-tasks", SHORT)).toBe(
    "3c6e8bbf's restart has been requested successfully.\n",
  );
  expect(await said("stop", "-detach", SHORT)).toBe(
    "3c6e8bbf's stop has been requested successfully.\n",
  );
  expect(server.requests.map(({ body }) => body)).toEqual([
    { member: "redis" },
    { dead: true },
    undefined,
  ]);
});

test("a canary is said to be one", async () => {
  const { stdout } = await ran(["alloc", "status", SHORT], serverOf({ canary: true }));
  expect(stdout).toContain(
    "unhealthy: Unhealthy because of failed task\nCanary                 = true\n",
  );
});
