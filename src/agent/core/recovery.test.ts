import { describe, expect, test } from "bun:test";
import type { NodeReport, ShimMemory } from "./contract.ts";
import { heldExecutions, processesInDoubt } from "./held.ts";
import { snapshotEntries } from "./snapshot.ts";
import {
  BOOT,
  exitOf,
  LARGE_OUTPUT,
  named,
  orderOf,
  processOf,
  type ReachedPhase,
  scriptOrder,
  TestNode,
} from "./testNode.ts";

const NEVER: ShimMemory = { memory: "never" };
const UNKNOWN: ShimMemory = { memory: "unknown" };
const RUNNING: ShimMemory = { memory: "running", process: processOf(1), startedAt: 1_000 };
const EXITED: ShimMemory = {
  memory: "exited",
  process: processOf(1),
  startedAt: 1_000,
  exit: exitOf(1_500, { state: "exited", exitCode: 4 }),
};
const FAILED: ShimMemory = {
  memory: "failedToStart",
  failure: { category: "usererror", code: "CommandProgramNotFound", message: "Expected x." },
};

type Row = {
  readonly phase: ReachedPhase;
  readonly memory: ShimMemory | null;
  readonly effects: string[];
  readonly report: NodeReport["kind"];
  readonly held: "accepted" | "running" | "ended";
};

const rows: Row[] = [
  { phase: "ordered", memory: null, effects: ["prepare 1"], report: "accepted", held: "accepted" },
  { phase: "starting", memory: NEVER, effects: ["spawn 1"], report: "accepted", held: "accepted" },
  { phase: "starting", memory: RUNNING, effects: [], report: "started", held: "running" },
  { phase: "starting", memory: EXITED, effects: ["collect 1"], report: "started", held: "running" },
  { phase: "starting", memory: FAILED, effects: ["forget 1"], report: "ended", held: "ended" },
  {
    phase: "starting",
    memory: UNKNOWN,
    effects: ["collect 1"],
    report: "accepted",
    held: "running",
  },
  { phase: "starting", memory: null, effects: ["collect 1"], report: "accepted", held: "running" },
  { phase: "running", memory: RUNNING, effects: [], report: "started", held: "running" },
  { phase: "running", memory: EXITED, effects: ["collect 1"], report: "started", held: "running" },
  { phase: "running", memory: NEVER, effects: ["collect 1"], report: "started", held: "running" },
  { phase: "running", memory: FAILED, effects: ["collect 1"], report: "started", held: "running" },
  { phase: "running", memory: UNKNOWN, effects: ["collect 1"], report: "started", held: "running" },
  { phase: "running", memory: null, effects: ["collect 1"], report: "started", held: "running" },
  { phase: "exited", memory: null, effects: ["collect 1"], report: "started", held: "running" },
  { phase: "ended", memory: null, effects: ["forget 1"], report: "ended", held: "ended" },
];

describe("the recovery table", () => {
  for (const { phase, memory, effects, report, held } of rows) {
    const name = `${phase}, shim says ${memory?.memory ?? "nothing"}`;
    test(`${name}: ${effects.join(", ") || "adopted"}, reported ${report}`, () => {
      const node = TestNode.connected();
      node.reach(phase, orderOf(1));
      const inDoubt = phase === "starting" || phase === "running" ? [1] : [];
      expect(named(node.restart(memory === null ? [] : [[1, memory]]))).toEqual(effects);
      expect(heldExecutions(node.machine)).toMatchObject([{ execution: 1, state: held }]);
      node.welcome();
      expect(node.reports().map(({ kind }) => kind)).toEqual([report]);
      const before = TestNode.connected();
      before.reach(phase, orderOf(1));
      expect(processesInDoubt(before.machine)).toEqual(inDoubt);
    });
  }

  const rebooted: [ReachedPhase, string[]][] = [
    ["ordered", ["forget 1"]],
    ["starting", ["collect 1"]],
    ["running", ["collect 1"]],
    ["exited", ["collect 1"]],
    ["ended", ["forget 1"]],
  ];
  for (const [phase, effects] of rebooted) {
    test(`${phase}, the machine was rebooted: ${effects.join(", ")}`, () => {
      const node = TestNode.connected();
      node.reach(phase, orderOf(1));
      expect(named(node.restart([], "boot-2"))).toEqual(effects);
      node.collected(1);
      node.welcome();
      const outcome = phase === "exited" || phase === "ended" ? "exited" : "unseen";
      expect(node.reports()).toMatchObject([
        { kind: "ended", execution: 1, result: { outcome: { state: outcome } } },
      ]);
    });
  }

  const discarded: [ReachedPhase, ShimMemory | null, string[]][] = [
    ["starting", NEVER, ["forget 1"]],
    ["starting", RUNNING, ["kill 1"]],
    ["starting", EXITED, ["collect 1"]],
    ["starting", FAILED, ["forget 1"]],
    ["running", RUNNING, ["kill 1"]],
    ["running", UNKNOWN, ["collect 1"]],
    ["exited", null, ["collect 1"]],
  ];
  for (const [phase, memory, effects] of discarded) {
    test(`${phase} and discarded, shim says ${memory?.memory ?? "nothing"}: no report`, () => {
      const node = TestNode.connected();
      node.reach(phase, orderOf(1));
      node.order({ kind: "discard", execution: 1 });
      expect(named(node.restart(memory === null ? [] : [[1, memory]]))).toEqual(effects);
      expect(heldExecutions(node.machine)).toEqual([]);
      node.welcome();
      expect(node.reports()).toEqual([]);
    });
  }
});

