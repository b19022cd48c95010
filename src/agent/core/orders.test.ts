import { describe, expect, test } from "bun:test";
import { phaseOf } from "./held.ts";
import { outgoingFrame } from "./reports.ts";
import { named, orderOf, type ReachedPhase, scriptOrder, TestNode } from "./testNode.ts";

describe("frames", () => {
  test("a repeated frame is applied once and acknowledged again", () => {
    const node = TestNode.connected();
    const messages = [{ kind: "start", order: orderOf(1) }] as const;
    expect(named(node.frame({ first: 1, messages }))).toEqual(["prepare 1"]);
    expect(outgoingFrame(node.machine, node.now)?.acknowledged).toBe(1);
    expect(node.frame({ first: 1, messages })).toEqual([{ effect: "send" }]);
    expect(outgoingFrame(node.machine, node.now)?.acknowledged).toBe(1);
    expect(outgoingFrame(node.machine, node.now)).toBeNull();
  });

  test("a frame beyond a gap is not applied", () => {
    const node = TestNode.connected();
    node.frame({ first: 2, messages: [{ kind: "start", order: orderOf(1) }] });
    expect(node.machine.lastApplied).toBe(0);
    expect(node.machine.executions.size).toBe(0);
  });

  test("a frame of a deposed leader is ignored, its acknowledgement too", () => {
    const node = TestNode.connected();
    node.reach("ended", orderOf(1));
    node.reports();
    node.frame({ epoch: 3, first: 2 });
    node.frame({ epoch: 2, first: 2, messages: [{ kind: "reboot" }], acknowledged: 9 });
    expect(node.effects).toEqual([]);
    expect(phaseOf(node.machine, 1)).toBe("ended");
  });

  test("a welcome of a deposed leader opens no session, also after a restart", () => {
    const node = TestNode.connected();
    node.frame({ epoch: 5 });
    node.restart();
    node.welcome({ epoch: 4 });
    expect(node.machine.session).toBeNull();
    node.welcome({ epoch: 5 });
    expect(node.machine.session).toBe("session");
  });

  test("orders are numbered from 1 again in a new session", () => {
    const node = TestNode.connected();
    node.start(orderOf(1));
    node.give({ input: "disconnected" });
    node.welcome();
    node.start(orderOf(2));
    expect(phaseOf(node.machine, 2)).toBe("ordered");
    expect(outgoingFrame(node.machine, node.now)?.acknowledged).toBe(1);
  });

  test("without a session frames are ignored and nothing is sent", () => {
    const node = TestNode.connected();
    node.give({ input: "disconnected" });
    expect(node.start(orderOf(1))).toEqual([]);
    expect(outgoingFrame(node.machine, node.now)).toBeNull();
  });
});

describe("a start", () => {
  test("that is ready too late is refused with its reason, and never spawned", () => {
    const node = TestNode.connected();
    node.start(scriptOrder(1));
    expect(named(node.prepared(1, node.now - 1))).toEqual(["forget 1"]);
    expect(node.reports()).toMatchObject([
      {
        kind: "ended",
        result: {
          startedAt: null,
          outcome: {
            state: "failedToStart",
            failure: {
              code: "StartTooLate",
              message:
                "The start came too late: expected it until 1970-01-01T00:00:00.999Z, given it " +
                "at 1970-01-01T00:00:01.000Z; nothing was started. Run it again if it is still wanted.",
            },
          },
        },
      },
    ]);
  });

  test("at the very instant of its bound is accepted", () => {
    const node = TestNode.connected();
    node.start(scriptOrder(1));
    expect(named(node.prepared(1, node.now))).toEqual(["spawn 1"]);
  });

  test("of a script is not judged by the node's own clock, which may be wrong", () => {
    const node = TestNode.connected();
    const order = scriptOrder(1, { startBefore: node.now - 3_600_000 });
    expect(named(node.start(order))).toEqual(["prepare 1"]);
    expect(named(node.prepared(1, node.now + 60_000))).toEqual(["spawn 1"]);
  });

  test("of a script that was started, or may have been, is never started again", () => {
    for (const phase of ["starting", "running", "exited", "ended"] as const) {
      const node = TestNode.connected();
      node.reach(phase, scriptOrder(1));
      node.acknowledgeAll();
      expect(
        named(node.start(scriptOrder(1))).filter((effect) => /spawn|prepare/.test(effect)),
      ).toEqual([]);
    }
  });

  test("of a held execution is ignored in each of its phases", () => {
    for (const phase of ["ordered", "starting", "running", "exited", "ended"] as const) {
      const node = TestNode.connected();
      node.reach(phase, orderOf(1));
      expect(named(node.start(orderOf(1)))).toEqual([]);
      expect(phaseOf(node.machine, 1)).toBe(phase);
    }
  });

  test("of an execution whose result the server once had is not started but reported missing", () => {
    const node = TestNode.connected();
    node.reach("ended", orderOf(1));
    node.acknowledgeAll();
    node.restart();
    node.welcome();
    expect(named(node.start(orderOf(1)))).toEqual([]);
    expect(node.reports()).toEqual([{ kind: "missing", execution: 1 }]);
  });

  test("of a finished execution is recognised among the latest, whose number is bounded", () => {
    const node = TestNode.connected({ finishedMemoryMax: 4 });
    for (let execution = 1; execution <= 50; execution++) {
      node.reach("ended", orderOf(execution));
      node.acknowledgeAll();
    }
    const { finished, finishedEarlier } = node.machine;
    expect([...finishedEarlier, ...finished]).toEqual([45, 46, 47, 48, 49, 50]);
    expect(named(node.start(orderOf(45)))).toEqual([]);
  });

  test("without members is refused", () => {
    const node = TestNode.connected();
    node.start(orderOf(1, { members: [] }));
    expect(node.reports()).toMatchObject([
      { kind: "ended", result: { outcome: { state: "failedToStart" } } },
    ]);
  });

  test("waits until an earlier execution has left the directory, and its wall clock with it", () => {
    const node = TestNode.connected();
    node.reach("running", orderOf(1, { taskId: "same" }));
    const second = orderOf(2, { taskId: "same", command: { maxWallClockMs: 100 } });
    expect(named(node.start(second))).toEqual([]);
    node.tick(5_000);
    node.exited(1);
    expect(named(node.collected(1))).toEqual(["forget 1", "prepare 2"]);
    expect(node.entries).toContainEqual({ entry: "ordered", at: 5_000, order: second });
    expect(named(node.tick(5_099))).toEqual([]);
    expect(named(node.tick(5_100))).toEqual(["cancelPrepare 2", "forget 2"]);
  });
});

