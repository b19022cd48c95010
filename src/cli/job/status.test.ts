import { expect, test } from "bun:test";
import { aJob } from "../fixtures.ts";
import { ALLOCATION_ID, aDeployment, aGroupsStatus, aStub, SOON } from "../groupFixtures.ts";
import { FakeServer, ran, refusal } from "../testCli.ts";

const WAITING = {
  taskId: "example.cache[0]",
  group: "cache",
  policy: "2 attempts in 10m0s with constant delay 30s",
  decision: "Rescheduled after 30s, attempt 1 of 2 in interval 10m0s",
  actsAt: SOON,
  reasons: [],
  isGivenUp: false,
  isHeld: false,
  canary: false,
};

function serverOf(status = aGroupsStatus(), items = [aStub()]): FakeServer {
  return new FakeServer({
    "GET /jobs/example/groups": status,
    "GET /jobs/example/allocations": { items },
  });
}

test("jobs of every kind are listed in one table", async () => {
  const stopped = { ...aJob().executionInfo, terminateReason: "UserTerminate" };
  const items = [
    aJob({ id: "web", type: "service", priority: 50 }),
    aJob({ id: "old", state: "completed", executionInfo: stopped }),
  ];
  const server = new FakeServer({ "GET /jobs": { items } });
  expect(
    (await ran(["job", "status"], server)).stdout,
  ).toBe(`+-----+---------+----------+----------------+---------------------+
| ID  | Type    | Priority | Status         | Submit Date         |
+-----+---------+----------+----------------+---------------------+
| web | service | 50       | running        | 2026/11/21 03:20:05 |
| old | batch   | 0        | dead (stopped) | 2026/11/21 03:20:05 |
+-----+---------+----------+----------------+---------------------+

ROWS COUNT : 2/2
`);
});

test("a job of groups tells its counts, its deployment, what waits and why, and its allocations", async () => {
  const noNode = {
    ...WAITING,
    taskId: "example.cache[1]",
    decision: "It waits for its first node",
    reasons: [`Constraint "\${attr.kernel.name} = windows" excluded 2 nodes (n1, n2).`],
  };
  const { actsAt, ...waitsForNode } = noNode;
  const status = aGroupsStatus({ deployment: aDeployment(), waiting: [WAITING, waitsForNode] });
  const { stdout } = await ran(["job", "status", "example"], serverOf(status));
  expect(actsAt).toBe(SOON);
  expect(stdout).toBe(`ID            = example
Name          = example
Submit Date   = 2026/11/21 03:20:05
Type          = service
Priority      = 50
Datacenters   = dc1,dc2
Namespace     = default
Node Pool     = default
Status        = running
Periodic      = false
Parameterized = false

Summary
+------------+--------+----------+---------+--------+----------+------+---------+
| Task Group | Queued | Starting | Running | Failed | Complete | Lost | Unknown |
+------------+--------+----------+---------+--------+----------+------+---------+
| cache      | 1      | 0        | 1       | 1      | 0        | 0    | 0       |
+------------+--------+----------+---------+--------+----------+------+---------+

Placement Failure
Task Group "cache" (failed to place 1 allocation):
  * Constraint "\${attr.kernel.name} = windows" excluded 2 nodes (n1, n2).

Latest Deployment
ID          = 7-1
Job Version = 1
Status      = running
Description = Deployment is running

Deployed
+------------+-------------+----------+---------+----------+--------+---------+-----------+---------------------+
| Task Group | Auto Revert | Promoted | Desired | Canaries | Placed | Healthy | Unhealthy | Progress Deadline   |
+------------+-------------+----------+---------+----------+--------+---------+-----------+---------------------+
| cache      | true        | N/A      | 2       | 0        | 2      | 1       | 1         | 2026/11/21 04:00:25 |
+------------+-------------+----------+---------+----------+--------+---------+-----------+---------------------+

Future Rescheduling Attempts
+------------+---------------------------------------------+------------------+--------------+
| Task Group | Reschedule Policy                           | Task             | When         |
+------------+---------------------------------------------+------------------+--------------+
| cache      | 2 attempts in 10m0s with constant delay 30s | example.cache[0] | 25s from now |
+------------+---------------------------------------------+------------------+--------------+

Decisions
Task Group "cache", task example.cache[0]:
  Policy   = 2 attempts in 10m0s with constant delay 30s
  Decision = Rescheduled after 30s, attempt 1 of 2 in interval 10m0s
  Next     = 2026/11/21 04:00:25 (25s from now)
Task Group "cache", task example.cache[1]:
  Policy   = 2 attempts in 10m0s with constant delay 30s
  Decision = It waits for its first node
  Next     = when a node can take it

Allocations
+----------+---------+------------+---------+---------+--------+------------+----------+
| ID       | Node ID | Task Group | Version | Desired | Status | Created    | Modified |
+----------+---------+------------+---------+---------+--------+------------+----------+
| 3c6e8bbf | n1      | cache      | 1       | run     | failed | 39m55s ago | 2s ago   |
+----------+---------+------------+---------+---------+--------+------------+----------+
`);
});

