import { expect, test } from "bun:test";
import type { PeriodicSpec } from "../../model/group.ts";
import { UPDATE_DEFAULT } from "../../model/groupDefaults.ts";
import { aMember } from "../../placement/testGroup.ts";
import { GroupFleet, groupJob, HOST, SERVICE_GROUP } from "./testGroups.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const TASK = "example.cache[0]";
const PLAIN = { update: null, migrate: null };
const BATCH = { type: "batch" } as const;
const EVERY: PeriodicSpec = {
  enabled: true,
  crons: ["* * * * *"],
  prohibitOverlap: false,
  timeZone: "UTC",
};

function disconnect(parts: Partial<(typeof SERVICE_GROUP)["disconnect"]>) {
  return { disconnect: { ...SERVICE_GROUP.disconnect, ...parts } };
}

function memory(memoryMb: number) {
  return { members: [aMember({ resources: { cpuMhz: 100, cores: 0, memoryMb, memoryMaxMb: 0 } })] };
}

function children(fleet: GroupFleet): string[] {
  return [...fleet.store.jobs.values()].map(({ spec }) => spec.id).filter((id) => id.includes("/"));
}

test("a periodic job that was held launches again, without what it missed", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob(PLAIN, BATCH, { periodic: EVERY }));
  fleet.send({ kind: "disableJob", job: "example", disableTasks: "wait" });
  fleet.pass(3 * MINUTE);
  expect(children(fleet)).toEqual([]);
  fleet.send({ kind: "enableJob", job: "example" });
  expect(children(fleet)).toEqual([]);
  fleet.pass(2 * MINUTE);
  expect(children(fleet)).toHaveLength(2);
});

test("a revert brings the schedule of its version back, or takes it away", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob(PLAIN, BATCH, { periodic: EVERY }));
  fleet.register(groupJob(PLAIN, BATCH, { periodic: { ...EVERY, enabled: false } }));
  fleet.send({ kind: "revertJob", job: "example", version: 0, user: "alice" });
  fleet.pass(MINUTE);
  expect(children(fleet)).toHaveLength(1);
  fleet.send({ kind: "revertJob", job: "example", version: 1, user: "alice" });
  fleet.pass(3 * MINUTE);
  expect(children(fleet)).toHaveLength(1);
});

test("a batch job that has run becomes a periodic one", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob(PLAIN, BATCH));
  fleet.says(fleet.start());
  fleet.register(groupJob(PLAIN, BATCH, { periodic: EVERY }));
  fleet.stops();
  fleet.pass(2 * MINUTE);
  expect(fleet.jobState("example")).toBe("active");
  expect(children(fleet)).toHaveLength(2);
});

test("two children in one second have ids of their own, and nobody else may take such an id", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob(PLAIN, BATCH, { periodic: EVERY }));
  fleet.send({ kind: "forceLaunch", job: "example" });
  fleet.ends(fleet.start(), 0, "complete");
  fleet.send({ kind: "forceLaunch", job: "example" });
  expect(new Set(children(fleet)).size).toBe(2);
  expect(fleet.register(groupJob(PLAIN, { ...BATCH, id: "example/periodic-60" })).ok).toBe(false);
});

test("a job that is stopped while it waits beside an original out of contact is over", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob(disconnect({ lostAfterMs: 60 * MINUTE })));
  const order = fleet.start();
  fleet.says(order);
  fleet.pass(31 * SECOND, [order.nodeId]);
  fleet.send({ kind: "terminateJob", job: "example", reason: "x" });
  expect(fleet.state(TASK, "example")).toBe("completed success");
  fleet.connect(order.nodeId, [{ execution: order.execution, state: "running", startedAt: 1 }]);
  expect(fleet.stops()).toEqual([order.execution]);
  expect(fleet.jobState("example")).toBe("completed");
});

test("a system task comes back with the driver of its node", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ reschedule: null, update: null }, { type: "system" }));
  const order = fleet.starts().find(({ nodeId }) => nodeId === "n1");
  if (order === undefined) throw new Error("nothing was started on n1");
  fleet.says(order);
  fleet.pass(2 * MINUTE, ["n1"]);
  const good = fleet.facts;
  const sick = { raw_exec: { detected: true, healthy: false, description: "" } };
  fleet.facts = { ...good, host: { ...HOST, drivers: sick } };
  fleet.connect("n1");
  fleet.pass(5 * SECOND);
  fleet.facts = good;
  fleet.connect("n1");
  expect(fleet.state(`${TASK}@n1`, "example")).toBe("running");
});

test("a node that is being drained cannot be made eligible", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob());
  fleet.healthy(fleet.start());
  fleet.send({
    kind: "drainNode",
    node: "n1",
    drain: { deadlineMs: 5 * MINUTE, ignoreSystemJobs: false },
  });
  expect(fleet.send({ kind: "enableScheduling", node: "n1" }).ok).toBe(false);
});

