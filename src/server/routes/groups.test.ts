import { afterAll, beforeAll, expect, test } from "bun:test";
import type { AllocationState, MemberEvent, MemberState } from "../../model/allocation.ts";
import type { StartOrder } from "../../model/order.ts";
import { resultOf, TEST_TIME, TestApi } from "./testApi.ts";

let api: TestApi;
let node: number;

beforeAll(async () => {
  api = await TestApi.open();
  await api.json("POST", "/pools", { id: "default", accepts: ["groups"] });
  node = await api.addNode("n1", "default");
});
afterAll(() => api.close());

const SECOND_NS = 1_000_000_000;

/** As Nomad's API takes it. */
function job(id: string, parts: Readonly<Record<string, unknown>> = {}) {
  return {
    ID: id,
    Type: "service",
    Datacenters: ["dc1"],
    TaskGroups: [
      {
        Name: "cache",
        Count: 1,
        Tasks: [
          {
            Name: "redis",
            Driver: "raw_exec",
            Config: { command: "/bin/sleep", args: ["60"] },
            Resources: { CPU: 500, MemoryMB: 256 },
          },
        ],
      },
    ],
    ...parts,
  };
}

function state(parts: Partial<AllocationState> = {}): AllocationState {
  const member = {
    member: "redis",
    state: "running",
    failed: false,
    restarts: 1,
    lastRestartAt: TEST_TIME,
    startedAt: TEST_TIME,
    finishedAt: null,
    nextAt: null,
    events: [{ type: "Started", at: TEST_TIME, description: "Task started by client" }],
  } as const;
  return { status: "running", members: [member], checks: [], health: null, ...parts };
}

async function started(jobId: string, ordinal = 1): Promise<StartOrder> {
  for (;;) {
    const order = api.started.find((one) => one.jobId === jobId && one.ordinal === ordinal);
    if (order !== undefined) return order;
    await api.json("GET", "/jobs");
  }
}

test("a job is registered, planned, changed and its versions are kept", async () => {
  expect(await api.json("POST", "/jobs/plan", { job: job("example") })).toMatchObject({
    isChange: true,
    modifyIndex: 0,
    groups: [{ group: "cache", create: 1, placements: [{ nodeId: "n1" }] }],
  });
  const first = await api.json("POST", "/jobs/register", { job: { ...job("example") } });
  expect(first).toEqual({ jobId: "example", version: 0, modifyIndex: 1, warnings: [] });
  await started("example");
  const same = await api.json("POST", "/jobs/plan", { job: job("example") });
  expect(same).toMatchObject({ isChange: false, modifyIndex: 1 });
  const higher = await api.json("POST", "/jobs/register", {
    job: job("example", { Priority: 60 }),
    checkIndex: 1,
  });
  expect(higher).toMatchObject({ version: 1, modifyIndex: 2 });
  const versions = await api.json("GET", "/jobs/example/versions");
  expect(versions.items.map((item: { version: number }) => item.version)).toEqual([1, 0]);
  const late = { job: job("example"), checkIndex: 1 };
  expect(await api.refusal("POST", "/jobs/register", late)).toMatchObject({
    status: 412,
    code: "ConditionNotMet",
  });
});

test("a plan counts what the engine would do, also where nothing fits", async () => {
  const large = (count: number) => {
    const spec = job("large");
    const [group] = spec.TaskGroups;
    const tasks = group?.Tasks.map((task) => ({ ...task, Resources: { MemoryMB: 900_000 } }));
    return { ...spec, TaskGroups: [{ ...group, Count: count, Tasks: tasks }] };
  };
  await api.json("POST", "/jobs/register", { job: large(3) });
  const plan = await api.json("POST", "/jobs/plan", { job: large(5) });
  expect(plan.groups).toMatchObject([{ create: 5, inPlace: 0 }]);
  expect(plan.diff).toContain('+/- Task Group: "cache" (5 create)');
});

