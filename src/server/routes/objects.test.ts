import { afterEach, beforeEach, expect, test } from "bun:test";
import { resultOf, TestApi } from "./testApi.ts";

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
});
afterEach(() => api.close());

const JOB = {
  id: "Job1",
  poolInfo: { poolId: "Pool1" },
  jobPreparationTask: { commandLine: "/bin/prepare" },
  jobReleaseTask: { commandLine: "/bin/release" },
};

test("a pool is created, shown, changed, listed and deleted", async () => {
  const pool = { id: "Pool1", vmSize: "small", metadata: [{ name: "a", value: "b" }] };
  expect(await api.json("POST", "/pools", pool)).toEqual({
    id: "Pool1",
    url: "/api/v1/pools/Pool1",
  });
  const changed = await api.json("PATCH", "/pools/pool1", { displayName: "First", accepts: [] });
  expect(changed).toMatchObject({
    id: "Pool1",
    displayName: "First",
    provider: "none",
    vmSize: "small",
    state: "active",
    creationTime: "2026-11-21T03:20:00.000Z",
    allocationState: "steady",
    resizeTimeout: "PT15M",
    currentDedicatedNodes: 0,
    targetDedicatedNodes: 0,
    taskSlotsPerNode: 1,
    taskSchedulingPolicy: { nodeFillType: "spread" },
    accepts: [],
  });
  expect((await api.json("GET", "/pools")).items).toEqual([changed]);
  expect((await api.request("DELETE", "/pools/pool1")).status).toBe(202);
  expect(await api.refusal("GET", "/pools/pool1")).toMatchObject({
    status: 404,
    code: "PoolNotFound",
  });
});

test("a node shows its state, figures and facts, and changes by request", async () => {
  await api.json("POST", "/pools", { id: "Pool1" });
  await api.addNode("node1", "Pool1", 4);
  expect(await api.json("GET", "/nodes/NODE1")).toMatchObject({
    id: "node1",
    poolId: "Pool1",
    state: "idle",
    schedulingState: "enabled",
    contact: "connected",
    taskSlots: 4,
    hostname: "host1",
    ipAddress: "10.0.0.1",
    runningTasksCount: 0,
    nodeAgentInfo: { version: "1.0.0" },
  });
  await api.json("POST", "/nodes/node1/disablescheduling");
  const { items } = await api.json("GET", "/nodes?poolId=pool1");
  expect(items).toMatchObject([{ id: "node1", state: "offline", schedulingState: "disabled" }]);
  const again = await api.refusal("POST", "/nodes/node1/disablescheduling", {});
  expect(again.code).toBe("NodeAlreadyInTargetSchedulingState");
  await api.json("POST", "/nodes/node1/enablescheduling");
  expect((await api.refusal("POST", "/nodes/node1/reboot")).code).toBe("RebootNotSupported");
  expect((await api.request("DELETE", "/nodes/node1")).status).toBe(202);
  expect((await api.refusal("DELETE", "/nodes/node2")).code).toBe("NodeNotFound");
});