test("canaries are in the deployment, and one that waits says why", async () => {
  const [group] = aDeployment().groups;
  if (group === undefined) throw new Error("no group");
  const deployment = aDeployment({ groups: [{ ...group, canaries: 1 }] });
  const { actsAt: _, ...rest } = { ...WAITING, canary: true, reasons: ["All nodes are full."] };
  const status = aGroupsStatus({ deployment, waiting: [rest] });
  const { stdout } = await ran(["job", "status", "example"], serverOf(status));
  expect(stdout).toContain("| cache      | true        | false    | 2       | 1        |");
  expect(stdout).toContain('Task Group "cache", canary of example.cache[0]:\n');
  expect(stdout).toContain("  * All nodes are full.\n");
});

test("a deployment says why it failed, who promoted it, and what its version came from", async () => {
  const message = 'Allocation 3c6e8bbf of group cache is unhealthy: Check "web" is critical';
  const failure = { group: "cache", taskId: "example.cache[0]", message };
  const deployment = aDeployment({ status: "failed", description: "Failed", failure });
  const promotions = [{ groups: ["cache"], automatic: false, user: "alice", time: SOON }];
  const reverted = { from: 0, to: 0, automatic: true, failure };
  const status = aGroupsStatus({ deployment, promotions, reverted });
  const { stdout } = await ran(["job", "status", "example"], serverOf(status));
  expect(stdout).toContain(`Latest Deployment
ID          = 7-1
Job Version = 1
Status      = failed
Description = Failed
Failure     = ${message}
Reverted    = to version 0, from version 0 by auto_revert: ${message}
Promoted    = cache by alice at 2026/11/21 04:00:25

`);
  const alone = await ran(["job", "status", "example"], serverOf(aGroupsStatus({ reverted })));
  expect(alone.stdout).toContain(
    `Parameterized = false\nReverted      = to version 0, from version 0 by auto_revert: ${message}\n\n`,
  );
});

test("allocations say which of them are canaries, if any are", async () => {
  const canary = aStub({ canary: true });
  const { stdout } = await ran(["job", "status", "example"], serverOf(undefined, [canary]));
  expect(stdout).toContain("| ID       | Node ID | Task Group | Version | Canary | Desired |");
  expect(stdout).toContain("| cache      | 1       | true   | run     |");
});

test("-verbose has whole ids, names and exact times", async () => {
  const { stdout } = await ran(["job", "status", "-verbose", "example"], serverOf());
  expect(stdout).toContain("Version       = 1\n");
  expect(stdout).toMatch(
    /3c6e8bbf-2f74-519b-2279-6f76157e6d69 \| example\.cache\[0\] .* 2026\/11\/21 03:59:58 \|/,
  );
});

