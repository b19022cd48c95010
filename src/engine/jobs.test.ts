import { expect, test } from "bun:test";
import type { JobSpec } from "../model/job.ts";
import { JOB, TestFleet } from "./testFleet.ts";

function fleetOf(nodes: number, spec: Partial<JobSpec> = {}, slots = 1): TestFleet {
  const fleet = new TestFleet();
  fleet.pool({ taskSlotsPerNode: slots });
  for (let index = 1; index <= nodes; index += 1) fleet.node(`n${index}`);
  fleet.job(spec);
  return fleet;
}

test("a nonzero exit is retried on the same node, with the counters of a retry", () => {
  const fleet = fleetOf(2, { maxTaskRetryCount: 1 });
  fleet.add(["a"]);
  const first = fleet.start();
  fleet.end(first, 1);
  const second = fleet.start();
  expect(second).toMatchObject({ nodeId: first.nodeId, keepDirectory: true, ordinal: 2 });
  fleet.end(second, 1);
  expect(fleet.state("a")).toBe("completed failure FailureExitCode");
  expect(fleet.task("a")?.progress).toMatchObject({
    retryCount: 1,
    requeueCount: 0,
    systemTaskVersion: 1,
  });
  expect(fleet.eventTypes().filter((type) => type.startsWith("Task"))).toEqual([
    "TaskStartEvent",
    "TaskStartEvent",
    "TaskCompleteEvent",
    "TaskFailEvent",
  ]);
});

test("higher priority goes first, equal ones take turns", () => {
  const fleet = fleetOf(1);
  fleet.add(["a1", "a2"]);
  fleet.job({ id: "twin" });
  fleet.add(["b1", "b2"], {}, "twin");
  fleet.job({ id: "urgent", priority: 5 });
  fleet.add(["u1"], {}, "urgent");
  const order: string[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const start = fleet.start();
    order.push(start.jobId);
    fleet.end(start);
  }
  expect(order.slice(0, 2)).toEqual(["job", "urgent"]);
  expect(order.slice(2).sort()).toEqual(["job", "twin", "twin"]);
});

test("maxParallelTasks caps the running tasks of a job", () => {
  const fleet = fleetOf(3, { maxParallelTasks: 2 });
  fleet.add(["a", "b", "c"]);
  const [first] = fleet.starts();
  expect(fleet.reasons("c")).toEqual(["MaxParallelTasks"]);
  if (first === undefined) throw new Error("expected a start");
  fleet.end(first);
  expect(fleet.start().taskId).toBe("c");
});

test("spread levels tasks over nodes, pack fills a node first", () => {
  for (const [fill, nodes] of [
    ["spread", 2],
    ["pack", 1],
  ] as const) {
    const fleet = new TestFleet();
    fleet.pool({ taskSlotsPerNode: 2, nodeFillType: fill });
    fleet.node("n1");
    fleet.node("n2");
    fleet.job();
    fleet.add(["a", "b"]);
    expect(new Set(fleet.starts().map(({ nodeId }) => nodeId)).size).toBe(nodes);
  }
});

test("slots are never exceeded, and a task too large for any node says so", () => {
  const fleet = fleetOf(1, {}, 4);
  fleet.add(["big", "huge"], { requiredSlots: 3 });
  expect(fleet.starts()).toHaveLength(1);
  expect(fleet.reasons("huge")).toEqual(["NoFreeSlot"]);
  fleet.add(["never"], { requiredSlots: 5 });
  expect(fleet.reasons("never")).toEqual(["RequiredSlotsTooLarge"]);
});

test("disable with requeue, terminate and wait", () => {
  const expected = {
    requeue: "active",
    terminate: "completed failure TaskEnded",
    wait: "completed success",
  };
  for (const option of ["requeue", "terminate", "wait"] as const) {
    const fleet = fleetOf(1);
    fleet.add(["a"]);
    const order = fleet.start();
    fleet.send({ kind: "disableJob", job: "job", disableTasks: option });
    expect(fleet.jobState()).toBe("disabling");
    fleet.end(order, option === "wait" ? 0 : { state: "killed", signal: 15, reason: "stopped" });
    expect(fleet.jobState()).toBe("disabled");
    expect(fleet.state("a")).toBe(expected[option]);
    fleet.effects = [];
    fleet.send({ kind: "enableJob", job: "job" });
    expect(fleet.starts()).toHaveLength(option === "requeue" ? 1 : 0);
  }
});