test("an exit that came before the word of its start has a start nonetheless", () => {
  const node = TestNode.connected();
  node.reach("starting", orderOf(1));
  node.now = 3_000;
  node.exited(1);
  node.collected(1);
  expect(node.reports()).toMatchObject([
    { kind: "ended", result: { startedAt: 2_999, endedAt: 3_000 } },
  ]);
});

test("a stop that came before the start was seen ends it without a process", () => {
  const node = TestNode.connected();
  node.reach("starting", orderOf(1));
  node.order({ kind: "stop", execution: 1, graceMs: 0 });
  expect(named(node.restart([[1, NEVER]]))).toEqual(["forget 1"]);
  node.welcome();
  expect(node.reports()).toMatchObject([
    { result: { outcome: { failure: { code: "TaskEnded" } } } },
  ]);
});

describe("a start with a bound that nobody did", () => {
  const starting = () => {
    const node = TestNode.connected();
    node.start(scriptOrder(1));
    node.prepared(1, 2_000);
    return node;
  };

  test("is done while there is time", () => {
    const node = starting();
    node.now = 2_000;
    expect(named(node.restart([[1, NEVER]]))).toEqual(["spawn 1"]);
  });

  test("is refused when it comes too late, also by a journal that was made shorter", () => {
    for (const isShorter of [false, true]) {
      const node = starting();
      if (isShorter) node.journal = snapshotEntries(node.machine);
      node.now = 2_001;
      expect(named(node.restart([[1, NEVER]]))).toEqual(["forget 1"]);
      expect(node.machine.executions.get(1)?.life).toMatchObject({
        phase: "ended",
        result: { outcome: { failure: { code: "StartTooLate" } } },
      });
    }
  });

  test("is refused when the clock was set back meanwhile: nobody can tell the time", () => {
    const node = starting();
    node.now = 999;
    expect(named(node.restart([[1, NEVER]]))).toEqual(["forget 1"]);
  });
});

test("a script that a dead shim may have started is not started again, and its end is in doubt", () => {
  const node = TestNode.connected();
  node.reach("starting", scriptOrder(1));
  expect(named(node.restart([[1, { memory: "unknown" }]]))).toEqual(["collect 1"]);
  node.collected(1);
  expect(node.machine.executions.get(1)?.life).toMatchObject({
    result: { outcome: { state: "unseen" } },
  });
});

test("processes that the journal does not know are killed and forgotten", () => {
  const node = TestNode.connected();
  expect(
    named(
      node.restart([
        [8, RUNNING],
        [9, EXITED],
      ]),
    ),
  ).toEqual(["kill 8", "forget 8", "forget 9"]);
});

test("uploads go on after a restart, also of an acknowledged result", () => {
  const node = TestNode.connected();
  node.reach("exited", orderOf(1));
  expect(named(node.collected(1, LARGE_OUTPUT))).toEqual(["forget 1", "upload 1 stdout"]);
  node.acknowledgeAll();
  expect(named(node.restart())).toEqual(["forget 1", "upload 1 stdout"]);
  expect(node.effects).toContainEqual({
    effect: "upload",
    order: orderOf(1),
    stream: "stdout",
    offset: 10,
    output: LARGE_OUTPUT,
  });
  node.welcome();
  expect(node.reports()).toEqual([]);
  expect(heldExecutions(node.machine)).toEqual([]);
  node.give({ input: "uploaded", execution: 1, stream: "stdout" });
  expect(node.machine.executions.size).toBe(0);
});

test("the boot id is written once per boot", () => {
  const node = TestNode.connected();
  node.restart();
  node.restart([], "boot-2");
  node.restart([], "boot-2");
  expect(node.journal).toEqual([
    { entry: "booted", bootId: BOOT },
    { entry: "epoch", epoch: 1 },
    { entry: "booted", bootId: "boot-2" },
  ]);
});