test("tasks that wait inside their allocations are told of with their restart policy", async () => {
  const restart = {
    taskId: "example.cache[0]",
    group: "cache",
    allocation: ALLOCATION_ID,
    member: "redis",
    policy: "2 attempts in 30m0s, 15s apart, then fail",
    decision: "Task restarting in 16.2s, after: Exit Code: 1",
    actsAt: SOON,
    canary: false,
  };
  const { actsAt: _, ...template } = {
    ...restart,
    canary: true,
    decision: "It waits for what its template reads. Missing: key waited/for",
  };
  const status = aGroupsStatus({ restarts: [restart, template] });
  const { stdout } = await ran(["job", "status", "example"], serverOf(status));
  expect(stdout).toContain(`Decisions
Task Group "cache", redis of task example.cache[0], allocation 3c6e8bbf:
  Policy   = 2 attempts in 30m0s, 15s apart, then fail
  Decision = Task restarting in 16.2s, after: Exit Code: 1
  Next     = 2026/11/21 04:00:25 (25s from now)
Task Group "cache", redis of canary of example.cache[0], allocation 3c6e8bbf:
  Policy   = 2 attempts in 30m0s, 15s apart, then fail
  Decision = It waits for what its template reads. Missing: key waited/for
  Next     = when that is there

`);
});

test("what waits while its job is disabled says so", async () => {
  const { actsAt: _, ...held } = { ...WAITING, isHeld: true };
  const { stdout } = await ran(
    ["job", "status", "example"],
    serverOf(aGroupsStatus({ waiting: [held] })),
  );
  expect(stdout).toContain("  Next     = when the job is enabled\n");
});

test("what was given up says so, and a stopped job that it was stopped", async () => {
  const { actsAt: _, ...rest } = { ...WAITING, isGivenUp: true };
  const status = aGroupsStatus({ status: "dead", isStopped: true, waiting: [rest] });
  const { stdout } = await ran(["job", "status", "example"], serverOf(status));
  expect(stdout).toContain("Status        = dead (stopped)\n");
  expect(stdout).toContain("  Next     = nothing by itself: it was given up\n");
});

test("a periodic job has its children in place of allocations", async () => {
  const status = aGroupsStatus({
    type: "batch",
    periodic: true,
    nextLaunchTime: SOON,
    children: { pending: 0, running: 1, dead: 2 },
    summary: [],
  });
  const server = new FakeServer({
    "GET /jobs/example/groups": status,
    "GET /jobs": { items: [aJob({ id: "example/periodic-1795233600" })] },
  });
  const { stdout } = await ran(["job", "status", "example"], server);
  expect(stdout).toContain("Next Periodic Launch = 2026/11/21 04:00:25 (25s from now)\n");
  expect(stdout).toEndWith(`Children Job Summary
+---------+---------+------+
| Pending | Running | Dead |
+---------+---------+------+
| 0       | 1       | 2    |
+---------+---------+------+

Previously Launched Jobs
+-----------------------------+---------+
| ID                          | Status  |
+-----------------------------+---------+
| example/periodic-1795233600 | running |
+-----------------------------+---------+
`);
  expect(server.requests.at(-1)?.query).toMatchObject({ idPrefix: "example/" });
});

test("a job of tasks is shown as it always was, and JSON is the API's with the allocations", async () => {
  const server = new FakeServer({
    "GET /jobs/nightly/groups": refusal(409, "OperationNotValidOnJob", "it has no groups"),
    "GET /jobs/nightly": aJob(),
  });
  expect((await ran(["job", "status", "nightly"], server)).stdout).toContain("| MAX RETRIES ");
  const json = await ran(["job", "status", "example", "-json"], serverOf());
  expect(JSON.parse(json.stdout)).toEqual({ ...aGroupsStatus(), allocations: [aStub()] });
  const tsv = await ran(["job", "status", "example", "--tsv"], serverOf());
  expect(tsv.stdout).toContain("\n\n[Summary]\nTask Group\tQueued\tStarting\t");
});

test("a job that is not there is an error with what to do", async () => {
  const server = new FakeServer({ "GET /jobs/no/groups": refusal(404, "JobNotFound", "none") });
  expect(await ran(["job", "status", "no"], server)).toMatchObject({
    exitCode: 1,
    stderr: "error: none (JobNotFound)\nfix: Mend it.\n",
  });
});