test("a job that is still being disabled can not be enabled, and it is said what helps", () => {
  const fleet = fleetOf(2);
  fleet.add(["a", "b"]);
  const fix = () => {
    const reply = fleet.send({ kind: "enableJob", job: "job" });
    return reply.ok ? "" : `${reply.error.code}: ${reply.error.fix}`;
  };
  expect(fix()).toBe("JobNotDisabled: Nothing needs to be done: its tasks are run.");
  const [first] = fleet.starts();
  fleet.send({ kind: "disableJob", job: "job", disableTasks: "wait" });
  expect(fix()).toBe(
    "JobNotDisabled: Wait until its 2 running tasks have ended, or end that wait: disable the job again with requeue or terminate. Then enable it.",
  );
  if (first !== undefined) fleet.end(first);
  fleet.send({ kind: "disableJob", job: "job", disableTasks: "requeue" });
  expect(fix()).toBe("JobNotDisabled: Wait until its 1 running task has stopped, then enable it.");
});

test("a disabled job keeps accepting tasks; they wait and say why", () => {
  const fleet = fleetOf(1);
  fleet.send({ kind: "disableJob", job: "job", disableTasks: "requeue" });
  expect(fleet.add(["a"])).toMatchObject({ ok: true });
  expect(fleet.reasons("a")).toEqual(["JobDisabled"]);
});

test("terminate stops what runs and leaves what is active as it is", () => {
  const fleet = fleetOf(1);
  fleet.add(["a", "b"]);
  const order = fleet.start();
  fleet.send({ kind: "terminateJob", job: "job", reason: "enough" });
  expect(fleet.add(["late"])).toMatchObject({ ok: false, error: { code: "JobBeingTerminated" } });
  fleet.end(order, { state: "killed", signal: 15, reason: "stopped" });
  expect(fleet.jobState()).toBe("completed");
  expect([fleet.state("a"), fleet.state("b")]).toEqual(["completed failure TaskEnded", "active"]);
});

test("onAllTasksComplete ends the job, and a job without tasks counts as all complete", () => {
  const fleet = fleetOf(1, { onAllTasksComplete: "terminatejob" });
  expect(fleet.jobState()).toBe("completed");
  fleet.job({ id: "later" });
  fleet.add(["a"], {}, "later");
  fleet.end(fleet.start());
  expect(fleet.jobState("later")).toBe("active");
  fleet.send({ kind: "updateJob", job: "later", patch: { onAllTasksComplete: "terminatejob" } });
  expect(fleet.jobState("later")).toBe("completed");
});

test("the job's wall clock ends it as a terminate would", () => {
  const fleet = fleetOf(1, { maxWallClockMs: 10_000 });
  fleet.add(["a"]);
  const order = fleet.start();
  fleet.pass(11_000);
  expect(fleet.jobState()).toBe("terminating");
  fleet.end(order, { state: "killed", signal: 15, reason: "stopped" });
  expect(fleet.engine.jobs.get(1)?.record.terminateReason).toBe("MaxWallClockTimeExpiry");
});

test("delete removes directories on the nodes before the job is gone", () => {
  const fleet = fleetOf(1);
  fleet.add(["a"]);
  fleet.end(fleet.start());
  fleet.effects = [];
  fleet.send({ kind: "deleteJob", job: "job" });
  expect(fleet.kinds()).toEqual(["remove"]);
  expect(fleet.jobState()).toBe("deleting");
  expect(fleet.send({ kind: "terminateJob", job: "job", reason: "" })).toMatchObject({
    error: { code: "JobBeingDeleted" },
  });
  fleet.report("n1", { kind: "removed", removal: 1 });
  expect(fleet.jobState()).toBe("gone");
});

test("a node that is away does not hold up a deletion; it is told when it comes back", () => {
  const fleet = fleetOf(1);
  fleet.add(["a"]);
  fleet.end(fleet.start());
  fleet.disconnect("n1");
  fleet.send({ kind: "deleteJob", job: "job" });
  expect(fleet.jobState()).toBe("gone");
  fleet.effects = [];
  fleet.connect("n1");
  expect(fleet.kinds()).toEqual(["remove"]);
});

