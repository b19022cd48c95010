import { expect, test } from "bun:test";
import { aFailedTask, aJob, aTask, taskCounts } from "../fixtures.ts";
import { FakeServer, ran, refusal } from "../testCli.ts";

const FILE = `id: nightly
poolInfo:
  poolId: default
tasks:
  - id: a
    commandLine: /bin/true
  - id: b
    commandLine: /bin/false
`;
const stdin = { readStdin: () => Promise.resolve(FILE) };

/** Answers one after the other, the last one again and again. */
function inTurn(...answers: unknown[]) {
  let at = 0;
  return () => answers[Math.min(at++, answers.length - 1)];
}

const CREATED = { id: "nightly", url: "/api/v1/jobs/nightly" };

test("a job of a file is created in one call", async () => {
  const server = new FakeServer({ "POST /jobs": CREATED });
  expect(await ran(["job", "run", "-"], server, stdin)).toEqual({
    exitCode: 0,
    stdout: "nightly has been created successfully with 2 tasks.\n",
    stderr: "",
  });
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]?.body).toEqual(Bun.YAML.parse(FILE));
});

test("id and pool of the command line take the place of the file's", async () => {
  const server = new FakeServer({ "POST /jobs": CREATED });
  await ran(["job", "run", "-", "-id", "other", "-pi", "pool2"], server, stdin);
  expect(server.requests[0]?.body).toMatchObject({ id: "other", poolInfo: { poolId: "pool2" } });
});

test("a job that exists is refused with both ways out", async () => {
  const server = new FakeServer({
    "POST /jobs": refusal(409, "JobExists", "There is a job nightly already."),
  });
  expect(await ran(["job", "run", "-"], server, stdin)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `error: There is a job nightly already. (JobExists)
fix: Run it under another id with \`stint job run - -id ID\`, or remove that job first with \`stint job delete nightly\`.
`,
  });
});

test("waiting ends with 0 when all tasks have succeeded", async () => {
  const server = new FakeServer({
    "POST /jobs": CREATED,
    "GET /jobs/nightly": aJob(),
    "GET /jobs/nightly/taskcounts": inTurn(taskCounts(1, 1, 0, 0), taskCounts(0, 0, 2, 0)),
  });
  expect(await ran(["job", "run", "-", "--wait"], server, stdin)).toEqual({
    exitCode: 0,
    stdout: `+-----------+-------+-------+
| STATE     | TASKS | SLOTS |
+-----------+-------+-------+
| active    | 0     | 0     |
| running   | 0     | 0     |
| completed | 2     | 2     |
| succeeded | 2     | 2     |
| failed    | 0     | 0     |
+-----------+-------+-------+
`,
    stderr: `nightly has been created successfully with 2 tasks.
0/2 tasks completed, 1 running, 0 failed
2/2 tasks completed, 0 running, 0 failed
2 of 2 tasks succeeded, 0.0 s
`,
  });
});

test("waiting ends with 1 when a task has failed, and says which and why", async () => {
  const message = "The command ended with exit code 3.";
  const server = new FakeServer({
    "GET /jobs/nightly": aJob(),
    "GET /jobs/nightly/taskcounts": taskCounts(0, 0, 1, 12),
    "GET /jobs/nightly/tasks": { items: [aFailedTask("b", message)], cursor: "more" },
  });
  const { exitCode, stderr } = await ran(["job", "wait", "nightly"], server);
  expect(exitCode).toBe(1);
  expect(stderr).toBe(`13/13 tasks completed, 0 running, 12 failed

12 of 13 tasks failed, the first of them:
+---------+---------+---------+-----------------+-------------------------------------+
| TASK ID | NODE ID | EXIT CD | CODE            | MESSAGE                             |
+---------+---------+---------+-----------------+-------------------------------------+
| b       | n1      | 3       | FailureExitCode | The command ended with exit code 3. |
+---------+---------+---------+-----------------+-------------------------------------+
All of them: stint jobtask list nightly -rs failure -lm 0
What one wrote: stint jobtask log nightly b --stderr
`);
  expect(server.requests.find(({ path }) => path.endsWith("/tasks"))?.query).toEqual({
    result: "failure",
    limit: "10",
  });
});