test("a plan refuses what registering would", async () => {
  await api.json("POST", "/jobs/register", { job: job("example") });
  const refused = async (change: object) => {
    const given = { job: { ...job("example"), ...change } };
    const [plan, run] = [
      await api.refusal("POST", "/jobs/plan", given),
      await api.refusal("POST", "/jobs/register", given),
    ];
    expect(plan.message).toBe(run.message);
    return plan.code;
  };
  expect(await refused({ Type: "batch" })).toBe("InvalidPropertyValue");
  expect(await refused({ ID: "other", NodePool: "nowhere" })).toBe("PoolNotFound");
});

test("a plan of a periodic job says when it would launch", async () => {
  const periodic = job("nightly", { Type: "batch", Periodic: { Spec: "0 0 * * *" } });
  const { nextLaunchTime } = await api.json("POST", "/jobs/plan", { job: periodic });
  expect(nextLaunchTime).toMatch(/T00:00:00.000Z$/);
});

test("everything that is wrong with a job is told at once, with its field", async () => {
  const bad = job("bad", {
    Type: "cronjob",
    TaskGroups: [
      {
        Name: "g",
        Tasks: [
          {
            Name: "t",
            Driver: "lambda",
            Templates: [{ DestPath: "local/x", EmbeddedTmpl: 'a\n{{ secret "x" }}' }],
          },
        ],
      },
    ],
  });
  const refusal = await api.refusal("POST", "/jobs/register", { job: bad });
  expect(refusal.status).toBe(400);
  expect(refusal.message).toContain("cronjob");
  expect(refusal.message).toContain("lambda");
  expect(refusal.message).toContain(
    "job.TaskGroups[0].Tasks[0].Templates[0].EmbeddedTmpl: Expected a template that a node can render: in its line 2, column 4, the function secret is not supported.",
  );
  expect(await api.refusal("GET", "/jobs/bad")).toMatchObject({ status: 404 });
});

test("what runs is shown by allocation, with its members and policies", async () => {
  await api.json("POST", "/jobs/register", { job: job("shown") });
  const order = await started("shown");
  await api.report(node, "n1", [
    { kind: "allocation", execution: order.execution, state: state() },
  ]);
  const status = await api.json("GET", "/jobs/shown/groups");
  expect(status).toMatchObject({ status: "running", summary: [{ running: 1, queued: 0 }] });
  const { items } = await api.json("GET", "/jobs/shown/allocations");
  expect(items).toMatchObject([{ name: "shown.cache[0]", status: "running", nodeId: "n1" }]);
  const [stub] = items;
  const allocation = await api.json("GET", `/allocations/${stub.id.slice(0, 7)}`);
  expect(allocation).toMatchObject({
    id: stub.id,
    members: [{ name: "redis", restarts: 1, restartPolicy: expect.stringContaining("2 attempts") }],
    reschedulePolicy: expect.stringContaining("unlimited"),
  });
});

test("a failed execution tells when it is rescheduled, and can be retried at once", async () => {
  await api.json("POST", "/jobs/register", { job: job("failing") });
  const order = await started("failing");
  const [member] = state().members;
  if (member === undefined) throw new Error("no member");
  const dead = { ...member, state: "dead", failed: true, finishedAt: TEST_TIME } as const;
  const result = { ...resultOf(1), allocation: state({ status: "failed", members: [dead] }) };
  await api.report(node, "n1", [{ kind: "ended", execution: order.execution, result }]);
  const status = await api.json("GET", "/jobs/failing/groups");
  expect(status.waiting).toMatchObject([
    { taskId: "failing.cache[0]", actsAt: expect.any(String), isGivenUp: false },
  ]);
  expect(status.waiting[0].decision).toContain("Rescheduled after 30s");
  const task = encodeURIComponent("failing.cache[0]");
  const explained = await api.json("GET", `/jobs/failing/tasks/${task}/explain`);
  expect(explained.reasons[0].code).toBe("WaitsForReschedule");
  await api.request("POST", `/jobs/failing/tasks/${task}/reactivate`);
  expect((await started("failing", 2)).allocation?.name).toBe("failing.cache[0]");
});

