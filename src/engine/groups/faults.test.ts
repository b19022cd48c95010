import { expect, test } from "bun:test";
import { aMember } from "../../placement/testGroup.ts";
import { GroupFleet, groupJob, memberState, SERVICE_GROUP } from "./testGroups.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const TASK = "example.cache[0]";

/** What seeds of the simulator have found, each as the smallest scenario that shows it. */

test("a node whose clock is ahead does not put its reschedule off by as much", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob());
  const order = fleet.start();
  const late = fleet.now + 180 * MINUTE;
  const member = memberState({ state: "dead", failed: true, finishedAt: late });
  fleet.says(order, { status: "failed", members: [member] });
  fleet.report(order.nodeId, {
    kind: "ended",
    execution: order.execution,
    result: {
      processes: [],
      outcome: { state: "exited", exitCode: 1 },
      startedAt: late,
      endedAt: late,
      stdout: { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } },
      stderr: { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } },
      allocation: { status: "failed", members: [member], checks: [], health: null },
    },
  });
  fleet.pass(31 * SECOND);
  expect(fleet.starts()).toHaveLength(1);
});

test("a system task that waits for its node goes with it", () => {
  const fleet = new GroupFleet(["n1", "n2"]);
  fleet.register(groupJob({ reschedule: null, update: null }, { type: "system" }));
  fleet.starts();
  fleet.pass(2 * MINUTE, ["n1"]);
  expect(fleet.state(`${TASK}@n1`, "example")).toBe("active");
  const { number = 0 } = fleet.engine.nodes.get(1)?.record ?? {};
  fleet.send({ kind: "nodeRemoved", node: number });
  expect(fleet.state(`${TASK}@n1`, "example")).toBe("completed success");
  expect(fleet.engine.jobs.get(1)?.counts.active).toBe(0);
});

test("when a replacement's node is out of contact too, the original is the only one waited for", () => {
  const fleet = new GroupFleet();
  const disconnect = { ...SERVICE_GROUP.disconnect, lostAfterMs: 60 * MINUTE };
  fleet.register(groupJob({ disconnect }));
  const original = fleet.start();
  fleet.says(original);
  fleet.pass(62 * SECOND, [original.nodeId]);
  const second = fleet.start();
  fleet.says(second);
  fleet.pass(62 * SECOND, [original.nodeId, second.nodeId]);
  const third = fleet.start();
  expect(fleet.engine.executions.has(second.execution)).toBe(false);
  expect(fleet.task(TASK, "example")?.progress.group?.original).toBe(original.execution);
  expect(fleet.task(TASK, "example")?.progress.execution).toBe(third.execution);
});

test("a service that has moved is waited for until it is healthy before the next one moves", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob({ count: 2 }));
  for (const order of fleet.starts()) fleet.healthy(order);
  fleet.node("n2");
  const drain = { deadlineMs: 60 * MINUTE, ignoreSystemJobs: false };
  fleet.send({ kind: "drainNode", node: "n1", drain });
  expect(fleet.stops()).toHaveLength(1);
  const next = fleet.start();
  fleet.says(next);
  fleet.send({ kind: "stopDrain", node: "n1", isEligible: false });
  fleet.send({ kind: "drainNode", node: "n1", drain });
  expect(fleet.stops()).toEqual([]);
  fleet.healthy(next);
  expect(fleet.stops()).toHaveLength(1);
});

test("a system task that never ran on its node goes with it", () => {
  const fleet = new GroupFleet(["n1", "n2"]);
  const resources = { cpuMhz: 100, cores: 0, memoryMb: 9_000, memoryMaxMb: 0 };
  const group = { reschedule: null, update: null, members: [aMember({ resources })] };
  fleet.register(groupJob(group, { type: "system" }));
  expect(fleet.state(`${TASK}@n1`, "example")).toBe("active");
  const { number = 0 } = fleet.engine.nodes.get(1)?.record ?? {};
  fleet.send({ kind: "nodeRemoved", node: number });
  expect(fleet.state(`${TASK}@n1`, "example")).toBe("completed success");
});

test("a job that is stopped waits for an original that is out of contact", () => {
  const fleet = new GroupFleet();
  const disconnect = { ...SERVICE_GROUP.disconnect, lostAfterMs: 10 * MINUTE };
  fleet.register(groupJob({ disconnect }));
  const original = fleet.start();
  fleet.says(original);
  fleet.pass(62 * SECOND, [original.nodeId]);
  const second = fleet.start();
  fleet.says(second);
  fleet.send({ kind: "terminateJob", job: "example", reason: "UserTerminate" });
  fleet.ends(second, 143, "complete");
  expect(fleet.jobState("example")).toBe("terminating");
  fleet.restart();
  fleet.connect(original.nodeId);
  expect(fleet.jobState("example")).toBe("completed");
});

