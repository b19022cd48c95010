import { expect, test } from "bun:test";
import { GroupFleet, groupJob, HOST } from "./testGroups.ts";

const MINUTE = 60_000;
const TASK = "example.cache[0]";
const NO_POLICY = { reschedule: null, update: null };
const LINUX = { attribute: "${attr.kernel.name}", operator: "=", value: "linux" } as const;

function connectsAs(fleet: GroupFleet, node: string, host: Partial<typeof HOST>): void {
  const { facts } = fleet;
  const held = [...fleet.engine.executions.values()].filter((live) => live.node.record.id === node);
  fleet.facts = { ...facts, host: { ...HOST, ...host } };
  fleet.disconnect(node);
  fleet.connect(
    node,
    held.map(({ execution }) => ({
      execution: execution.number,
      state: "running",
      startedAt: 1,
    })),
  );
  fleet.facts = facts;
}

function numberOf(fleet: GroupFleet, id: string): number {
  return fleet.engine.nodesById.get(id) ?? 0;
}

test("a sysbatch job is not over before a node that is away has done its part", () => {
  const fleet = new GroupFleet(["n1", "n2"]);
  fleet.disconnect("n2");
  fleet.register(groupJob(NO_POLICY, { type: "sysbatch", onAllTasksComplete: "terminatejob" }));
  fleet.ends(fleet.start(), 0, "complete");
  expect(fleet.jobState("example")).toBe("active");
  fleet.connect("n2");
  fleet.ends(fleet.start(), 0, "complete");
  expect(fleet.jobState("example")).toBe("completed");
});

test("a sysbatch job does not wait for a node that is removed", () => {
  const fleet = new GroupFleet(["n1", "n2"]);
  fleet.pass(3 * MINUTE, ["n2"]);
  fleet.register(groupJob(NO_POLICY, { type: "sysbatch", onAllTasksComplete: "terminatejob" }));
  fleet.ends(fleet.start(), 0, "complete");
  expect(fleet.jobState("example")).toBe("active");
  fleet.send({ kind: "nodeRemoved", node: numberOf(fleet, "n2") });
  expect(fleet.jobState("example")).toBe("completed");
});

test("a sysbatch job asks nothing of a node that is not eligible", () => {
  const fleet = new GroupFleet(["n1", "n2"]);
  fleet.send({ kind: "disableScheduling", node: "n2", option: "taskcompletion" });
  fleet.register(groupJob(NO_POLICY, { type: "sysbatch", onAllTasksComplete: "terminatejob" }));
  fleet.ends(fleet.start(), 0, "complete");
  expect(fleet.jobState("example")).toBe("completed");
});

test("a system task leaves a node that comes back as one that does not suit it", () => {
  const fleet = new GroupFleet(["n1", "n2"]);
  fleet.register(groupJob({ ...NO_POLICY, constraints: [LINUX] }, { type: "system" }));
  for (const order of fleet.starts()) fleet.says(order);
  connectsAs(fleet, "n1", { attributes: { ...HOST.attributes, "kernel.name": "darwin" } });
  expect(fleet.stops()).toHaveLength(1);
  expect(fleet.state(`${TASK}@n1`, "example")).toBe("completed success");
  connectsAs(fleet, "n1", {});
  expect(fleet.start().nodeId).toBe("n1");
});

test("a system task that runs is not stopped as its driver is not well", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob(NO_POLICY, { type: "system" }));
  const order = fleet.start();
  fleet.says(order);
  const drivers = { raw_exec: { detected: true, healthy: false, description: "" } };
  connectsAs(fleet, "n1", { drivers });
  expect(fleet.stops()).toEqual([]);
  fleet.end(order, { state: "unseen" });
  expect(fleet.state(`${TASK}@n1`, "example")).toBe("completed success");
  connectsAs(fleet, "n1", {});
  expect(fleet.start().nodeId).toBe("n1");
});