test("what failed for good says so, also when the work of its batch job is over", async () => {
  const batch = job("over", { Type: "batch", Reschedule: { Attempts: 0, Unlimited: false } });
  await api.json("POST", "/jobs/register", { job: batch });
  const order = await started("over");
  const [member] = state().members;
  if (member === undefined) throw new Error("no member");
  const events = [{ type: "Not Restarting", at: TEST_TIME, description: "It is over" }] as const;
  const dead = { ...member, state: "dead", failed: true, finishedAt: TEST_TIME, events } as const;
  const result = { ...resultOf(1), allocation: state({ status: "failed", members: [dead] }) };
  await api.report(node, "n1", [{ kind: "ended", execution: order.execution, result }]);
  expect((await api.json("GET", "/jobs/over")).state).toBe("completed");
  const status = await api.json("GET", "/jobs/over/groups");
  expect(status).toMatchObject({ status: "dead", isStopped: false });
  expect(status.waiting).toEqual([
    {
      taskId: "over.cache[0]",
      group: "cache",
      policy: "no reschedules",
      decision: "Member redis failed (not restarted: It is over). Policy allows no reschedules.",
      reasons: [],
      isGivenUp: true,
      isHeld: false,
      canary: false,
    },
  ]);
});

test("a plan knows the job that has run to its end, and says that nothing changes", async () => {
  const batch = job("done", { Type: "batch", Reschedule: { Attempts: 0, Unlimited: false } });
  await api.json("POST", "/jobs/register", { job: batch });
  const order = await started("done");
  const result = { ...resultOf(0), allocation: { ...state(), status: "complete" } as const };
  await api.report(node, "n1", [{ kind: "ended", execution: order.execution, result }]);
  expect((await api.json("GET", "/jobs/done")).state).toBe("completed");
  const plan = await api.json("POST", "/jobs/plan", { job: batch });
  expect(plan).toMatchObject({
    isChange: false,
    note: expect.stringContaining("the same again changes nothing"),
    groups: [{ create: 0, ignore: 1 }],
  });
});

test("a batch allocation that succeeded is not offered another run, one that failed is", async () => {
  const ended = async (id: string, exitCode: number) => {
    const batch = job(id, { Type: "batch", Reschedule: { Attempts: 0, Unlimited: false } });
    await api.json("POST", "/jobs/register", { job: batch });
    const { execution, allocation } = await started(id);
    const status = exitCode === 0 ? "complete" : "failed";
    const result = { ...resultOf(exitCode), allocation: state({ status, members: [] }) };
    await api.report(node, "n1", [{ kind: "ended", execution, result }]);
    return await api.refusal("POST", `/allocations/${allocation?.allocationId}/restart`, {});
  };
  expect(await ended("well", 0)).toMatchObject({
    code: "TaskNotRunning",
    fix: "See the latest ones of its job with GET /api/v1/jobs/well/allocations.",
  });
  const task = encodeURIComponent("well.cache[0]");
  expect(await api.refusal("POST", `/jobs/well/tasks/${task}/reactivate`)).toMatchObject({
    status: 409,
    code: "TaskSucceeded",
  });
  expect((await ended("undone", 1)).fix).toContain("undone.cache[0]/reactivate");
});

