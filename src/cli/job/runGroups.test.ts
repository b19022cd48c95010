import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { aDeployment, aGroupsStatus, aStub } from "../groupFixtures.ts";
import { type FakeAnswer, FakeServer, ran, refusal, TestFolder } from "../testCli.ts";

const JOB =
  'job "example" {\n  task "t" {\n    driver = "raw_exec"\n    config {\n      command = "/bin/true"\n    }\n  }\n}\n';
const REGISTERED = { jobId: "example", version: 1, warnings: [] };

async function run(answers: Readonly<Record<string, FakeAnswer>>, ...words: string[]) {
  using folder = new TestFolder();
  writeFileSync(join(folder.path, "a.nomad"), JOB);
  writeFileSync(join(folder.path, "tasks.yaml"), "id: a\npoolInfo: {poolId: p}\n");
  const server = new FakeServer({ "POST /jobs/register": REGISTERED, ...answers });
  const ended = await ran(["job", "run", ...words], server, { currentFolder: folder.path });
  return { ...ended, requests: server.requests };
}

test("a service is watched until its deployment is over", async () => {
  const successful = aDeployment({ status: "successful", description: "All is well" });
  const answers = [aDeployment(), aDeployment(), successful];
  const status = () => aGroupsStatus({ deployment: answers.shift() ?? successful });
  const { exitCode, stdout, stderr } = await run({ "GET /jobs/example/groups": status }, "a.nomad");
  expect(exitCode).toBe(0);
  expect(stderr).toBe(`example has been registered successfully as version 1.
Deployment 7-1 running: cache 1/2 healthy, 2 placed, 1 unhealthy
Deployment 7-1 successful: cache 1/2 healthy, 2 placed, 1 unhealthy
`);
  expect(stdout).toContain("Status      = successful\nDescription = All is well\n");
});

test("a version whose canaries are healthy is said to wait for its promotion", async () => {
  const [group] = aDeployment().groups;
  if (group === undefined) throw new Error("no group");
  const canaries = { ...group, canaries: 1, placed: 1, unhealthy: 0 };
  const at = (changes: Partial<typeof group>, waitsForPromotion = false) => {
    const groups = [{ ...canaries, ...changes }];
    return aGroupsStatus({ deployment: aDeployment({ groups, waitsForPromotion }) });
  };
  const successful = aDeployment({ status: "successful" });
  const ready = { canariesHealthy: 1 };
  const seen = [at({}), at(ready, true), at({ promoted: true })];
  const status = () => seen.shift() ?? aGroupsStatus({ deployment: successful });
  const { exitCode, stderr } = await run({ "GET /jobs/example/groups": status }, "a.nomad");
  expect(exitCode).toBe(0);
  expect(stderr).toBe(`example has been registered successfully as version 1.
Deployment 7-1 running: cache 0/1 canaries healthy, 1 placed
Deployment 7-1 running: cache 1/1 canaries healthy, 1 placed
Version 1 waits for promotion: stint job promote example
Deployment 7-1 running: cache 1/2 healthy, 1 placed
Deployment 7-1 successful: cache 1/2 healthy, 2 placed, 1 unhealthy
`);
  const auto = [at({ ...ready, autoPromote: true })];
  const alone = () => auto.shift() ?? aGroupsStatus({ deployment: successful });
  const promoted = await run({ "GET /jobs/example/groups": alone }, "a.nomad");
  expect(promoted.stderr).not.toContain("waits for promotion");
});

test("a deployment that failed is exit code 2, with how to see why", async () => {
  const deployment = aDeployment({ status: "failed" });
  const status = aGroupsStatus({ deployment });
  const { exitCode, stderr } = await run({ "GET /jobs/example/groups": status }, "a.nomad");
  expect(exitCode).toBe(2);
  expect(stderr).toEndWith("See why: stint job status example\n");
});

test("a file that changes nothing says so, and how the version that failed before stands", async () => {
  const note =
    "Job example is at version 1 already: the same again changes nothing. It has failed.";
  const answers = {
    "POST /jobs/register": { ...REGISTERED, note },
    "GET /jobs/example/groups": aGroupsStatus({ deployment: aDeployment({ status: "failed" }) }),
  };
  const { exitCode, stderr } = await run(answers, "a.nomad");
  expect(exitCode).toBe(2);
  expect(stderr).toStartWith(`${note}\nDeployment 7-1 failed: `);
  expect((await run(answers, "-detach", "a.nomad")).stdout).toBe(`${note}\n`);
});

test("a version that was replaced is not waited for", async () => {
  const status = aGroupsStatus({ version: 2, deployment: aDeployment({ version: 2 }) });
  const { exitCode, stderr } = await run({ "GET /jobs/example/groups": status }, "a.nomad");
  expect(exitCode).toBe(2);
  expect(stderr).toContain("Version 1 of example was replaced by version 2.\n");
  const failure = { group: "cache", taskId: "example.cache[0]", message: "Allocation 3c6e failed" };
  const reverted = { from: 1, to: 0, automatic: true, failure };
  const back = { "GET /jobs/example/groups": { ...status, reverted } };
  expect((await run(back, "a.nomad")).stderr).toContain(
    "was replaced by version 2, reverted to version 0, from version 1 by auto_revert: Allocation 3c6e failed.\n",
  );
});

