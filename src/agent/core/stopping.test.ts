import { describe, expect, test } from "bun:test";
import type { NodeReport, ProcessExit } from "./contract.ts";
import { exitOf, named, orderOf, processOf, scriptOrder, TestNode } from "./testNode.ts";
import { nextDueAt } from "./timers.ts";

function runningWith(maxWallClockMs?: number): TestNode {
  const node = TestNode.connected();
  const command = maxWallClockMs === undefined ? {} : { maxWallClockMs };
  node.reach("running", orderOf(1, { command }));
  node.reports();
  return node;
}

function outcomeIn(reports: NodeReport[]) {
  const last = reports.at(-1);
  return last?.kind === "ended" ? last.result.outcome : last;
}

describe("the stop ladder", () => {
  test("terminates, kills after the grace, and kills every second until the exit", () => {
    const node = runningWith();
    expect(named(node.order({ kind: "stop", execution: 1, graceMs: 3_000 }))).toEqual([
      "terminate 1",
    ]);
    expect(nextDueAt(node.machine)).toBeLessThanOrEqual(4_000);
    expect(named(node.tick(3_999))).toEqual([]);
    expect(named(node.tick(4_000))).toEqual(["kill 1"]);
    expect(named(node.tick(4_999))).toEqual([]);
    expect(named(node.tick(5_000))).toEqual(["kill 1"]);
    expect(named(node.exited(1, { state: "signaled", signal: 9 }))).toEqual(["collect 1"]);
    expect(named(node.tick(9_000))).toEqual([]);
  });

  test("kills at once without grace", () => {
    const node = runningWith();
    expect(named(node.order({ kind: "stop", execution: 1, graceMs: 0 }))).toEqual(["kill 1"]);
  });

  test("begins when a process that was being started is there", () => {
    const node = TestNode.connected();
    node.reach("starting", orderOf(1));
    node.order({ kind: "stop", execution: 1, graceMs: 3_000 });
    node.now = 2_000;
    expect(named(node.spawned(1))).toEqual(["terminate 1"]);
    expect(named(node.tick(4_000))).toEqual(["kill 1"]);
  });

  test("is not prolonged by a second stop, but shortened", () => {
    const node = runningWith();
    node.order({ kind: "stop", execution: 1, graceMs: 3_000 });
    node.now = 2_000;
    expect(named(node.order({ kind: "stop", execution: 1, graceMs: 3_000 }))).toEqual([]);
    expect(named(node.order({ kind: "stop", execution: 1, graceMs: 500 }))).toEqual([
      "terminate 1",
    ]);
    expect(named(node.tick(2_500))).toEqual(["kill 1"]);
  });

  test("goes on after a restart of the agent", () => {
    const node = runningWith();
    node.order({ kind: "stop", execution: 1, graceMs: 3_000 });
    const memory = { memory: "running", process: processOf(1), startedAt: 1_000 } as const;
    node.now = 3_000;
    expect(named(node.restart([[1, memory]]))).toEqual(["terminate 1"]);
    expect(named(node.tick(4_000))).toEqual(["kill 1"]);
    node.now = 10_000;
    expect(named(node.restart([[1, memory]]))).toEqual(["kill 1"]);
  });
});

describe("the wall clock", () => {
  test("stops the process when it is over, kills it 5 s later, and is the reason", () => {
    const node = runningWith(10_000);
    expect(nextDueAt(node.machine)).toBeLessThanOrEqual(11_000);
    expect(named(node.tick(10_999))).toEqual([]);
    expect(named(node.tick(11_000))).toEqual(["terminate 1"]);
    expect(named(node.tick(15_999))).toEqual([]);
    expect(named(node.tick(16_000))).toEqual(["kill 1"]);
    node.exited(1, { state: "signaled", signal: 9 });
    node.collected(1);
    expect(outcomeIn(node.reports())).toEqual({ state: "killed", signal: 9, reason: "wallClock" });
  });

  test("counts from the beginning of preparation", () => {
    const node = TestNode.connected();
    node.start(orderOf(1, { command: { maxWallClockMs: 5_000 } }));
    node.now = 4_000;
    node.prepared(1);
    node.spawned(1);
    expect(named(node.tick(6_000))).toEqual(["terminate 1"]);
  });

  test("ends an execution that is still being prepared", () => {
    const node = TestNode.connected();
    node.start(orderOf(1, { command: { maxWallClockMs: 5_000 } }));
    expect(named(node.tick(6_000))).toEqual(["cancelPrepare 1", "forget 1"]);
    expect(outcomeIn(node.reports())).toMatchObject({
      state: "failedToStart",
      failure: {
        code: "TaskEnded",
        message:
          "Expected preparation and process to end within 5000 ms (maxWallClockMs), given no " +
          "started process by then. Raise the bound, or bring fewer or smaller resource files.",
      },
    });
  });

  test("goes on after a restart of the agent from the journal's time", () => {
    const node = runningWith(10_000);
    node.now = 50_000;
    const memory = { memory: "running", process: processOf(1), startedAt: 1_000 } as const;
    expect(named(node.restart([[1, memory]]))).toEqual(["terminate 1"]);
  });

  test("does not touch a process that ended while the agent was away", () => {
    const node = runningWith(10_000);
    node.now = 50_000;
    const exit = exitOf(5_000);
    node.restart([[1, { memory: "exited", process: processOf(1), startedAt: 1_000, exit }]]);
    node.collected(1);
    node.welcome();
    expect(outcomeIn(node.reports())).toEqual({ state: "exited", exitCode: 0 });
  });

  test("does not stand still when the node's clock is set back", () => {
    const node = runningWith(10_000);
    node.tick(-500_000);
    expect(named(node.tick(-490_000))).toEqual(["terminate 1"]);
    node.tick(-900_000);
    expect(named(node.tick(-895_000))).toEqual(["kill 1"]);
    node.tick(-999_000);
    expect(named(node.tick(-994_000))).toEqual(["kill 1"]);
  });
});