test("a task that waits inside its execution says for what, and until when", async () => {
  await api.json("POST", "/jobs/register", { job: job("inside") });
  const order = await started("inside");
  const [member] = state().members;
  if (member === undefined) throw new Error("no member");
  const says = async (last: MemberEvent, nextAt: number | null) => {
    const events = [{ type: "Terminated", at: TEST_TIME, description: "Exit Code: 7" }, last];
    const waits = { ...member, state: "pending", nextAt, events } as MemberState;
    const told = state({ status: "pending", members: [waits] });
    const { execution } = order;
    await api.report(node, "n1", [{ kind: "allocation", execution, state: told }]);
    return (await api.json("GET", "/jobs/inside/groups")).restarts;
  };
  const common = {
    taskId: "inside.cache[0]",
    group: "cache",
    allocation: order.allocation?.allocationId,
    member: "redis",
    policy: "2 attempts in 30m0s, 15s apart, then fail",
    canary: false,
  };
  const description = "Task restarting in 15s";
  const at = TEST_TIME + 15_000;
  expect(await says({ type: "Restarting", at: TEST_TIME, description }, at)).toEqual([
    {
      ...common,
      decision: "Task restarting in 15s, after: Exit Code: 7",
      actsAt: new Date(at).toISOString(),
    },
  ]);
  const template = { type: "Template", at: TEST_TIME, description: "Missing: key x" } as const;
  expect(await says(template, null)).toEqual([
    { ...common, decision: "It waits for what its template reads. Missing: key x" },
  ]);
  expect(await says({ type: "Started", at: TEST_TIME, description: "" }, null)).toEqual([]);
});

test("what waits while its job is disabled waits for that alone", async () => {
  await api.json("POST", "/jobs/register", { job: job("held") });
  await started("held");
  await api.request("POST", "/jobs/held/disable", { disableTasks: "requeue" });
  const [stopped] = (await api.json("GET", "/jobs/held/allocations")).items;
  const result = { ...resultOf(143), allocation: state({ status: "complete", members: [] }) };
  await api.report(node, "n1", [{ kind: "ended", execution: stopped.execution, result }]);
  const { waiting } = await api.json("GET", "/jobs/held/groups");
  expect(waiting).toMatchObject([{ taskId: "held.cache[0]", isHeld: true, isGivenUp: false }]);
  expect(waiting[0].actsAt).toBe(undefined);
});

test("logs of a member are read in the order of their files, whatever was dropped", async () => {
  await api.json("POST", "/jobs/register", { job: job("logged") });
  const order = await started("logged");
  const folder = `workitems/logged/job-1/${order.allocation?.allocationId}/alloc/logs`;
  api.files.write(`${folder}/redis.stdout.2`, "two\n");
  api.files.write(`${folder}/redis.stdout.10`, "ten\n");
  api.files.write(`${folder}/redis.stderr.0`, "error\n");
  const path = `/allocations/${order.allocation?.allocationId}/logs/redis/stdout`;
  const response = await api.request("GET", path);
  expect(await response.text()).toBe("two\nten\n");
  const unknown = path.replace("/redis/", "/other/");
  expect(await api.refusal("GET", unknown)).toMatchObject({ status: 404, field: "member" });
});

test("a parameterized job is dispatched with meta and payload", async () => {
  const parameterized = { MetaRequired: ["who"], Payload: "optional" };
  const batch = job("template", { Type: "batch", ParameterizedJob: parameterized });
  await api.json("POST", "/jobs/register", { job: batch });
  expect(await api.refusal("POST", "/jobs/template/dispatch", {})).toMatchObject({ status: 400 });
  const { jobId } = await api.json("POST", "/jobs/template/dispatch", { meta: { who: "me" } });
  expect(jobId).toMatch(/^template\/dispatch-\d+-[0-9a-f]{8}$/);
  const child = await api.json("GET", `/jobs/${encodeURIComponent(jobId)}/groups`);
  expect(child.parentJobId).toBe("template");
  const parent = await api.json("GET", "/jobs/template/groups");
  expect(parent.children).toMatchObject({ running: 1 });
});

/** A version of a job that is tried in a canary. */
function withCanary(id: string, memoryMb: number) {
  const spec = job(id, { Update: { Canary: 1 } });
  const [group] = spec.TaskGroups;
  const tasks = group?.Tasks.map((task) => ({ ...task, Resources: { MemoryMB: memoryMb } }));
  return { job: { ...spec, TaskGroups: [{ ...group, Tasks: tasks }] } };
}

