import { describe, expect, test } from "bun:test";
import { RETENTION_DEFAULT_MS } from "../../model/limits.ts";
import { REMOVALS_AT_ONCE_MAX } from "./machine.ts";
import { LARGE_OUTPUT, named, orderOf, TestNode } from "./testNode.ts";
import { nextDueAt } from "./timers.ts";

/** A connected node whose execution 1 has ended with the retention and is acknowledged. */
function finished(retentionMs?: number): TestNode {
  const node = TestNode.connected();
  const command = retentionMs === undefined ? {} : { retentionMs };
  node.reach("ended", orderOf(1, { command }));
  node.acknowledgeAll();
  return node;
}

describe("the retention of a directory", () => {
  test("is seven days from the end unless the task says otherwise", () => {
    expect(nextDueAt(finished().machine)).toBe(1_000 + RETENTION_DEFAULT_MS);
    expect(nextDueAt(finished(60_000).machine)).toBe(61_000);
  });

  test("ends with its removal", () => {
    const node = finished(60_000);
    expect(named(node.tick(60_999))).toEqual([]);
    expect(named(node.tick(61_000))).toEqual(["remove job/task1 for expiry"]);
    expect(named(node.tick(62_000))).toEqual([]);
    const answer = { input: "directoryRemoved", jobId: "job", taskId: "task1" } as const;
    node.give({ ...answer, removal: null });
    expect(node.machine.retainedCount).toBe(0);
    expect(nextDueAt(node.machine)).toBeNull();
  });

  test("of 0 leaves a retry the time to come", () => {
    const node = finished(0);
    expect(named(node.tick(2_999))).toEqual([]);
    node.start(orderOf(2, { taskId: "task1", keepDirectory: true }));
    expect(named(node.tick(9_000))).toEqual([]);
  });

  test("goes on after a restart of the agent", () => {
    const node = finished(60_000);
    node.now = 70_000;
    expect(named(node.restart())).toEqual(["remove job/task1 for expiry"]);
  });

  test("is cancelled by a new start, and counts anew from its end", () => {
    const node = finished(60_000);
    node.now = 50_000;
    node.reach("ended", orderOf(2, { taskId: "task1", command: { retentionMs: 60_000 } }));
    node.acknowledgeAll();
    expect(named(node.tick(61_000))).toEqual([]);
    expect(named(node.tick(110_000))).toEqual(["remove job/task1 for expiry"]);
  });

  test("does not begin while a later execution has the directory", () => {
    const node = TestNode.connected();
    node.reach("ended", orderOf(1, { command: { retentionMs: 0 } }));
    node.reach("running", orderOf(2, { taskId: "task1" }));
    node.acknowledgeAll();
    expect(node.machine.retainedCount).toBe(0);
  });

  test("waits for uploads", () => {
    const node = TestNode.connected();
    node.reach("exited", orderOf(1, { command: { retentionMs: 0 } }));
    node.collected(1, LARGE_OUTPUT);
    node.acknowledgeAll();
    expect(named(node.tick(10_000))).toEqual([]);
    node.give({ input: "uploaded", execution: 1, stream: "stdout" });
    expect(named(node.tick(70_000))).toEqual(["remove job/task1 for expiry"]);
  });

  test("makes a start that comes during the removal wait for its end", () => {
    const node = finished(60_000);
    node.tick(61_000);
    expect(named(node.start(orderOf(2, { taskId: "task1" })))).toEqual([]);
    const answer = { input: "directoryRemoved", jobId: "job", taskId: "task1" } as const;
    expect(named(node.give({ ...answer, removal: null }))).toEqual(["prepare 2"]);
  });

  test("of many directories ends in portions", () => {
    const node = TestNode.connected();
    const command = { retentionMs: 0 };
    for (let execution = 1; execution <= REMOVALS_AT_ONCE_MAX + 1; execution++) {
      node.reach("ended", orderOf(execution, { command }));
    }
    node.acknowledgeAll();
    expect(named(node.tick(100_000)).length).toBe(REMOVALS_AT_ONCE_MAX);
    expect(nextDueAt(node.machine)).toBeNull();
    const answer = { input: "directoryRemoved", jobId: "job", removal: null } as const;
    expect(named(node.give({ ...answer, taskId: "task1" })).length).toBe(1);
  });
});