test("a job goes through its states and is shown with what it was given", async () => {
  const job = { ...JOB, constraints: { maxWallClockTime: "2h" }, priority: 3 };
  await api.json("POST", "/jobs", job);
  expect(await api.json("GET", "/jobs/job1")).toMatchObject({
    id: "Job1",
    type: "batch",
    state: "active",
    priority: 3,
    constraints: { maxWallClockTime: "PT2H", maxTaskRetryCount: 0 },
    jobPreparationTask: { id: "jobpreparation", commandLine: "/bin/prepare", waitForSuccess: true },
    jobReleaseTask: { id: "jobrelease", maxWallClockTime: "PT15M" },
    poolInfo: { poolId: "Pool1" },
    executionInfo: { startTime: "2026-11-21T03:20:00.000Z", poolId: "Pool1" },
  });
  const patched = await api.json("PATCH", "/jobs/job1", { priority: 5 });
  expect([patched.priority, patched.constraints.maxWallClockTime]).toEqual([5, "PT2H"]);
  const replaced = await api.json("PUT", "/jobs/job1", { poolInfo: { poolId: "Pool1" } });
  expect([replaced.priority, replaced.constraints]).toEqual([0, { maxTaskRetryCount: 0 }]);
  await api.json("POST", "/jobs/job1/disable", { disableTasks: "Requeue" });
  expect((await api.json("GET", "/jobs/job1")).state).toBe("disabled");
  await api.json("POST", "/jobs/job1/enable");
  await api.json("POST", "/jobs/job1/terminate", { terminateReason: "enough" });
  const ended = await api.json("GET", "/jobs/job1");
  expect([ended.state, ended.executionInfo.terminateReason]).toEqual(["completed", "enough"]);
  expect((await api.refusal("POST", "/jobs/job1/terminate")).code).toBe("JobCompleted");
  expect((await api.request("DELETE", "/jobs/job1")).status).toBe(202);
});

test("a job is replaced with its pool, and with what can not be put back", async () => {
  await api.json("POST", "/jobs", { ...JOB, onAllTasksComplete: "noaction", priority: 3 });
  expect(await api.refusal("PUT", "/jobs/job1", { priority: 7 })).toMatchObject({
    code: "MissingRequiredProperty",
    field: "poolInfo",
  });
  const { poolInfo } = JOB;
  await api.json("POST", "/jobs/job1/tasks", { id: "t", commandLine: "/bin/true" });
  await api.json("PATCH", "/jobs/job1", { onAllTasksComplete: "terminatejob" });
  expect((await api.refusal("PUT", "/jobs/job1", { poolInfo })).status).toBe(400);
  const put = { poolInfo, onAllTasksComplete: "terminatejob" };
  expect((await api.json("PUT", "/jobs/job1", put)).priority).toBe(0);
});

test("a job that is ended without a reason, or with an empty one, was ended by its user", async () => {
  for (const [id, body] of [
    ["a", {}],
    ["b", { terminateReason: "" }],
  ] as const) {
    await api.json("POST", "/jobs", { id, poolInfo: { poolId: "p" } });
    await api.json("POST", `/jobs/${id}/terminate`, body);
    const { executionInfo } = await api.json("GET", `/jobs/${id}`);
    expect(executionInfo.terminateReason).toBe("UserTerminate");
  }
});

test("lists go on by cursor in both orders and keep their filters", async () => {
  for (const id of ["a1", "a2", "b1", "a3"]) {
    await api.json("POST", "/jobs", { id, poolInfo: { poolId: "p" } });
  }
  const first = await api.json("GET", "/jobs?limit=2&idPrefix=A");
  expect(first.items.map(({ id }: { id: string }) => id)).toEqual(["a1", "a2"]);
  const second = await api.json("GET", `/jobs?limit=2&idPrefix=A&cursor=${first.cursor}`);
  expect(second.items.map(({ id }: { id: string }) => id)).toEqual(["a3"]);
  expect("cursor" in second).toBe(false);
  const last = await api.json("GET", "/jobs?limit=1&order=desc");
  expect(last.items[0].id).toBe("a3");
});

type Listed = { items: { id: string }[]; cursor?: string; total?: number };

async function listed(path: string) {
  const { items, total } = (await api.json("GET", path)) as Listed;
  return [items.map(({ id }) => id), total];
}

test("pools are filtered by the beginning of their id, and counted", async () => {
  for (const id of ["a1", "b1", "a2"]) await api.json("POST", "/pools", { id });
  expect(await listed("/pools?idPrefix=A")).toEqual([["a1", "a2"], 2]);
  expect(await listed("/pools?limit=1")).toEqual([["a1"], 3]);
});

