import { expect, test } from "bun:test";
import { UPDATE_DEFAULT } from "../../model/groupDefaults.ts";
import type { StartOrder } from "../../model/order.ts";
import { aMember } from "../../placement/testGroup.ts";
import { GroupFleet, groupJob, NO_RESCHEDULE, SERVICE_GROUP } from "./testGroups.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const TASK = "example.cache[0]";

function disconnect(parts: Partial<(typeof SERVICE_GROUP)["disconnect"]>) {
  return { disconnect: { ...SERVICE_GROUP.disconnect, ...parts } };
}

function newVersion(memory: number) {
  const resources = { cpuMhz: 100, cores: 0, memoryMb: memory, memoryMaxMb: 0 };
  return { members: [aMember({ resources })] };
}

function heldRunning({ execution }: StartOrder) {
  return [{ execution, state: "running" as const, startedAt: 1 }];
}

test("an execution is lost with its node and replaced at once", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob());
  const order = fleet.start();
  fleet.says(order);
  fleet.pass(31 * SECOND, [order.nodeId]);
  const replacement = fleet.start();
  expect(replacement.nodeId).not.toBe(order.nodeId);
  fleet.connect(order.nodeId, heldRunning(order));
  expect(fleet.kinds()).toContain("discard");
});

test("with lost_after an execution waits as unknown, with a replacement beside it", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob(disconnect({ lostAfterMs: 5 * MINUTE })));
  const order = fleet.start();
  fleet.says(order);
  fleet.pass(31 * SECOND, [order.nodeId]);
  expect(fleet.live(order.execution).execution.state).toBe("unknown");
  fleet.pass(31 * SECOND, [order.nodeId]);
  const replacement = fleet.start();
  expect(replacement.nodeId).not.toBe(order.nodeId);
  fleet.pass(5 * MINUTE, [order.nodeId]);
  expect(fleet.engine.executions.has(order.execution)).toBe(false);
  expect(fleet.live(replacement.execution).execution.state).toBe("assigned");
  expect(fleet.state(TASK, "example")).toBe("running");
});

for (const [strategy, kept] of [
  ["keep_original", "original"],
  ["keep_replacement", "replacement"],
  ["longest_running", "original"],
  ["best_score", "original"],
] as const) {
  test(`when the node is back, ${strategy} keeps the ${kept}`, () => {
    const fleet = new GroupFleet(["n1", "n2"]);
    fleet.register(groupJob(disconnect({ lostAfterMs: 60 * MINUTE, reconcile: strategy })));
    const order = fleet.start();
    fleet.says(order);
    fleet.report(order.nodeId, { kind: "started", execution: order.execution, startedAt: 1_001 });
    fleet.pass(62 * SECOND, [order.nodeId]);
    const replacement = fleet.start();
    fleet.says(replacement);
    fleet.report(replacement.nodeId, {
      kind: "started",
      execution: replacement.execution,
      startedAt: fleet.now,
    });
    fleet.connect(order.nodeId, heldRunning(order));
    const stopped = fleet.stops();
    expect(stopped).toEqual([kept === "original" ? replacement.execution : order.execution]);
    const left = kept === "original" ? order : replacement;
    expect(fleet.task(TASK, "example")?.progress.execution).toBe(left.execution);
    expect(fleet.task(TASK, "example")?.progress.group?.original).toBe(null);
    expect(fleet.starts()).toEqual([]);
    const job = fleet.engine.jobs.get(1);
    expect(job?.counts.running).toBe(1);
    expect(job?.counts.active).toBe(0);
  });
}

test("an original that is back before its replacement was placed goes on", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob(disconnect({ lostAfterMs: 60 * MINUTE })));
  const order = fleet.start();
  fleet.says(order);
  fleet.pass(62 * SECOND, ["n1"]);
  expect(fleet.starts()).toEqual([]);
  fleet.connect("n1", heldRunning(order));
  expect(fleet.stops()).toEqual([]);
  expect(fleet.starts()).toEqual([]);
  expect(fleet.state(TASK, "example")).toBe("running");
});