describe("the outcome says the first reason", () => {
  type Row = [string, "stop" | "wallClock" | "both" | "none", ProcessExit["outcome"], unknown];
  const exited = { state: "exited", exitCode: 3 } as const;
  const segfault = { state: "signaled", signal: 11 } as const;
  const unseen = { state: "unseen" } as const;
  const rows: Row[] = [
    ["exit code", "none", exited, { state: "exited", exitCode: 3 }],
    ["signal from elsewhere", "none", segfault, { state: "killed", signal: 11, reason: null }],
    ["unseen", "none", unseen, { state: "unseen" }],
    ["exit code after a stop", "stop", exited, { state: "killed", signal: 15, reason: "stopped" }],
    ["signal after a stop", "stop", segfault, { state: "killed", signal: 11, reason: "stopped" }],
    ["unseen after a stop", "stop", unseen, { state: "unseen" }],
    [
      "exit code after the wall clock",
      "wallClock",
      exited,
      { state: "killed", signal: 15, reason: "wallClock" },
    ],
    [
      "stop after the wall clock",
      "both",
      exited,
      { state: "killed", signal: 15, reason: "wallClock" },
    ],
  ];
  for (const [name, cause, exit, expected] of rows) {
    test(name, () => {
      const node = runningWith(10_000);
      if (cause === "wallClock" || cause === "both") node.tick(11_000);
      if (cause === "stop" || cause === "both") {
        node.order({ kind: "stop", execution: 1, graceMs: 4_000 });
      }
      node.exited(1, exit);
      node.collected(1);
      expect(outcomeIn(node.reports())).toEqual(expected as never);
    });
  }

  test("an exit code after the kill counts as signal 9", () => {
    const node = runningWith();
    node.order({ kind: "stop", execution: 1, graceMs: 0 });
    node.exited(1);
    node.collected(1);
    expect(outcomeIn(node.reports())).toEqual({ state: "killed", signal: 9, reason: "stopped" });
  });
});

describe("what is left running at the end", () => {
  const leavesRest = (node: TestNode): boolean[] =>
    node.effects.flatMap((effect) => (effect.effect === "collect" ? [effect.leavesRest] : []));

  test("goes on if a script ended by itself, also one that failed", () => {
    for (const outcome of [
      { state: "exited", exitCode: 3 },
      { state: "signaled", signal: 9 },
    ] as const) {
      const node = TestNode.connected();
      node.reach("running", scriptOrder(1));
      node.exited(1, outcome);
      expect(leavesRest(node)).toEqual([true]);
      node.restart();
      expect(leavesRest(node)).toEqual([true]);
    }
  });

  test("ends with a script that was stopped, let go of, or whose end nobody saw", () => {
    const stopped = TestNode.connected();
    stopped.reach("running", scriptOrder(1));
    stopped.order({ kind: "stop", execution: 1, graceMs: 0 });
    stopped.exited(1);
    expect(leavesRest(stopped)).toEqual([false]);
    const discarded = TestNode.connected();
    discarded.reach("running", scriptOrder(1));
    discarded.order({ kind: "discard", execution: 1 });
    discarded.exited(1);
    expect(leavesRest(discarded)).toEqual([false]);
    const unseen = TestNode.connected();
    unseen.reach("running", scriptOrder(1));
    unseen.exited(1, { state: "unseen" });
    expect(leavesRest(unseen)).toEqual([false]);
  });

  test("ends with any other task", () => {
    const node = TestNode.connected();
    node.reach("exited", orderOf(1));
    expect(leavesRest(node)).toEqual([false]);
  });
});