test("a version in a canary is promoted when that is healthy, and only then", async () => {
  const promote = (body = {}) => api.refusal("POST", "/jobs/tried/promote", body);
  const healthy = state({ health: { healthy: true, at: TEST_TIME, reason: "Healthy for 10s" } });
  await api.json("POST", "/jobs/register", withCanary("tried", 50));
  const old = await started("tried");
  await api.report(node, "n1", [{ kind: "allocation", execution: old.execution, state: healthy }]);
  expect((await promote()).message).toContain("is successful; only a running one");
  await api.json("POST", "/jobs/register", withCanary("tried", 60));
  const canary = await started("tried", 2);
  const before = await api.json("GET", "/jobs/tried/groups");
  expect(before).toMatchObject({
    deployment: {
      description: "Deployment is running but requires manual promotion",
      groups: [{ canaries: 1, promoted: false, autoPromote: false, placed: 1, healthy: 0 }],
    },
    summary: [{ running: 1, starting: 1, queued: 0 }],
  });
  const shown = await api.json("GET", `/allocations/${canary.allocation?.allocationId}`);
  expect(shown).toMatchObject({ canary: true, name: "tried.cache[0]", version: 1 });
  expect(await promote()).toMatchObject({
    status: 412,
    code: "ConditionNotMet",
    message: expect.stringContaining('Task group "cache" has 0/1 healthy allocations'),
  });
  expect((await promote({ groups: ["web"] })).message).toContain('no task group "web"');
  expect(await promote({ groups: [] })).toMatchObject({ status: 400 });
  await api.report(node, "n1", [
    { kind: "allocation", execution: canary.execution, state: healthy },
  ]);
  const task = encodeURIComponent("tried.cache[0]");
  const explained = await api.json("GET", `/jobs/tried/tasks/${task}/explain`);
  expect(explained.reasons[0]).toMatchObject({
    code: "WaitsForPromotion",
    message: "Version 1 waits for promotion: stint job promote tried.",
  });
  expect((await api.json("GET", "/jobs/tried/groups")).deployment).toMatchObject({
    waitsForPromotion: true,
    groups: [{ canariesHealthy: 1, healthy: 1 }],
  });
  const done = await api.json("POST", "/jobs/tried/promote", {});
  expect(done).toEqual({ jobId: "tried", version: 1 });
  const after = await api.json("GET", "/jobs/tried/groups");
  expect(after.deployment).toMatchObject({
    waitsForPromotion: false,
    groups: [{ promoted: true, healthy: 1 }],
  });
  expect((await promote()).status).toBe(412);
  expect((await api.refusal("POST", "/jobs/none/promote", {})).status).toBe(404);
});

test("a canary that was healthy and has ended counts as healthy no more", async () => {
  const health = { healthy: true, at: TEST_TIME, reason: "Healthy for 10s" };
  const isHealthy = (execution: number) =>
    api.report(node, "n1", [{ kind: "allocation", execution, state: state({ health }) }]);
  await api.json("POST", "/jobs/register", withCanary("died", 50));
  await isHealthy((await started("died")).execution);
  await api.json("POST", "/jobs/register", withCanary("died", 60));
  const canary = await started("died", 2);
  await isHealthy(canary.execution);
  const allocation = { ...state({ health }), status: "failed" } as const;
  const result = { ...resultOf(1), allocation };
  await api.report(node, "n1", [{ kind: "ended", execution: canary.execution, result }]);
  const { deployment } = await api.json("GET", "/jobs/died/groups");
  expect(deployment).toMatchObject({
    status: "running",
    waitsForPromotion: false,
    groups: [{ canaries: 1, canariesHealthy: 0, placed: 1, healthy: 0 }],
  });
});