test("a new version rolls as each execution becomes healthy, and is stable then", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ count: 3 }));
  for (const order of fleet.starts()) fleet.healthy(order);
  const job = () => fleet.engine.jobs.get(1)?.record.groups;
  expect(job()?.deployment?.status).toBe("successful");
  expect(fleet.register(groupJob({ count: 3, ...newVersion(200) }))).toMatchObject({
    ok: true,
    version: 1,
  });
  for (let step = 0; step < 3; step += 1) {
    expect(fleet.stops()).toHaveLength(1);
    const next = fleet.start();
    expect(next.allocation?.version).toBe(1);
    expect(fleet.stops()).toEqual([]);
    fleet.healthy(next);
  }
  expect(job()?.deployment?.status).toBe("successful");
  expect(job()?.stable).toBe(true);
});

test("a change that no process sees makes a version without stopping anything", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ count: 2 }));
  for (const order of fleet.starts()) fleet.healthy(order);
  fleet.register(groupJob({ count: 3 }));
  expect(fleet.stops()).toEqual([]);
  const next = fleet.start();
  fleet.healthy(next);
  expect(fleet.engine.jobs.get(1)?.record.groups?.deployment?.status).toBe("successful");
});

test("a version that does not become healthy fails and is reverted by itself", () => {
  const fleet = new GroupFleet();
  const update = { ...UPDATE_DEFAULT, autoRevert: true };
  fleet.register(groupJob({ update }));
  fleet.healthy(fleet.start());
  fleet.register(groupJob({ update, ...newVersion(200) }));
  fleet.stops();
  const bad = fleet.start();
  fleet.says(bad, { health: { healthy: false, at: fleet.now, reason: "deadline" } });
  fleet.pass(11 * MINUTE);
  expect(fleet.stops()).toEqual([bad.execution]);
  const good = fleet.start();
  expect(good.allocation?.version).toBe(2);
  expect(good.allocation?.group.members[0]?.resources.memoryMb).toBe(300);
});

test("what fails for good while it is replaced is tried again at once as the new version", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ count: 2, reschedule: NO_RESCHEDULE }));
  const [, second] = fleet.starts();
  if (second === undefined) throw new Error("nothing runs");
  const resources = { cpuMhz: 100, cores: 0, memoryMb: 200, memoryMaxMb: 0 };
  fleet.register(
    groupJob({ count: 2, reschedule: NO_RESCHEDULE, members: [aMember({ resources })] }),
  );
  fleet.fails(second);
  expect(fleet.start().allocation).toMatchObject({ name: "example.cache[1]", version: 1 });
});

test("a new version that replaces what runs begins without its history", () => {
  const fleet = new GroupFleet();
  const once = { ...NO_RESCHEDULE, attempts: 1, intervalMs: 60 * MINUTE, delayMs: 5_000 };
  const change = (memoryMb: number) => {
    const resources = { cpuMhz: 100, cores: 0, memoryMb, memoryMaxMb: 0 };
    const members = [aMember({ resources })];
    fleet.register(groupJob({ count: 1, update: null, reschedule: once, members }));
  };
  change(100);
  fleet.fails(fleet.start());
  fleet.pass(6_000);
  const running = fleet.start();
  expect(running.allocation?.version).toBe(0);
  change(200);
  fleet.ends(running, 0, "complete");
  const bad = fleet.start();
  expect(bad.allocation).toMatchObject({ version: 1 });
  fleet.fails(bad);
  fleet.pass(6_000);
  fleet.fails(fleet.start());
  fleet.pass(60 * MINUTE);
  expect(fleet.starts()).toEqual([]);
});

