import { expect, test } from "bun:test";
import { PREPARATION, RELEASE, TestFleet } from "./testFleet.ts";

function prepared(preparation = PREPARATION, slots = 1): TestFleet {
  const fleet = new TestFleet();
  fleet.pool({ taskSlotsPerNode: slots });
  fleet.node("n1");
  fleet.job({ preparation, release: RELEASE });
  return fleet;
}

/** A task has run, and its job is on the way to its end. */
function terminated(): TestFleet {
  const fleet = prepared();
  fleet.add(["a"]);
  fleet.end(fleet.start());
  fleet.end(fleet.start());
  fleet.send({ kind: "terminateJob", job: "job", reason: "UserTerminate" });
  return fleet;
}

test("no assignment, no preparation: idle nodes never run it", () => {
  const fleet = prepared();
  expect(fleet.kinds()).toEqual([]);
});

test("tasks wait for one preparation per node, then run", () => {
  const fleet = prepared(PREPARATION, 2);
  fleet.add(["a", "b"]);
  const preparation = fleet.start();
  expect(preparation.kind).toBe("preparation");
  expect([fleet.state("a"), fleet.state("b")]).toEqual(["preparing", "preparing"]);
  expect(fleet.reasons("a")).toEqual(["WaitsForPreparation"]);
  fleet.end(preparation);
  expect(fleet.starts().map(({ taskId }) => taskId)).toEqual(["a", "b"]);
  expect(fleet.state("a")).toBe("running");
});

test("later tasks on the node skip straight to running", () => {
  const fleet = prepared();
  fleet.add(["a", "b"]);
  fleet.end(fleet.start());
  fleet.end(fleet.start());
  expect(fleet.start()).toMatchObject({ kind: "task", taskId: "b" });
});

test("a nonzero exit is retried in the same directory, up to the limit", () => {
  const fleet = prepared({ ...PREPARATION, maxTaskRetryCount: 1 });
  fleet.add(["a"]);
  const first = fleet.start();
  fleet.end(first, 1);
  const second = fleet.start();
  expect(second).toMatchObject({ kind: "preparation", keepDirectory: true });
  expect(first.keepDirectory).toBe(false);
  fleet.end(second, 0);
  expect(fleet.start().taskId).toBe("a");
});

test("a failure sends the tasks back, bars the node for this job only, and says so", () => {
  const fleet = prepared();
  fleet.add(["a"]);
  fleet.end(fleet.start(), 7);
  expect(fleet.state("a")).toBe("active");
  expect(fleet.task("a")?.progress).toMatchObject({ retryCount: 0, requeueCount: 0 });
  expect(fleet.eventTypes().slice(-2)).toEqual(["SpecialTaskEvent", "TaskScheduleFailEvent"]);
  expect(fleet.reasons("a")).toEqual(["NodeBarredByPreparation"]);
  expect(fleet.starts()).toEqual([]);
  fleet.job({ id: "other" });
  fleet.add(["x"], {}, "other");
  expect(fleet.start()).toMatchObject({ jobId: "other", taskId: "x" });
});

test("a task sent back runs on another node, with a larger systemTaskVersion", () => {
  const fleet = prepared();
  fleet.add(["a"]);
  const failing = fleet.start();
  fleet.node("n2");
  fleet.end(failing, 7);
  const again = fleet.start();
  expect(again).toMatchObject({ kind: "preparation", nodeId: "n2" });
  const starts = fleet.events.filter((event) => event.type === "TaskStartEvent");
  expect(starts.map((event) => "systemTaskVersion" in event && event.systemTaskVersion)).toEqual([
    0, 1,
  ]);
});

test("with waitForSuccess=false tasks do not wait and a failure bars nothing", () => {
  const fleet = prepared({ ...PREPARATION, waitForSuccess: false });
  fleet.add(["a", "b"]);
  const [preparation, task] = fleet.starts();
  expect([preparation?.kind, task?.kind]).toEqual(["preparation", "task"]);
  if (preparation === undefined || task === undefined) throw new Error("expected both");
  fleet.end(preparation, 1);
  fleet.end(task);
  expect(fleet.start().taskId).toBe("b");
});