describe("uploads", () => {
  test("begin at the end and are given up when a new start empties the directory", () => {
    const node = TestNode.connected();
    node.reach("exited", orderOf(1));
    expect(named(node.collected(1, LARGE_OUTPUT))).toContain("upload 1 stdout");
    node.start(orderOf(2, { taskId: "task1" }));
    expect(node.entries).toContainEqual({ entry: "uploaded", execution: 1, stream: "stdout" });
  });

  test("are not given up for a retry, which keeps the directory", () => {
    const node = TestNode.connected();
    node.reach("exited", orderOf(1));
    node.collected(1, LARGE_OUTPUT);
    node.start(orderOf(2, { taskId: "task1", keepDirectory: true }));
    expect(node.entries.map(({ entry }) => entry)).toEqual(["ordered"]);
  });
});

describe("an ordered removal", () => {
  const ofTask = { kind: "remove", removal: 5, jobId: "job", taskId: "task1" } as const;
  const ofJob = { kind: "remove", removal: 6, jobId: "job", taskId: null } as const;

  const done = { input: "directoryRemoved", jobId: "job", taskId: "task1", removal: 5 } as const;

  test("is done at once and reported, and forgotten when the server has that", () => {
    const node = finished();
    expect(named(node.order(ofTask))).toEqual(["remove job/task1 for 5"]);
    node.give(done);
    expect(node.reports()).toEqual([{ kind: "removed", removal: 5 }]);
    expect(node.machine.retainedCount).toBe(0);
    expect(named(node.order(ofTask))).toEqual([]);
    node.acknowledgeAll();
    expect(node.machine.removals.size).toBe(0);
  });

  test("that was done is reported again by the next agent, and keeps nothing waiting", () => {
    const node = finished();
    node.order(ofTask);
    node.give(done);
    node.restart();
    node.welcome();
    expect(node.reports()).toEqual([{ kind: "removed", removal: 5 }]);
    // A server that has not heard of it orders it again; what was started since stays.
    expect(named(node.start(orderOf(2, { taskId: "task1" })))).toEqual(["prepare 2"]);
    expect(named(node.order(ofTask))).toEqual([]);
  });

  test("repeated while it is under way is asked for once", () => {
    const node = finished();
    node.order(ofTask);
    expect(named(node.order(ofTask))).toEqual([]);
  });

  test("waits for the executions that arrived before it; later ones wait for it", () => {
    const node = TestNode.connected();
    node.reach("running", orderOf(1));
    expect(named(node.order(ofJob))).toEqual([]);
    expect(named(node.start(orderOf(2)))).toEqual([]);
    node.exited(1);
    expect(named(node.collected(1))).toEqual(["forget 1", "remove job/* for 6"]);
    const answer = { input: "directoryRemoved", jobId: "job", taskId: null } as const;
    expect(named(node.give({ ...answer, removal: 6 }))).toEqual(["prepare 2"]);
  });

  test("leaves other jobs alone", () => {
    const node = TestNode.connected();
    node.reach("running", orderOf(1, { jobId: "other" }));
    expect(named(node.order(ofJob))).toEqual(["remove job/* for 6"]);
    expect(named(node.start(orderOf(2, { jobId: "other" })))).toEqual(["prepare 2"]);
  });

  test("is taken up again after a restart, in its place", () => {
    const node = TestNode.connected();
    node.reach("running", orderOf(1));
    node.order(ofJob);
    node.start(orderOf(2));
    expect(named(node.restart())).toEqual(["collect 1"]);
    expect(named(node.collected(1))).toEqual(["forget 1", "remove job/* for 6"]);
  });
});