test("what fails for good is not tried as a version whose deployment has failed", () => {
  const fleet = new GroupFleet();
  const rest = { count: 2, reschedule: NO_RESCHEDULE };
  const update = { ...UPDATE_DEFAULT, progressDeadlineMs: 0 };
  const change = (memoryMb: number) => {
    const resources = { cpuMhz: 100, cores: 0, memoryMb, memoryMaxMb: 0 };
    fleet.register(groupJob({ ...rest, update, members: [aMember({ resources })] }));
  };
  change(100);
  const old = fleet.starts();
  for (const order of old) fleet.healthy(order);
  change(200);
  const [replaced] = fleet.stops();
  const next = fleet.start();
  fleet.says(next, { health: { healthy: false, at: fleet.now, reason: "deadline" } });
  expect(fleet.engine.jobs.get(1)?.record.groups?.deployment?.status).toBe("failed");
  const [last] = old.filter(({ execution }) => execution !== replaced);
  if (last === undefined) throw new Error("nothing of the old version is left");
  fleet.fails(last);
  fleet.pass(MINUTE);
  expect(fleet.starts()).toEqual([]);
  expect(fleet.engine.jobs.get(1)?.counts).toMatchObject({ active: 0, running: 1, failed: 1 });
  // Another version is another matter.
  change(300);
  expect(fleet.start().allocation).toMatchObject({ version: 2 });
});

test("an earlier version is run again as a new one", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ update: null }));
  fleet.starts();
  fleet.register(groupJob({ update: null, ...newVersion(200) }));
  fleet.stops();
  fleet.starts();
  expect(
    fleet.send({ kind: "revertJob", job: "example", version: 0, user: "alice" }),
  ).toMatchObject({
    ok: true,
    version: 2,
  });
  fleet.stops();
  expect(fleet.start().allocation?.group.members[0]?.resources.memoryMb).toBe(300);
});

test("a drained node gives its services away one at a time and stays ineligible", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob({ count: 2 }));
  for (const order of fleet.starts()) fleet.healthy(order);
  fleet.node("n2");
  const drain = { deadlineMs: 60 * MINUTE, ignoreSystemJobs: false };
  expect(fleet.send({ kind: "drainNode", node: "n1", drain })).toEqual({ ok: true });
  for (let step = 0; step < 2; step += 1) {
    expect(fleet.stops()).toHaveLength(1);
    const next = fleet.start();
    expect(next.nodeId).toBe("n2");
    expect(fleet.stops()).toEqual([]);
    fleet.healthy(next);
  }
  expect(fleet.stops()).toEqual([]);
  const { record } = fleet.engine.nodes.get(1) ?? {};
  expect(record?.drain).toBe(null);
  expect(record?.schedulingState).toBe("disabled");
});

test("batch work on a drained node runs on until the deadline, system work goes last", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob({ update: null }, { type: "batch" }));
  fleet.register(groupJob({ reschedule: null, update: null }, { type: "system", id: "agent" }));
  fleet.starts();
  const drain = { deadlineMs: MINUTE, ignoreSystemJobs: false };
  fleet.send({ kind: "drainNode", node: "n1", drain });
  expect(fleet.stops()).toEqual([]);
  fleet.pass(59 * SECOND);
  expect(fleet.stops()).toEqual([]);
  fleet.pass(2 * SECOND);
  expect(fleet.stops()).toHaveLength(2);
  expect(fleet.engine.nodes.get(1)?.record.drain).toBe(null);
});

test("sysbatch work on a drained node runs on until the deadline, and holds system work", () => {
  const fleet = new GroupFleet(["n1"]);
  const types = ["sysbatch", "system"] as const;
  for (const type of types) {
    fleet.register(groupJob({ reschedule: null, update: null }, { type, id: type }));
  }
  fleet.starts();
  const drain = { deadlineMs: MINUTE, ignoreSystemJobs: true };
  fleet.send({ kind: "drainNode", node: "n1", drain });
  fleet.pass(59 * SECOND);
  expect(fleet.stops()).toEqual([]);
  fleet.pass(2 * SECOND);
  expect(fleet.stops()).toHaveLength(1);
  expect(fleet.engine.nodes.get(1)?.record.drain).toBe(null);
});