test("nodes are filtered by state, page by page, and counted", async () => {
  await api.json("POST", "/pools", { id: "p1" });
  await api.json("POST", "/pools", { id: "p2" });
  for (const id of ["n1", "n2", "n3", "m4"]) await api.addNode(id, "p1");
  await api.addNode("n5", "p2");
  for (const id of ["n2", "m4", "n5"]) await api.json("POST", `/nodes/${id}/disablescheduling`);
  expect(await listed("/nodes?state=offline")).toEqual([["n2", "m4", "n5"], 3]);
  expect(await listed("/nodes?state=Offline&poolId=P1&idPrefix=N")).toEqual([["n2"], 1]);
  expect(await listed("/nodes?state=running")).toEqual([[], 0]);
  expect(await listed("/nodes?poolId=none")).toEqual([[], 0]);
  expect(await listed("/nodes?idPrefix=n&limit=2")).toEqual([["n1", "n2"], 4]);
  const { cursor } = (await api.json("GET", "/nodes?state=offline&limit=2")) as Listed;
  expect(await listed(`/nodes?state=offline&limit=2&cursor=${cursor}`)).toEqual([["n5"], 3]);
  expect((await api.refusal("GET", "/nodes?state=tired")).field).toBe("state");
});

test("a list of tasks says how many there are where the job's counters know it", async () => {
  const tasks = ["a", "b", "c"].map((id) => ({ id, commandLine: "x" }));
  await api.json("POST", "/jobs", { ...JOB, tasks });
  await api.json("POST", "/jobs/job1/tasks/b/terminate");
  const total = async (query: string) => (await listed(`/jobs/job1/tasks?limit=1${query}`))[1];
  expect(await total("")).toBe(3);
  expect(await total("&state=active")).toBe(2);
  expect(await total("&state=completed")).toBe(1);
  expect(await total("&result=failure")).toBe(1);
  expect(await total("&result=failure&state=active")).toBe(0);
  expect(await total("&state=running")).toBeUndefined();
  expect(await total("&idPrefix=a")).toBeUndefined();
});

test("a job with tasks is created whole or not at all", async () => {
  const tasks = [{ id: "t1", commandLine: "/bin/true" }];
  const bad = [...tasks, { id: "t2" }];
  expect(await api.refusal("POST", "/jobs", { ...JOB, tasks: bad })).toMatchObject({
    code: "MissingRequiredProperty",
    field: "tasks[1].commandLine",
  });
  const reserved = [...tasks, { id: "JobRelease", commandLine: "x" }];
  const refused = await api.refusal("POST", "/jobs", { ...JOB, tasks: reserved });
  expect(refused.code).toBe("TaskIdSameAsJobReleaseTask");
  expect((await api.refusal("GET", "/jobs/job1")).code).toBe("JobNotFound");
  await api.json("POST", "/jobs", { ...JOB, tasks });
  expect((await api.json("GET", "/jobs/job1/tasks")).items).toMatchObject([{ id: "t1" }]);
});

test("many tasks are answered each in its place", async () => {
  await api.json("POST", "/jobs", JOB);
  await api.json("POST", "/jobs/job1/tasks", { id: "old", commandLine: "x" });
  const tasks = [
    { id: "t1", commandLine: "x" },
    { id: "bad id", commandLine: "x" },
    { id: "OLD", commandLine: "x" },
    { id: "t2", commandLine: "x", dependsOn: {} },
    { id: "T1", commandLine: "x" },
    { id: "t3", commandLine: "x", requiredSlots: 2 },
  ];
  const response = await api.request("POST", "/jobs/job1/tasks", { tasks });
  expect(response.status).toBe(200);
  const { value } = (await response.json()) as {
    value: { taskId: string; status: string; error?: { code: string; field: string } }[];
  };
  expect(value.map(({ taskId, status, error }) => [taskId, status, error?.code])).toEqual([
    ["t1", "success", undefined],
    ["bad id", "clienterror", "InvalidPropertyValue"],
    ["OLD", "clienterror", "TaskExists"],
    ["t2", "clienterror", "UnsupportedProperty"],
    ["T1", "clienterror", "TaskExists"],
    ["t3", "success", undefined],
  ]);
  expect(value.flatMap(({ error }) => error?.field ?? [])).toEqual([
    "tasks[1].id",
    "tasks[2].id",
    "tasks[3].dependsOn",
    "tasks[4].id",
  ]);
  expect(await api.json("GET", "/jobs/job1/taskcounts")).toEqual({
    taskCounts: { active: 3, running: 0, completed: 0, succeeded: 0, failed: 0 },
    taskSlotCounts: { active: 4, running: 0, completed: 0, succeeded: 0, failed: 0 },
  });
});

