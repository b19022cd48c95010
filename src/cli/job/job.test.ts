import { expect, test } from "bun:test";
import { aJob, TIME, taskCounts } from "../fixtures.ts";
import { FakeServer, ran } from "../testCli.ts";

test("jobs are listed", async () => {
  const ended = aJob({
    id: "old",
    state: "completed",
    executionInfo: {
      startTime: TIME,
      endTime: TIME,
      poolId: "default",
      terminateReason: "AllTasksComplete",
    },
  });
  const server = new FakeServer({ "GET /jobs": { items: [aJob(), ended] } });
  const words = ["job", "list", "-st", "active", "-pi", "default", "-id", "n"];
  expect(
    (await ran(words, server)).stdout,
  ).toBe(`+---------+------+---------+----------+-----------+------------------+------------------+------------------+
| ID      | NAME | POOL    | PRIORITY | STATE     | CREATED AT       | END AT           | REASON           |
+---------+------+---------+----------+-----------+------------------+------------------+------------------+
| nightly |      | default | 0        | active    | 2026/11/21 03:20 |                  |                  |
| old     |      | default | 0        | completed | 2026/11/21 03:20 | 2026/11/21 03:20 | AllTasksComplete |
+---------+------+---------+----------+-----------+------------------+------------------+------------------+

ROWS COUNT : 2/2
`);
  expect(server.requests[0]?.query).toEqual({
    idPrefix: "n",
    poolId: "default",
    state: "active",
    limit: "30",
  });
});

test("a job's view has sections for what it has", async () => {
  const job = aJob({
    jobPreparationTask: { id: "jobpreparation", commandLine: "/bin/prepare", waitForSuccess: true },
    jobReleaseTask: { id: "jobrelease", commandLine: "/bin/release", maxWallClockTime: "PT15M" },
    commonEnvironmentSettings: [{ name: "A", value: "b" }],
    metadata: [{ name: "owner", value: "me" }],
  });
  const server = new FakeServer({ "GET /jobs/nightly": job });
  const { stdout } = await ran(["job", "view", "nightly"], server);
  const markers = [...stdout.matchAll(/\[([A-Z]+)\]/g)].map(([, name]) => name);
  expect(markers).toEqual(["BASIS", "PREPARATION", "RELEASE", "ENVIRONMENT", "METADATA"]);
  const json = await ran(["job", "view", "nightly", "--json"], server);
  expect(JSON.parse(json.stdout)).toEqual(job);
});

test("preparation and release are listed for each node", async () => {
  const done = { state: "completed", taskRootDirectory: "", taskRootDirectoryUrl: "" } as const;
  const failureInfo = { category: "usererror", code: "FailureExitCode", message: "" };
  const items = [
    {
      poolId: "default",
      nodeId: "n1",
      nodeUrl: "",
      jobPreparationTaskExecutionInfo: {
        ...done,
        endTime: TIME,
        exitCode: 2,
        result: "failure",
        failureInfo,
        retryCount: 1,
      },
    },
    {
      poolId: "default",
      nodeId: "n2",
      nodeUrl: "",
      jobPreparationTaskExecutionInfo: { ...done, state: "running", retryCount: 0 },
      jobReleaseTaskExecutionInfo: {
        ...done,
        result: "failure",
        failureInfo: { ...failureInfo, code: "NodeUnreachable" },
      },
    },
  ];
  const server = new FakeServer({
    "GET /jobs/nightly/jobpreparationandreleasetaskstatus": { items },
  });
  expect(
    (await ran(["job", "prep", "nightly"], server)).stdout,
  ).toBe(`+---------+-------------+--------------+--------------+---------------------+-------------------------+-----------------+----------------+
| NODE ID | PREPARATION | PREP EXIT CD | PREP RETRIES | PREP END AT         | RELEASE                 | RELEASE EXIT CD | RELEASE END AT |
+---------+-------------+--------------+--------------+---------------------+-------------------------+-----------------+----------------+
| n1      | failure     | 2            | 1            | 2026/11/21 03:20:05 |                         |                 |                |
| n2      | running     |              | 0            |                     | failure NodeUnreachable |                 |                |
+---------+-------------+--------------+--------------+---------------------+-------------------------+-----------------+----------------+

ROWS COUNT : 2/2
`);
});

test("what preparation and release wrote on a node is printed", async () => {
  const server = new FakeServer({
    "GET /jobs/nightly/jobpreparation/n1/stdout": () => new Response("prepared\n"),
    "GET /jobs/nightly/jobrelease/n1/stderr": () => new Response("released\n"),
  });
  expect((await ran(["job", "preplog", "nightly", "n1"], server)).stdout).toBe("prepared\n");
  const words = ["job", "preplog", "nightly", "n1", "-rl", "-se"];
  expect((await ran(words, server)).stdout).toBe("released\n");
});

test("counts are one table in every form", async () => {
  const server = new FakeServer({ "GET /jobs/nightly/taskcounts": taskCounts(1, 2, 3, 4) });
  expect((await ran(["job", "counts", "nightly", "-tv"], server)).stdout).toBe(
    "STATE\tTASKS\tSLOTS\nactive\t1\t1\nrunning\t2\t2\ncompleted\t7\t7\nsucceeded\t3\t3\nfailed\t4\t4\n",
  );
});

test("a job is created by options with what was given and nothing else", async () => {
  const server = new FakeServer({ "POST /jobs": { id: "j", url: "" } });
  const line =
    "job create j -pi p -pr -5 -mp 3 -oc terminatejob -mw 8h -mr 2 -pc /bin/a -rc /bin/b -en A=b";
  expect((await ran(line.split(" "), server)).stdout).toBe("j has been created successfully.\n");
  expect(server.requests[0]?.body).toEqual({
    id: "j",
    poolInfo: { poolId: "p" },
    priority: -5,
    maxParallelTasks: 3,
    onAllTasksComplete: "terminatejob",
    constraints: { maxWallClockTime: "8h", maxTaskRetryCount: 2 },
    jobPreparationTask: { commandLine: "/bin/a" },
    jobReleaseTask: { commandLine: "/bin/b" },
    commonEnvironmentSettings: [{ name: "A", value: "b" }],
  });
});

test("a job is changed, held, let go on, ended and deleted", async () => {
  const server = new FakeServer({
    "PATCH /jobs/nightly": aJob(),
    "POST /jobs/nightly/disable": {},
    "POST /jobs/nightly/enable": {},
    "POST /jobs/nightly/terminate": {},
    "GET /jobs/nightly": aJob({ state: "completed" }),
    "DELETE /jobs/nightly": {},
  });
  const said = async (line: string) => (await ran(line.split(" "), server)).stdout.trimEnd();
  expect(await said("job edit nightly -pr 7 -mw none")).toBe(
    "nightly has been modified successfully.",
  );
  expect(await said("job disable nightly -ts wait")).toBe(
    "nightly's disabling has been requested successfully.",
  );
  expect(await said("job enable nightly")).toBe(
    "nightly's enabling has been requested successfully.",
  );
  expect(await said("job terminate nightly -rs enough --wait")).toBe("nightly has been completed.");
  expect(await said("job delete nightly")).toBe(
    "nightly's deletion has been requested successfully.",
  );
  expect(server.requests.map(({ body }) => body)).toEqual([
    { priority: 7, constraints: { maxWallClockTime: null } },
    { disableTasks: "wait" },
    undefined,
    { terminateReason: "enough" },
    undefined,
    undefined,
  ]);
});
