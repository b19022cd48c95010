import { expect, test } from "bun:test";
import { restore } from "./restore.ts";
import { TestFleet } from "./testFleet.ts";

test("a machine that joined and has not connected yet is not asked of the provider", () => {
  const fleet = new TestFleet();
  fleet.pool();
  const facts = { agentVersion: "0", hostname: "h", os: "linux", ipAddress: "", cores: 1 };
  fleet.send({
    kind: "nodeJoined",
    guid: "n1",
    name: "n1",
    pool: "pool",
    slots: 0,
    facts: { ...facts, memoryBytes: 1, canReboot: false },
  });
  fleet.restart();
  expect(fleet.kinds()).toEqual([]);
});

test("a node that the provider has not made yet is asked of it again", () => {
  const fleet = new TestFleet();
  fleet.pool({ provider: "local", targetDedicatedNodes: 1 });
  fleet.restart();
  expect(fleet.kinds()).toEqual(["provideNode"]);
});

test("the option of a second disable survives", () => {
  const fleet = new TestFleet();
  fleet.job();
  fleet.send({ kind: "disableJob", job: "job", disableTasks: "wait" });
  fleet.send({ kind: "disableJob", job: "job", disableTasks: "terminate" });
  fleet.restart();
  expect(fleet.engine.jobs.get(1)?.record.disableTasks).toBe("terminate");
});

test("the provider is not asked for a node that it has failed to make meanwhile", () => {
  const fleet = new TestFleet();
  fleet.pool({ provider: "local", targetDedicatedNodes: 1 });
  fleet.effects = [];
  fleet.engine = restore(fleet.store.readLive(), fleet.now, fleet.engine.settings);
  fleet.send({ kind: "nodeFailed", node: 1, message: "No machine could be had." });
  expect(fleet.kinds()).toEqual([]);
});