test("a periodic job starts one child each time, and none beside a running one", () => {
  const fleet = new GroupFleet();
  const periodic = {
    enabled: true,
    crons: ["* * * * *"],
    prohibitOverlap: true,
    timeZone: "UTC",
  };
  const batch = { type: "batch", onAllTasksComplete: "terminatejob" } as const;
  fleet.register(groupJob({ update: null }, batch, { periodic }));
  expect(fleet.starts()).toEqual([]);
  fleet.pass(MINUTE);
  const first = fleet.start();
  expect(first.jobId).toMatch(/^example\/periodic-\d+$/);
  expect(first.allocation?.parentJobId).toBe("example");
  fleet.pass(MINUTE);
  expect(fleet.starts()).toEqual([]);
  fleet.ends(first, 0, "complete");
  fleet.restart();
  for (const node of ["n1", "n2", "n3"]) fleet.connect(node);
  fleet.pass(MINUTE);
  expect(fleet.starts()).toHaveLength(1);
});

test("a parameterized job runs by dispatch alone, with its payload and meta", () => {
  const fleet = new GroupFleet();
  const parameterized = { payload: "required", metaRequired: ["who"], metaOptional: [] } as const;
  const batch = { type: "batch", onAllTasksComplete: "terminatejob" } as const;
  fleet.register(groupJob({ update: null }, batch, { parameterized }));
  expect(fleet.starts()).toEqual([]);
  const dispatch = (meta: Record<string, string>, payload: string | null) =>
    fleet.send({
      kind: "dispatchJob",
      job: "example",
      dispatch: { meta, payload, suffix: "0000abcd" },
    });
  expect(dispatch({}, "aGk=").ok).toBe(false);
  expect(dispatch({ who: "me", other: "x" }, "aGk=").ok).toBe(false);
  expect(dispatch({ who: "me" }, null).ok).toBe(false);
  expect(dispatch({ who: "me" }, "aGk=").ok).toBe(true);
  const order = fleet.start();
  expect(order.allocation?.payload).toBe("aGk=");
  expect(order.allocation?.meta).toEqual({ who: "me" });
  expect(order.jobId).toMatch(/^example\/dispatch-\d+-0000abcd$/);
});

test("a failed task is placed at once when a person asks for it", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob());
  fleet.fails(fleet.start());
  expect(fleet.starts()).toEqual([]);
  const input = { kind: "reactivateTask", job: "example", task: TASK } as const;
  expect(fleet.send(input)).toEqual({ ok: true });
  expect(fleet.starts()).toHaveLength(1);
});

test("a task that has done its work is not run again by a retry, and its job stays over", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ update: null, count: 2 }, { type: "batch" }));
  const [first, second] = fleet.starts();
  if (first === undefined || second === undefined) throw new Error("nothing was started");
  fleet.ends(first, 0, "complete");
  const input = { kind: "reactivateTask", job: "example", task: TASK } as const;
  const refused = {
    ok: false,
    error: { code: "TaskSucceeded", fix: expect.stringContaining("if only of meta") },
  };
  expect(fleet.send(input)).toMatchObject(refused);
  fleet.ends(second, 0, "complete");
  expect(fleet.jobState("example")).toBe("completed");
  const modifyIndex = () => fleet.engine.jobs.get(1)?.record.groups?.modifyIndex;
  const before = modifyIndex();
  expect(fleet.send(input)).toMatchObject(refused);
  expect(fleet.jobState("example")).toBe("completed");
  expect(modifyIndex()).toBe(before);
  expect(fleet.starts()).toEqual([]);
});

test("a refused retry does not begin a job that is over again", () => {
  const fleet = new GroupFleet();
  const group = { update: null, reschedule: null };
  fleet.register(groupJob({ ...group, count: 2 }, { type: "batch" }));
  for (const order of fleet.starts()) fleet.fails(order);
  fleet.register(groupJob({ ...group, count: 1 }, { type: "batch" }));
  for (const order of fleet.starts()) fleet.fails(order);
  expect(fleet.jobState("example")).toBe("completed");
  const task = "example.cache[1]";
  const modifyIndex = () => fleet.engine.jobs.get(1)?.record.groups?.modifyIndex;
  const before = modifyIndex();
  expect(fleet.send({ kind: "reactivateTask", job: "example", task })).toMatchObject({
    ok: false,
    error: { code: "TaskCompleted" },
  });
  expect(fleet.jobState("example")).toBe("completed");
  expect(modifyIndex()).toBe(before);
});