test("a job that is stopped does not wait for a node that was given up", () => {
  const fleet = new GroupFleet();
  const disconnect = { ...SERVICE_GROUP.disconnect, lostAfterMs: 60 * MINUTE };
  fleet.register(groupJob({ disconnect }));
  const original = fleet.start();
  fleet.says(original);
  fleet.pass(2 * MINUTE, [original.nodeId]);
  const second = fleet.start();
  fleet.says(second);
  fleet.send({ kind: "terminateJob", job: "example", reason: "UserTerminate" });
  fleet.ends(second, 143, "complete");
  expect(fleet.jobState("example")).toBe("completed");
});

test("a system job runs on another machine that has the name of one that is gone", () => {
  const fleet = new GroupFleet(["n1", "n2"]);
  fleet.register(groupJob({ reschedule: null, update: null }, { type: "system" }));
  fleet.starts();
  const { number = 0 } = fleet.engine.nodes.get(1)?.record ?? {};
  fleet.send({ kind: "nodeRemoved", node: number });
  fleet.node("n1");
  expect(fleet.start().nodeId).toBe("n1");
});

test("what has moved and is not healthy yet counts also when its new node is drained", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob({ count: 2 }));
  for (const order of fleet.starts()) fleet.healthy(order);
  fleet.node("n2");
  const drain = { deadlineMs: 60 * MINUTE, ignoreSystemJobs: false };
  fleet.send({ kind: "drainNode", node: "n1", drain });
  expect(fleet.stops()).toHaveLength(1);
  fleet.says(fleet.start());
  fleet.node("n3");
  fleet.send({ kind: "drainNode", node: "n2", drain });
  expect(fleet.stops()).toEqual([]);
});

test("batch work that is done is not done again for a version that it had taken over", () => {
  const fleet = new GroupFleet();
  const batch = { type: "batch" } as const;
  fleet.register(groupJob({ update: null }, batch));
  const order = fleet.start();
  fleet.register(groupJob({ update: null, count: 2 }, batch));
  const [second] = fleet.starts();
  fleet.ends(order, 0, "complete");
  fleet.send({ kind: "disableJob", job: "example", disableTasks: "wait" });
  if (second !== undefined) fleet.ends(second, 0, "complete");
  fleet.send({ kind: "enableJob", job: "example" });
  expect(fleet.starts()).toEqual([]);
});

test("a task that is not wanted ends with its original out of contact, and runs when it is wanted again", () => {
  const fleet = new GroupFleet();
  const disconnect = { ...SERVICE_GROUP.disconnect, lostAfterMs: 60 * MINUTE };
  fleet.register(groupJob({ disconnect }));
  const original = fleet.start();
  fleet.says(original);
  fleet.pass(31 * SECOND, [original.nodeId]);
  expect(fleet.state(TASK, "example")).toBe("active");
  fleet.register(groupJob({ disconnect, count: 0 }));
  fleet.pass(2 * MINUTE, [original.nodeId]);
  expect(fleet.state(TASK, "example")).toBe("completed success");
  fleet.register(groupJob({ disconnect, count: 1 }));
  expect(fleet.starts()).toHaveLength(1);
});

test("a system task leaves a node that is to go, and runs there again when that is called off", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob({ reschedule: null, update: null }, { type: "system" }));
  fleet.register(groupJob({ update: null }, { type: "batch", id: "work" }));
  expect(fleet.starts()).toHaveLength(2);
  const removal = {
    pool: "pool",
    nodes: ["n1"],
    option: "taskcompletion",
    timeoutMs: null,
  } as const;
  expect(fleet.send({ kind: "removeNodes", ...removal })).toEqual({ ok: true });
  expect(fleet.stops()).toHaveLength(1);
  expect(fleet.state(`${TASK}@n1`, "example")).toBe("completed success");
  fleet.send({ kind: "stopResize", pool: "pool" });
  expect(fleet.start().jobId).toBe("example");
});

test("a restart does not stop what a job that is being disabled waits for", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob());
  const order = fleet.start();
  fleet.says(order);
  fleet.send({ kind: "disableJob", job: "example", disableTasks: "wait" });
  fleet.restart();
  expect(fleet.live(order.execution).execution.stopReason).toBe(null);
});