test("the outcome as JSON has counts and failures", async () => {
  const failure = aFailedTask("b", "no");
  const server = new FakeServer({
    "GET /jobs/nightly": aJob(),
    "GET /jobs/nightly/taskcounts": taskCounts(0, 0, 1, 1),
    "GET /jobs/nightly/tasks": { items: [failure] },
  });
  const { exitCode, stdout } = await ran(["job", "wait", "nightly", "--json"], server);
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    jobId: "nightly",
    ...taskCounts(0, 0, 1, 1),
    failures: [failure],
    neverRun: [],
  });
});

test("waiting for a job that ended before its tasks ends with 1 and names those that never run", async () => {
  const executionInfo = { ...aJob().executionInfo, terminateReason: "MaxWallClockTimeExpiry" };
  const server = new FakeServer({
    "GET /jobs/nightly": inTurn(
      aJob({ state: "terminating" }),
      aJob({ state: "completed", executionInfo }),
    ),
    "GET /jobs/nightly/taskcounts": taskCounts(2, 0, 1, 0),
    "GET /jobs/nightly/tasks": { items: [aTask("big"), aTask("bigger")] },
  });
  const { exitCode, stderr } = await ran(["job", "wait", "nightly"], server);
  expect(exitCode).toBe(1);
  expect(stderr).toEndWith(`
nightly has ended (MaxWallClockTimeExpiry), and 2 of 3 tasks will never run: big, bigger
All of them: stint jobtask list nightly -st active -lm 0
`);
  const json = await ran(["job", "wait", "nightly", "--json"], server);
  expect(JSON.parse(json.stdout)).toMatchObject({ failures: [], neverRun: ["big", "bigger"] });
});

test("a job that ends with its tasks is waited for until it has ended", async () => {
  const ends = { onAllTasksComplete: "terminatejob" } as const;
  const server = new FakeServer({
    "GET /jobs/nightly": inTurn(
      aJob({ ...ends, state: "terminating" }),
      aJob({ ...ends, state: "completed" }),
    ),
    "GET /jobs/nightly/taskcounts": taskCounts(0, 0, 2, 0),
  });
  expect((await ran(["job", "wait", "nightly"], server)).exitCode).toBe(0);
  expect(server.requests.filter(({ path }) => path === "/jobs/nightly")).toHaveLength(2);
});

test("when nothing runs it is said why, once", async () => {
  let now = 0;
  const server = new FakeServer({
    "GET /jobs/nightly": aJob(),
    "GET /jobs/nightly/taskcounts": () => {
      now += 10_000;
      return now < 60_000 ? taskCounts(2, 0, 0, 0) : taskCounts(0, 0, 2, 0);
    },
    "GET /jobs/nightly/tasks": { items: [aTask("a")] },
    "GET /jobs/nightly/tasks/a/explain": { summary: "All slots are taken.", reasons: [] },
  });
  const { stderr } = await ran(["job", "wait", "nightly"], server, { now: () => now });
  expect(stderr.match(/a waits: All slots are taken\./g)).toHaveLength(1);
});

test("a server that is away for a moment is waited for", async () => {
  const server = new FakeServer({
    "GET /jobs/nightly": aJob(),
    "GET /jobs/nightly/taskcounts": inTurn(
      taskCounts(0, 1, 0, 0),
      new Error("connection refused"),
      taskCounts(0, 0, 1, 0),
    ),
  });
  const { exitCode, stderr } = await ran(["job", "wait", "nightly"], server);
  expect(exitCode).toBe(0);
  expect(stderr).toContain("could not talk to it: connection refused; trying again\n");
});