test("a group that would rather wait for its node is not replaced while that is away", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob(disconnect({ replace: false })));
  const order = fleet.start();
  fleet.says(order);
  fleet.pass(2 * MINUTE, [order.nodeId]);
  expect(fleet.starts()).toEqual([]);
  expect(fleet.live(order.execution).execution.state).toBe("unknown");
  fleet.connect(order.nodeId, heldRunning(order));
  expect(fleet.live(order.execution).execution.state).toBe("running");
  fleet.pass(2 * MINUTE, [order.nodeId]);
  fleet.connect(order.nodeId);
  expect(fleet.starts()).toHaveLength(1);
});

test("batch work that ends with exit code 0 while it is stopped is done", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ update: null }, { type: "batch" }));
  const order = fleet.start();
  fleet.send({ kind: "stopExecution", execution: order.execution });
  fleet.ends(order, 0, "complete");
  expect(fleet.starts()).toEqual([]);
  expect(fleet.state(TASK, "example")).toBe("completed success");
});

test("a system job's nodes follow each other by stagger, also over a restart", () => {
  const fleet = new GroupFleet();
  const update = { ...UPDATE_DEFAULT, staggerMs: 30 * SECOND };
  const system = { type: "system" } as const;
  fleet.register(groupJob({ update, reschedule: null }, system));
  for (const order of fleet.starts()) fleet.says(order);
  fleet.register(groupJob({ update, reschedule: null, ...newVersion(200) }, system));
  expect(fleet.stops()).toHaveLength(1);
  const first = fleet.start();
  fleet.says(first);
  expect(fleet.stops()).toEqual([]);
  const held = [...fleet.engine.executions.values()].map(({ execution, node }) => ({
    node: node.record.id,
    held: [{ execution: execution.number, state: "running" as const, startedAt: 1 }],
  }));
  fleet.restart();
  for (const one of held) fleet.connect(one.node, one.held);
  fleet.pass(31 * SECOND);
  expect(fleet.stops()).toHaveLength(1);
});

test("a deployment is cancelled with its job", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob());
  fleet.starts();
  fleet.send({ kind: "terminateJob", job: "example", reason: "UserTerminate" });
  const { deployment } = fleet.engine.jobs.get(1)?.record.groups ?? {};
  expect(deployment?.status).toBe("cancelled");
  expect(deployment?.description).toBe("Cancelled because job is stopped");
});

test("a node that is removed or rebooted waits for no service, whatever its option", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob());
  const order = fleet.start();
  fleet.says(order);
  fleet.node("n2");
  const option = "taskcompletion" as const;
  fleet.send({ kind: "rebootNode", node: "n1", option });
  expect(fleet.stops()).toEqual([order.execution]);
  expect(fleet.kinds()).toContain("rebootNode");
  expect(fleet.state(TASK, "example")).toBe("running");
});

test("an execution out of contact can be stopped: another takes its place when its node is given up", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob());
  const order = fleet.start();
  fleet.says(order);
  fleet.disconnect(order.nodeId);
  const { execution } = order;
  expect(fleet.send({ kind: "stopExecution", execution }).ok).toBe(true);
  fleet.pass(31_000, [order.nodeId]);
  expect(fleet.start().nodeId).not.toBe(order.nodeId);
  fleet.connect(order.nodeId, [{ execution, state: "running", startedAt: 1 }]);
  expect(fleet.kinds()).toContain("discard");
});

test("after the end of a drain, calling it off gives the node its eligibility back", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob());
  fleet.healthy(fleet.start());
  const drain = { deadlineMs: 60_000, ignoreSystemJobs: false };
  fleet.send({ kind: "drainNode", node: "n1", drain });
  fleet.stops();
  expect(fleet.send({ kind: "stopDrain", node: "n1", isEligible: false }).ok).toBe(true);
  expect(fleet.starts()).toEqual([]);
  expect(fleet.send({ kind: "stopDrain", node: "n1", isEligible: true }).ok).toBe(true);
  expect(fleet.start().nodeId).toBe("n1");
});