test("a queued task is terminated without a run, a running one when the node confirms", () => {
  const fleet = fleetOf(1);
  fleet.add(["a", "b"]);
  const order = fleet.start();
  fleet.send({ kind: "terminateTask", job: "job", task: "B" });
  expect(fleet.state("b")).toBe("completed failure TaskEnded");
  fleet.send({ kind: "terminateTask", job: "job", task: "a" });
  expect(fleet.state("a")).toBe("running");
  fleet.end(order, { state: "killed", signal: 15, reason: "stopped" });
  expect(fleet.send({ kind: "terminateTask", job: "job", task: "a" })).toMatchObject({
    error: { code: "TaskCompleted" },
  });
});

test("reactivate gives a failed task a fresh allowance of retries", () => {
  const fleet = fleetOf(1, { maxTaskRetryCount: 1 });
  fleet.add(["a"]);
  fleet.end(fleet.start(), 1);
  fleet.end(fleet.start(), 1);
  expect(fleet.send({ kind: "reactivateTask", job: "job", task: "a" })).toEqual({ ok: true });
  expect(fleet.task("a")?.progress).toMatchObject({
    retryCount: 0,
    systemTaskVersion: 2,
    outcome: null,
  });
  fleet.end(fleet.start(), 0);
  expect(fleet.send({ kind: "reactivateTask", job: "job", task: "a" })).toMatchObject({
    error: { code: "TaskSucceeded" },
  });
});

test("a running task that is deleted is stopped first, then gone with its directory", () => {
  const fleet = fleetOf(1);
  fleet.add(["a"]);
  const order = fleet.start();
  fleet.send({ kind: "deleteTask", job: "job", task: "a" });
  expect(fleet.state("a")).toBe("running");
  fleet.effects = [];
  fleet.end(order, { state: "killed", signal: 15, reason: "stopped" });
  expect(fleet.state("a")).toBe("gone");
  expect(fleet.kinds()).toEqual(["remove"]);
  expect(fleet.engine.jobs.get(1)?.counts).toMatchObject({
    active: 0,
    running: 0,
    failed: 0,
    succeeded: 0,
  });
});

test("ids are compared without regard to case, duplicates refused one by one", () => {
  const fleet = fleetOf(0);
  const reply = fleet.add(["a", "A", "jobpreparation", "b"]);
  if (!reply.ok) throw new Error("expected answers");
  expect(reply.tasks?.map((answer) => answer.status)).toEqual([
    "success",
    "clienterror",
    "success",
    "success",
  ]);
});

test("every wait has a reason", () => {
  const fleet = new TestFleet();
  fleet.job({ poolId: "later" });
  fleet.add(["a"]);
  expect(fleet.reasons("a")).toEqual(["PoolNotFound"]);
  fleet.pool({ id: "later" });
  expect(fleet.reasons("a")).toEqual(["PoolEmpty"]);
  fleet.node("n1", "later");
  const order = fleet.start();
  expect(fleet.reasons("a")).toEqual(["WaitsForNode"]);
  fleet.add(["b"]);
  expect(fleet.reasons("b")).toEqual(["NoFreeSlot"]);
  fleet.send({ kind: "disableScheduling", node: "n1", option: "taskcompletion" });
  fleet.end(order);
  expect(fleet.reasons("b")).toEqual(["SchedulingDisabled"]);
  fleet.send({ kind: "enableScheduling", node: "n1" });
  expect(fleet.start().taskId).toBe("b");
});

test("a pool of the provider grows, and shrinks by its least busy node", () => {
  const fleet = new TestFleet();
  fleet.pool({ provider: "local", targetDedicatedNodes: 2 });
  expect(fleet.kinds()).toEqual(["provideNode", "provideNode"]);
  expect(fleet.eventTypes()).toEqual(["PoolCreateEvent", "PoolResizeStartEvent"]);
  const ids = [...fleet.engine.nodes.values()].map(({ record }) => record.id);
  for (const id of ids) fleet.connect(id);
  expect(fleet.eventTypes().at(-1)).toBe("PoolResizeCompleteEvent");
  fleet.job();
  fleet.add(["a"]);
  const order = fleet.start();
  fleet.send({
    kind: "resizePool",
    pool: "pool",
    targetDedicatedNodes: 1,
    option: "requeue",
    timeoutMs: null,
  });
  const [removal] = fleet.effects;
  expect(removal).toMatchObject({ effect: "removeNode" });
  expect(removal?.effect === "removeNode" && removal.nodeId).not.toBe(order.nodeId);
});