describe("what a stop does in each phase", () => {
  const rows: [ReachedPhase, string[]][] = [
    ["ordered", ["cancelPrepare 1", "forget 1"]],
    ["starting", []],
    ["running", ["terminate 1"]],
    ["exited", []],
    ["ended", []],
  ];
  for (const [phase, effects] of rows) {
    test(`${phase}: ${effects.join(", ") || "nothing yet"}`, () => {
      const node = TestNode.connected();
      node.reach(phase, orderOf(1));
      expect(named(node.order({ kind: "stop", execution: 1, graceMs: 1_000 }))).toEqual(effects);
    });
  }

  test("before the process started it ends as TaskEnded, and a late preparation is ignored", () => {
    const node = TestNode.connected();
    node.start(orderOf(1));
    node.order({ kind: "stop", execution: 1, graceMs: 1_000 });
    expect(named(node.prepared(1))).toEqual([]);
    expect(node.reports()).toMatchObject([
      {
        kind: "ended",
        result: {
          processes: [],
          outcome: {
            state: "failedToStart",
            failure: { code: "TaskEnded", message: "Stopped before its process started." },
          },
        },
      },
    ]);
  });

  test("of an unknown execution: nothing", () => {
    const node = TestNode.connected();
    expect(named(node.order({ kind: "stop", execution: 7, graceMs: 0 }))).toEqual([]);
  });
});

describe("what a discard does in each phase", () => {
  const rows: [ReachedPhase, string[], boolean][] = [
    ["ordered", ["cancelPrepare 1", "forget 1"], false],
    ["starting", [], true],
    ["running", ["kill 1"], true],
    ["exited", [], true],
    ["ended", [], false],
  ];
  for (const [phase, effects, stillHeld] of rows) {
    test(`${phase}: ${effects.join(", ") || "nothing yet"}`, () => {
      const node = TestNode.connected();
      node.reach(phase, orderOf(1));
      node.acknowledgeAll();
      const other = TestNode.connected();
      other.reach(phase, orderOf(1));
      expect(named(other.order({ kind: "discard", execution: 1 }))).toEqual(effects);
      expect(other.machine.executions.has(1)).toBe(stillHeld);
    });
  }

  test("a discarded process is killed until its exit, then dropped without a report", () => {
    const node = TestNode.connected();
    node.reach("starting", orderOf(1));
    node.acknowledgeAll();
    node.order({ kind: "discard", execution: 1 });
    expect(named(node.spawned(1))).toEqual(["kill 1"]);
    expect(named(node.tick(node.now + 1_000))).toEqual(["kill 1"]);
    expect(named(node.exited(1, { state: "signaled", signal: 9 }))).toEqual(["collect 1"]);
    expect(named(node.collected(1))).toEqual(["forget 1"]);
    expect(node.reports()).toEqual([]);
    expect(node.machine.executions.size).toBe(0);
    expect(node.machine.retained.get("job")?.has("task1")).toBe(true);
  });

  test("a discarded end is not reported again after a restart", () => {
    const node = TestNode.connected();
    node.reach("ended", orderOf(1));
    node.order({ kind: "discard", execution: 1 });
    node.restart();
    node.welcome();
    expect(node.reports()).toEqual([]);
  });
});

test("reboot is passed on once", () => {
  const node = TestNode.connected();
  expect(named(node.order({ kind: "reboot" }))).toEqual(["reboot"]);
  expect(named(node.frame({ first: 1, messages: [{ kind: "reboot" }] }))).toEqual([]);
});

test("leave kills what runs, cancels what is prepared, and holds nothing that has ended", () => {
  const node = TestNode.connected();
  node.reach("running", orderOf(1));
  node.reach("ended", orderOf(2));
  node.start(orderOf(3));
  expect(named(node.order({ kind: "leave" }))).toEqual([
    "kill 1",
    "cancelPrepare 3",
    "forget 3",
    "leave",
  ]);
  expect([...node.machine.executions.keys()]).toEqual([1]);
});