test("a job that is deleted meanwhile is an error", async () => {
  const server = new FakeServer({
    "GET /jobs/nightly/taskcounts": inTurn(
      taskCounts(0, 1, 0, 0),
      refusal(404, "JobNotFound", "There is no job nightly.")(),
    ),
  });
  const { exitCode, stderr } = await ran(["job", "wait", "nightly"], server);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("error: Expected the job nightly to go on, and it is gone");
});

test("a job that was never there is not found, rather than deleted", async () => {
  const server = new FakeServer({
    "GET /jobs/nightly/taskcounts": refusal(404, "JobNotFound", "There is no job nightly."),
  });
  expect((await ran(["job", "wait", "nightly"], server)).stderr).toBe(
    "error: There is no job nightly. (JobNotFound)\nfix: Mend it.\n",
  );
});

test("Ctrl-C leaves the job running and says so", async () => {
  const controller = new AbortController();
  const server = new FakeServer({
    "GET /jobs/nightly/taskcounts": () => {
      controller.abort();
      return taskCounts(0, 1, 0, 0);
    },
  });
  const world = { signal: controller.signal };
  const { exitCode, stderr } = await ran(["job", "wait", "nightly"], server, world);
  expect(exitCode).toBe(130);
  expect(stderr).toContain("nightly goes on without being watched.");
});

test("a person sees a bar, and not what it was when the result is there", async () => {
  const server = new FakeServer({
    "GET /jobs/nightly": aJob(),
    "GET /jobs/nightly/taskcounts": inTurn(taskCounts(1, 1, 0, 0), taskCounts(0, 0, 2, 0)),
  });
  const { stderr } = await ran(["job", "wait", "nightly"], server, { isTerminal: true });
  expect(stderr).toContain("[                              ] 0/2 tasks, 1 running, 0 failed, 0 s");
  expect(stderr).toContain("[==============================] 2/2 tasks, 0 running, 0 failed, 0 s");
  expect(stderr).toEndWith("2 of 2 tasks succeeded, 0.0 s\n");
});

const EMPTY = { readStdin: () => Promise.resolve("id: nightly\npoolInfo: {poolId: default}\n") };

test("a file without tasks makes a job, and it is said", async () => {
  const server = new FakeServer({ "POST /jobs": CREATED });
  expect(await ran(["job", "run", "-"], server, EMPTY)).toEqual({
    exitCode: 0,
    stdout: "nightly has been created successfully without tasks.\n",
    stderr: "The file has no tasks. Add some with `stint jobtask add nightly`.\n",
  });
  const file = "{id: nightly, poolInfo: {poolId: p}, onAllTasksComplete: TerminateJob, tasks: []}";
  const ends = { readStdin: () => Promise.resolve(file.replace("{", "# YAML\n{")) };
  const { stderr } = await ran(["job", "run", "-"], server, ends);
  expect(stderr).toBe("The file has no tasks, and so the job ends at once (onAllTasksComplete).\n");
});

test("waiting for a file without tasks is refused before anything is sent", async () => {
  const server = new FakeServer({ "POST /jobs": CREATED });
  expect(await ran(["job", "run", "-", "--wait"], server, EMPTY)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `error: Expected tasks to wait for in stdin and got none.
fix: Add tasks to the file; or run it without --wait, add tasks with \`stint jobtask add nightly\`, then wait with \`stint job wait nightly\`.
`,
  });
  expect(server.requests).toEqual([]);
});

test("waiting for a job without tasks ends at once and says so", async () => {
  const server = new FakeServer({
    "GET /jobs/nightly": aJob(),
    "GET /jobs/nightly/taskcounts": taskCounts(0, 0, 0, 0),
  });
  const { exitCode, stderr } = await ran(["job", "wait", "nightly"], server);
  expect(exitCode).toBe(0);
  expect(stderr).toContain("nightly has no tasks. Add some with `stint jobtask add nightly`.\n");
  expect(stderr).not.toContain("succeeded");
});