test("a resize that takes too long ends with an error, and what was not made is not waited for", () => {
  const fleet = new TestFleet();
  fleet.pool({ provider: "local", targetDedicatedNodes: 1, resizeTimeoutMs: 300_000 });
  fleet.pass(301_000);
  expect(fleet.kinds()).toEqual(["provideNode", "removeNode"]);
  fleet.send({ kind: "nodeRemoved", node: 1 });
  expect(fleet.engine.pools.get(1)?.record.resizeErrors).toMatchObject([
    { code: "AllocationTimedout" },
  ]);
  expect(fleet.engine.pools.get(1)?.record.resize).toBeNull();
});

test("a deleted pool requeues its tasks and is gone when its nodes are", () => {
  const fleet = fleetOf(1);
  fleet.add(["a"]);
  const order = fleet.start();
  fleet.send({ kind: "deletePool", pool: "pool" });
  fleet.end(order, { state: "killed", signal: 15, reason: "stopped" });
  fleet.send({ kind: "nodeRemoved", node: 1 });
  expect(fleet.engine.pools.size).toBe(0);
  expect(fleet.reasons("a")).toEqual(["PoolNotFound"]);
  expect(fleet.eventTypes().at(-1)).toBe("PoolDeleteCompleteEvent");
});

test("a job with its first tasks takes all of them or is not made", () => {
  const fleet = fleetOf(0);
  const task = (id: string) => ({ id, spec: { commandLine: "run" } });
  const spec = { ...JOB, id: "whole" };
  const twice = { kind: "createJobWithTasks", spec, tasks: [task("a"), task("A")] } as const;
  expect(fleet.send(twice)).toMatchObject({ ok: false, error: { code: "TaskExists" } });
  expect(fleet.jobState("whole")).toBe("gone");
  fleet.send({ kind: "createJobWithTasks", spec, tasks: [task("a"), task("b")] });
  expect(fleet.engine.jobs.get(2)?.counts.active).toBe(2);
});

test("what ends a task wins over what would queue it again", () => {
  for (const kind of ["terminateTask", "deleteTask"] as const) {
    const fleet = fleetOf(1);
    fleet.add(["a"]);
    const order = fleet.start();
    fleet.send({ kind: "disableJob", job: "job", disableTasks: "requeue" });
    fleet.send({ kind, job: "job", task: "a" });
    fleet.end(order, { state: "killed", signal: 15, reason: "stopped" });
    expect(fleet.state("a")).toBe(kind === "deleteTask" ? "gone" : "completed failure TaskEnded");
    fleet.effects = [];
    fleet.send({ kind: "enableJob", job: "job" });
    expect(fleet.starts()).toEqual([]);
  }
});

test("adding tasks is no modification of the job", () => {
  const fleet = new TestFleet();
  fleet.job();
  const { etag, lastModifiedAt } = fleet.engine.jobs.get(1)?.record ?? {};
  fleet.now += 1_000;
  fleet.add(["a"]);
  expect(fleet.engine.jobs.get(1)?.record).toMatchObject({ etag, lastModifiedAt });
});

test("a pool that is deleted in the middle of a resize ends that one before the next begins", () => {
  const fleet = new TestFleet();
  fleet.pool({ provider: "local", targetDedicatedNodes: 1 });
  fleet.connect(fleet.engine.nodes.get(1)?.record.id ?? "");
  const shrink = { kind: "resizePool", pool: "pool", targetDedicatedNodes: 0 } as const;
  fleet.send({ ...shrink, option: "requeue", timeoutMs: null });
  fleet.send({ kind: "deletePool", pool: "pool" });
  fleet.send({ kind: "nodeRemoved", node: 1 });
  expect(fleet.eventTypes().slice(3)).toEqual([
    "PoolResizeStartEvent",
    "PoolDeleteStartEvent",
    "PoolResizeCompleteEvent",
    "PoolResizeStartEvent",
    "PoolResizeCompleteEvent",
    "PoolDeleteCompleteEvent",
  ]);
});

test("a node that is removed while it reboots goes, also when it never comes back", () => {
  const fleet = fleetOf(1);
  fleet.send({ kind: "rebootNode", node: "n1", option: "requeue" });
  expect(fleet.kinds()).toEqual(["rebootNode"]);
  fleet.disconnect("n1");
  const remove = { kind: "removeNodes", pool: "pool", nodes: ["n1"], timeoutMs: null } as const;
  fleet.send({ ...remove, option: "requeue" });
  expect(fleet.kinds()).toEqual(["removeNode"]);
});