test("a job that is held with wait is stopped by nothing else, and goes on with its history", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob(PLAIN, BATCH));
  const order = fleet.start();
  fleet.says(order);
  fleet.send({ kind: "disableJob", job: "example", disableTasks: "wait" });
  const other = [...fleet.engine.nodes.values()].find(({ record }) => record.id !== order.nodeId);
  fleet.send({ kind: "nodeRemoved", node: other?.record.number ?? 0 });
  expect(fleet.stops()).toEqual([]);
  fleet.fails(order);
  expect(fleet.jobState("example")).toBe("disabled");
  expect(fleet.state(TASK, "example")).toBe("active");
  fleet.pass(MINUTE);
  expect(fleet.starts()).toEqual([]);
  fleet.send({ kind: "enableJob", job: "example" });
  const again = fleet.start();
  expect(fleet.live(again.execution).execution.allocation?.rescheduled).toHaveLength(1);
});

test("an original that is back gives way to the new version", () => {
  const fleet = new GroupFleet(["n1"]);
  const policy = disconnect({ lostAfterMs: 60 * MINUTE });
  fleet.register(groupJob(policy));
  const order = fleet.start();
  fleet.healthy(order);
  fleet.pass(62 * SECOND, ["n1"]);
  fleet.register(groupJob({ ...policy, ...memory(222) }));
  fleet.connect("n1", [{ execution: order.execution, state: "running", startedAt: 1 }]);
  expect(fleet.stops()).toEqual([order.execution]);
});

test("a failed version is reverted once, not again and again to the same", () => {
  const fleet = new GroupFleet();
  const update = { ...UPDATE_DEFAULT, autoRevert: true };
  fleet.register(groupJob({ update }));
  fleet.healthy(fleet.start());
  fleet.register(groupJob({ update, ...memory(222) }));
  for (let minute = 0; minute < 90; minute += 1) {
    fleet.pass(MINUTE);
    fleet.stops();
  }
  const record = fleet.engine.jobs.get(1)?.record.groups;
  expect(record?.version).toBe(2);
  expect(record?.deployment?.description).toContain("same specification");
});

test("a count beyond the limit is refused whole", () => {
  const fleet = new GroupFleet();
  expect(fleet.register(groupJob({ count: 100_000_000 })).ok).toBe(false);
  expect(fleet.engine.jobs.size).toBe(0);
});

test("a deployment keeps one timer, however many become healthy", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ count: 30 }));
  for (const order of fleet.starts()) fleet.healthy(order);
  expect(fleet.engine.timers.size).toBeLessThan(10);
});

test("batch work that is stopped is not done, and runs elsewhere", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob(PLAIN, BATCH));
  const order = fleet.start();
  fleet.says(order);
  fleet.send({ kind: "stopExecution", execution: order.execution });
  fleet.stops();
  expect(fleet.state(TASK, "example")).toBe("running");
  expect(fleet.starts()).toHaveLength(1);
});

test("a repaired version does not wait for the delay of the one that failed", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob());
  fleet.fails(fleet.start());
  expect(fleet.starts()).toEqual([]);
  fleet.register(groupJob(memory(222)));
  expect(fleet.start().allocation?.version).toBe(1);
});

test("a batch job that is over runs a failed task again when a person asks, and not by itself", () => {
  const fleet = new GroupFleet();
  const job = groupJob({ ...PLAIN, count: 2, reschedule: null }, BATCH);
  fleet.register(job);
  const [first, second] = fleet.starts();
  if (first === undefined || second === undefined) throw new Error("nothing was started");
  fleet.fails(first);
  fleet.ends(second, 0, "complete");
  expect(fleet.jobState("example")).toBe("completed");
  expect(fleet.register(job)).toMatchObject({
    ok: true,
    version: 0,
    note: expect.stringMatching(
      /if only meta; what failed, with stint jobtask retry example TASK\.$/,
    ),
  });
  expect(fleet.starts()).toEqual([]);
  fleet.send({ kind: "reactivateTask", job: "example", task: TASK });
  const again = fleet.start();
  expect(again.allocation?.name).toBe(TASK);
  fleet.ends(again, 0, "complete");
  expect(fleet.jobState("example")).toBe("completed");
});

test("what waits out of contact says until when, and what stands in for it meanwhile", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob(disconnect({ lostAfterMs: 10 * MINUTE })));
  const order = fleet.start();
  fleet.says(order);
  fleet.pass(31 * SECOND, [order.nodeId]);
  const description = fleet.engine.executions.get(order.execution)?.execution.allocation
    ?.description;
  expect(description).toMatch(
    /^Node is disconnected; lost at 1970-01-01T00:10:.*, and replaced at 1970-01-01T00:01:.* until it is back$/,
  );
});

test("what comes back says when", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob(disconnect({ lostAfterMs: 10 * MINUTE })));
  const order = fleet.start();
  fleet.says(order);
  fleet.pass(31 * SECOND, ["n1"]);
  const { execution } = order;
  fleet.connect("n1", [{ execution, state: "running", startedAt: 1 }]);
  expect(fleet.live(execution).execution.allocation?.reconnectedAt).toBe(fleet.now);
});
