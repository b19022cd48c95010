import { expect, test } from "bun:test";
import { restore } from "./restore.ts";
import { PREPARATION, RELEASE, TestFleet } from "./testFleet.ts";

test("a machine that joined and has not connected yet is not asked of the provider", () => {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.join("n1");
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

test("an order that is sent again after a restore keeps the directory exactly when the first one did", () => {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.node("n1");
  fleet.node("n2");
  fleet.job({ maxTaskRetryCount: 3 });
  fleet.add(["a"]);
  const first = fleet.start();
  const other = first.nodeId === "n1" ? "n2" : "n1";
  fleet.end(first, 1);
  const inPlace = fleet.start();
  fleet.restart();
  fleet.connect(inPlace.nodeId);
  expect(fleet.start()).toEqual(inPlace);
  fleet.send({ kind: "disableScheduling", node: inPlace.nodeId, option: "taskcompletion" });
  fleet.connect(other);
  fleet.end(inPlace, 1);
  const elsewhere = fleet.start();
  expect([inPlace.keepDirectory, elsewhere.nodeId, elsewhere.keepDirectory]).toEqual([
    true,
    other,
    false,
  ]);
  fleet.restart();
  fleet.connect(other);
  expect(fleet.start()).toEqual(elsewhere);
});

test("restarts do not put off the end of the wait for a release", () => {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.node("n1");
  fleet.job({ preparation: PREPARATION, release: { ...RELEASE, maxWallClockMs: 60_000 } });
  fleet.add(["a"]);
  fleet.end(fleet.start());
  fleet.end(fleet.start());
  fleet.send({ kind: "terminateJob", job: "job", reason: "UserTerminate" });
  expect(fleet.start().kind).toBe("release");
  for (let restart = 0; restart < 3; restart += 1) {
    fleet.pass(50_000);
    fleet.restart();
    fleet.connect("n1");
  }
  expect(fleet.store.jobs.get(1)?.state).toBe("completed");
});