test("one task is answered by 201, or by its own refusal", async () => {
  await api.json("POST", "/jobs", JOB);
  const task = { id: "t1", commandLine: "x" };
  const response = await api.request("POST", "/jobs/job1/tasks", task);
  expect([response.status, await response.json()]).toEqual([
    201,
    { id: "t1", url: "/api/v1/jobs/job1/tasks/t1" },
  ]);
  expect(await api.refusal("POST", "/jobs/job1/tasks", task)).toMatchObject({
    status: 409,
    code: "TaskExists",
  });
});

test("a queued task says why it waits", async () => {
  await api.json("POST", "/jobs", { ...JOB, tasks: [{ id: "t1", commandLine: "x" }] });
  const explanation = await api.json("GET", "/jobs/job1/tasks/T1/explain");
  expect(explanation).toMatchObject({ jobId: "Job1", taskId: "t1", state: "active" });
  expect(explanation.reasons).toMatchObject([{ code: "PoolNotFound" }]);
});

test("a task's run shows in the task, its execution, its node and the status of its preparation", async () => {
  await api.json("POST", "/pools", { id: "Pool1" });
  await api.json("POST", "/jobs", { ...JOB, tasks: [{ id: "t1", commandLine: "x" }] });
  const node = await api.addNode("node1", "Pool1");
  const preparation = (await api.order("jobpreparation")).execution;
  await api.report(node, "node1", [{ kind: "ended", execution: preparation, result: resultOf(0) }]);
  const { execution } = await api.order("t1");
  await api.report(node, "node1", [{ kind: "ended", execution, result: resultOf(3) }]);
  expect(await api.json("GET", "/jobs/job1/tasks/t1")).toMatchObject({
    state: "completed",
    previousState: "running",
    executionInfo: {
      exitCode: 3,
      result: "failure",
      retryCount: 0,
      requeueCount: 0,
      failureInfo: { category: "usererror", code: "FailureExitCode" },
    },
    nodeInfo: {
      poolId: "Pool1",
      nodeId: "node1",
      taskRootDirectory: "workitems/Job1/job-1/t1",
      taskRootDirectoryUrl: "/api/v1/nodes/node1/files/workitems/Job1/job-1/t1",
    },
    executionNumber: execution,
  });
  expect(await api.json("GET", `/executions/${execution}`)).toMatchObject({
    number: execution,
    jobId: "Job1",
    taskId: "t1",
    ordinal: 1,
    nodeId: "node1",
    state: "ended",
    processes: [{ member: "main", state: "exited", exitCode: 3, cpuTime: "PT0.002S" }],
    stdout: { sizeBytes: 0, kept: "empty" },
  });
  for (const query of ["jobId=job1", "jobId=job1&taskId=T1", "nodeId=node1", ""]) {
    const { items } = await api.json("GET", `/executions?${query}`);
    expect([query, items.length]).toEqual([query, 1]);
  }
  expect((await api.json("GET", "/executions?live=true")).items).toEqual([]);
  const path = "/jobs/job1/jobpreparationandreleasetaskstatus";
  expect((await api.json("GET", path)).items).toMatchObject([
    {
      poolId: "Pool1",
      nodeId: "node1",
      jobPreparationTaskExecutionInfo: {
        state: "completed",
        exitCode: 0,
        result: "success",
        retryCount: 0,
        taskRootDirectory: "workitems/Job1/job-1/jobpreparation",
      },
    },
  ]);
});