test("a deployment that is over stays as it ended, whatever becomes of its executions", async () => {
  const health = { healthy: true, at: TEST_TIME, reason: "Healthy for 10s" };
  const says = (execution: number, healthy: boolean) => {
    const given = state({ health: { ...health, healthy } });
    return api.report(node, "n1", [{ kind: "allocation", execution, state: given }]);
  };
  await api.json("POST", "/jobs/register", withCanary("deployed", 50));
  const first = await started("deployed");
  await says(first.execution, true);
  const { deployment: ended } = await api.json("GET", "/jobs/deployed/groups");
  expect(ended).toMatchObject({
    status: "successful",
    groups: [{ desired: 1, placed: 1, healthy: 1, unhealthy: 0 }],
  });
  await says(first.execution, false);
  expect((await api.json("GET", "/jobs/deployed/groups")).deployment).toEqual(ended);
  await api.request("POST", `/allocations/${first.allocation?.allocationId}/stop`);
  const result = { ...resultOf(143), allocation: { ...state(), status: "complete" } as const };
  await api.report(node, "n1", [{ kind: "ended", execution: first.execution, result }]);
  await says((await started("deployed", 2)).execution, true);
  expect((await api.json("GET", "/jobs/deployed/groups")).deployment).toEqual(ended);
});

test("a canary that no node takes says why, beside what runs", async () => {
  await api.json("POST", "/jobs/register", withCanary("wide", 50));
  await started("wide");
  await api.json("POST", "/jobs/register", withCanary("wide", 900_000));
  const status = await api.json("GET", "/jobs/wide/groups");
  expect(status.summary).toMatchObject([{ queued: 1 }]);
  expect(status.waiting).toMatchObject([
    { taskId: "wide.cache[0]", canary: true, reasons: [expect.stringContaining("memory")] },
  ]);
  const task = encodeURIComponent("wide.cache[0]");
  const explained = await api.json("GET", `/jobs/wide/tasks/${task}/explain`);
  expect(explained.reasons.map(({ code }: { code: string }) => code)).toEqual([
    "WaitsForNode",
    "WaitsForPromotion",
    "NoNodeSuits",
  ]);
});

test("a drained node is shown as such and takes nothing more until it is eligible", async () => {
  await api.request("POST", "/nodes/n1/drain", { deadlineMs: 60 * SECOND_NS });
  const drained = await api.json("GET", "/nodes/n1");
  expect(drained).toMatchObject({
    schedulingState: "disabled",
    drain: { ignoreSystemJobs: false },
  });
  await api.request("DELETE", "/nodes/n1/drain");
  const back = await api.json("GET", "/nodes/n1");
  expect(back.schedulingState).toBe("enabled");
  expect(back.drain).toBe(undefined);
});

test("an allocation tells of its deployment also when another is the latest", async () => {
  const says = (execution: number, healthy: boolean) => {
    const health = { healthy, at: TEST_TIME, reason: healthy ? null : "no" };
    const allocation = state({ health });
    return api.report(node, "n1", [{ kind: "allocation", execution, state: allocation }]);
  };
  const shown = async ({ allocation }: StartOrder) =>
    (await api.json("GET", `/allocations/${allocation?.allocationId}`)).deploymentId;
  await api.json("POST", "/jobs/register", withCanary("told", 50));
  const old = await started("told");
  await says(old.execution, true);
  const first = await shown(old);
  expect(first).toMatch(/^\d+-0$/);
  await api.json("POST", "/jobs/register", withCanary("told", 60));
  const canary = await started("told", 2);
  const second = await shown(canary);
  expect(second).toMatch(/^\d+-1$/);
  await says(canary.execution, false);
  await api.json("POST", "/jobs/register", withCanary("told", 70));
  const { deployment } = await api.json("GET", "/jobs/told/groups");
  expect(deployment.version).toBe(2);
  expect(await shown(canary)).toBe(second);
  expect(await shown(old)).toBe(first);
});