test("after a reboot it runs again before the next task, unless it is told not to", () => {
  for (const rerun of [true, false]) {
    const fleet = prepared({ ...PREPARATION, rerunOnNodeRebootAfterSuccess: rerun });
    fleet.add(["a"]);
    fleet.end(fleet.start());
    fleet.end(fleet.start());
    fleet.connect("n1", [], "boot-2");
    expect(fleet.kinds()).toEqual([]);
    fleet.add(["b"]);
    expect(fleet.start().kind).toBe(rerun ? "preparation" : "task");
  }
});

test("a reboot forgives a failed preparation", () => {
  const fleet = prepared();
  fleet.add(["a"]);
  fleet.end(fleet.start(), 7);
  fleet.connect("n1", [], "boot-2");
  expect(fleet.start().kind).toBe("preparation");
});

test("a reboot while it runs recovers the waiting tasks and runs it again", () => {
  const fleet = prepared();
  fleet.add(["a"]);
  fleet.start();
  fleet.connect("n1", [], "boot-2");
  expect(fleet.start().kind).toBe("preparation");
  expect(fleet.task("a")?.progress).toMatchObject({
    state: "preparing",
    systemTaskVersion: 1,
    recoveryCount: 1,
  });
});

test("release runs once on each node that ran a task, after the last task there has ended", () => {
  const fleet = prepared();
  fleet.node("n2");
  fleet.add(["a"]);
  fleet.end(fleet.start());
  const task = fleet.start();
  fleet.send({ kind: "terminateJob", job: "job", reason: "UserTerminate" });
  expect(fleet.kinds()).toEqual(["stop"]);
  fleet.end(task, { state: "killed", signal: 15, reason: "stopped" });
  const release = fleet.start();
  expect(release).toMatchObject({ kind: "release", nodeId: task.nodeId });
  expect(fleet.jobState()).toBe("terminating");
  fleet.end(release);
  expect(fleet.jobState()).toBe("completed");
});

test("a failed release does not change the job's outcome", () => {
  const fleet = terminated();
  fleet.end(fleet.start(), 1);
  expect(fleet.jobState()).toBe("completed");
});

test("a reboot in the middle of a release runs it again", () => {
  const fleet = terminated();
  const first = fleet.start();
  fleet.connect("n1", [], "boot-2");
  const second = fleet.start();
  expect(second).toMatchObject({ kind: "release" });
  expect(second.execution).not.toBe(first.execution);
});

test("a node that does not answer is waited for within bounds, then recorded as not run", () => {
  const fleet = terminated();
  fleet.disconnect("n1");
  fleet.pass(RELEASE.maxWallClockMs + 30_000, ["n1"]);
  expect(fleet.jobState()).toBe("terminating");
  fleet.pass(60_000, ["n1"]);
  expect(fleet.jobState()).toBe("completed");
});

test("a release that is given up in the step that orders it again is not ordered", () => {
  const fleet = terminated();
  expect(fleet.start()).toMatchObject({ kind: "release" });
  // The server slept until long after the release should have been over.
  fleet.now += 3_600_000;
  fleet.connect("n1", [], "boot-2");
  expect(fleet.jobState()).toBe("completed");
  expect(fleet.kinds()).not.toContain("start");
});

test("a node whose preparation failed and that ran no task owes no release", () => {
  const fleet = prepared();
  fleet.add(["a"]);
  fleet.end(fleet.start(), 7);
  fleet.send({ kind: "terminateJob", job: "job", reason: "UserTerminate" });
  expect(fleet.kinds()).toEqual([]);
  expect(fleet.jobState()).toBe("completed");
});

test("a node that waits for its tasks goes on when a failed preparation sends them away", () => {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.node("n1");
  fleet.job({ preparation: PREPARATION });
  fleet.add(["a"]);
  const preparation = fleet.start();
  fleet.send({ kind: "rebootNode", node: "n1", option: "taskcompletion" });
  fleet.end(preparation, 1);
  expect(fleet.kinds()).toEqual(["rebootNode"]);
});