test("tasks are changed, ended, run again and deleted by request", async () => {
  await api.json("POST", "/jobs", { ...JOB, tasks: [{ id: "t1", commandLine: "x" }] });
  const changed = await api.json("PUT", "/jobs/job1/tasks/t1", {
    constraints: { maxTaskRetryCount: 2, maxWallClockTime: "1m" },
  });
  expect(changed.constraints).toEqual({ maxWallClockTime: "PT1M", maxTaskRetryCount: 2 });
  expect((await api.request("POST", "/jobs/job1/tasks/t1/terminate")).status).toBe(204);
  expect((await api.json("GET", "/jobs/job1/tasks?state=completed")).items).toMatchObject([
    { executionInfo: { failureInfo: { code: "TaskEnded" } } },
  ]);
  expect((await api.request("POST", "/jobs/job1/tasks/t1/reactivate")).status).toBe(204);
  expect((await api.json("GET", "/jobs/job1/tasks/t1")).state).toBe("active");
  expect((await api.request("DELETE", "/jobs/job1/tasks/t1")).status).toBe(204);
  expect((await api.refusal("GET", "/jobs/job1/tasks/t1")).code).toBe("TaskNotFound");
});

test("the status of preparations is refused for a job without one", async () => {
  await api.json("POST", "/jobs", { id: "plain", poolInfo: { poolId: "p" } });
  const path = "/jobs/plain/jobpreparationandreleasetaskstatus";
  expect(await api.refusal("GET", path)).toMatchObject({
    status: 409,
    code: "JobPreparationTaskNotSpecified",
  });
});

test("tokens are shown once and kept as hashes", async () => {
  expect(await api.refusal("POST", "/join-tokens", { poolId: "p" })).toMatchObject({
    code: "PoolNotFound",
  });
  await api.json("POST", "/pools", { id: "p", provider: "none" });
  const join = await api.json("POST", "/join-tokens", { poolId: "p", expiresIn: "1h", uses: 2 });
  expect(join).toMatchObject({ expirationTime: "2026-11-21T04:20:00.000Z", uses: 2 });
  const token = await api.json("POST", "/api-tokens", { name: "ci", role: 2 });
  const { items } = await api.json("GET", "/api-tokens");
  const { id } = token;
  expect(items).toEqual([{ id, name: "ci", role: 2, creationTime: "2026-11-21T03:20:00.000Z" }]);
  expect(JSON.stringify(await api.store.listApiTokens())).not.toContain(token.token);
  const joins = (await api.json("GET", "/join-tokens")).items;
  expect(joins).toMatchObject([{ id: join.id, poolId: "p", uses: 2 }]);
  expect(JSON.stringify(joins)).not.toContain(join.token);
});

test("tokens are taken back, but for the one that asks", async () => {
  await api.json("POST", "/pools", { id: "p", provider: "none" });
  const join = await api.json("POST", "/join-tokens", { poolId: "p" });
  expect((await api.request("DELETE", `/join-tokens/${join.id}`)).status).toBe(204);
  expect((await api.json("GET", "/join-tokens")).items).toEqual([]);
  expect(await api.refusal("DELETE", `/join-tokens/${join.id}`)).toMatchObject({
    status: 404,
    code: "TokenNotFound",
  });
  const first = await api.json("POST", "/api-tokens", { name: "a", role: 0 });
  const second = await api.json("POST", "/api-tokens", { name: "b", role: 0 });
  const [own] = await api.store.listApiTokens();
  api.tokenHash = own?.hash ?? "";
  const [mine, other] = own?.name === "a" ? [first, second] : [second, first];
  expect((await api.refusal("DELETE", `/api-tokens/${mine.id}`)).code).toBe("TokenInUse");
  expect((await api.request("DELETE", `/api-tokens/${other.id}`)).status).toBe(204);
  expect(api.forgotten).toHaveLength(1);
  const left = (await api.json("GET", "/api-tokens")).items;
  expect(left.map(({ id }: { id: string }) => id)).toEqual([mine.id]);
});