test("a batch job is watched until it is placed, and what it waits for is said", async () => {
  const [counts] = aGroupsStatus().summary;
  const summary = counts === undefined ? [] : [{ ...counts, queued: 0, starting: 1 }];
  const waiting = {
    taskId: "example.cache[0]",
    group: "cache",
    policy: "",
    decision: "",
    reasons: ['Constraint "a" excluded 2 nodes (n2, n1).', "All nodes are full."],
    isGivenUp: false,
    isHeld: false,
    canary: false,
  };
  const seen = [
    aGroupsStatus({ type: "batch", waiting: [waiting] }),
    aGroupsStatus({ type: "batch", summary }),
  ];
  const answers = {
    "GET /jobs/example/groups": () => seen.shift() ?? refusal(404, "JobNotFound", "gone"),
    "GET /jobs/example/allocations": {
      items: [aStub({ status: "running" }), aStub({ status: "pending" })],
    },
  };
  const { exitCode, stdout, stderr } = await run(answers, "a.nomad");
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: "example has 2 allocations placed.\n",
  });
  expect(stderr).toContain(
    'example.cache[0] waits: Constraint "a" excluded 2 nodes (n2, n1). All nodes are full.\n',
  );
});

const GIVEN_UP = {
  taskId: "example.cache[0]",
  group: "cache",
  policy: "no reschedules",
  decision: "Member t failed: Exit Code: 7. Policy allows no reschedules.",
  reasons: [],
  isGivenUp: true,
  isHeld: false,
  canary: false,
};

test("the same batch job again that has failed says what was given up, and places nothing", async () => {
  const note = "Job example is at version 1 already: the same again changes nothing.";
  const answers = {
    "POST /jobs/register": { ...REGISTERED, note },
    "GET /jobs/example/groups": aGroupsStatus({
      type: "batch",
      status: "dead",
      waiting: [GIVEN_UP],
    }),
    "GET /jobs/example/allocations": { items: [aStub({ status: "complete" }), aStub()] },
  };
  expect(await run(answers, "a.nomad")).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: `${note}
cache: 1 running, 0 starting, 1 queued
example.cache[0] was given up: ${GIVEN_UP.decision}
See why: stint job status example
`,
  });
});

test("a batch job of which an execution failed, and no task, ends with 0", async () => {
  const answers = {
    "GET /jobs/example/groups": aGroupsStatus({ type: "batch", status: "dead" }),
    "GET /jobs/example/allocations": { items: [aStub({ status: "complete" }), aStub()] },
  };
  expect(await run(answers, "a.nomad")).toMatchObject({
    exitCode: 0,
    stdout: "example has 1 allocation placed.\n",
  });
});

test("without a deployment only what runs of the new version counts, when the old one has made way", async () => {
  const [counts] = aGroupsStatus().summary;
  const summary = counts === undefined ? [] : [{ ...counts, queued: 0 }];
  const old = { version: 0, desired: "stop" } as const;
  const running = aStub({ status: "running" });
  const seen = [
    [aStub({ ...old, status: "running" })],
    [running, aStub({ ...old, status: "complete" })],
  ];
  const items = () => ({ items: seen.shift() ?? [running] });
  const answers = {
    "GET /jobs/example/groups": aGroupsStatus({ summary }),
    "GET /jobs/example/allocations": items,
  };
  const { exitCode, stdout } = await run(answers, "a.nomad");
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: "example has 1 allocation placed.\n",
  });
  expect(seen).toEqual([]);
});

test("-detach does not wait, and -check-index is sent", async () => {
  const { exitCode, stdout, requests } = await run({}, "-detach", "-check-index", "3", "a.nomad");
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: "example has been registered successfully as version 1.\n",
  });
  expect(requests).toHaveLength(1);
  expect(requests[0]?.body).toMatchObject({ checkIndex: 3, job: { ID: "example" } });
});

test("a job that has changed since its plan is refused with how to plan it again", async () => {
  const changed = refusal(412, "ConditionNotMet", "it is at 4");
  const answers = { "POST /jobs/register": changed };
  expect(await run(answers, "-check-index=3", "a.nomad")).toMatchObject({
    exitCode: 1,
    stderr:
      "error: it is at 4 (ConditionNotMet)\nfix: See what it would change now with `stint job plan a.nomad`.\n",
  });
});

test("options of the other kind of job are refused", async () => {
  const refused = async (...words: string[]) => (await run({}, ...words)).stderr.split("\n")[0];
  expect(await refused("a.nomad", "--wait")).toBe(
    "error: Expected -wa,--wait only with a job of tasks and got one of groups.",
  );
  expect(await refused("tasks.yaml", "-var", "a=b")).toBe(
    "error: Expected -va,--var only with a job of groups and got one of tasks.",
  );
});
