import { describe, expect, test } from "bun:test";
import type { ShimMemory } from "../contract.ts";
import { heldExecutions, processesInDoubt } from "../held.ts";
import { newAgentMachine } from "../machine.ts";
import { replay } from "../replay.ts";
import { snapshotEntries } from "../snapshot.ts";
import { exitOf, named } from "../testNode.ts";
import {
  checkOf,
  code,
  GroupNode,
  groupOf,
  groupOrderOf,
  memberOf,
  NO_RESTART,
  serviceOf,
} from "./testGroup.ts";

const web = memberOf("web", { services: [serviceOf([checkOf("alive")])] });
const cleanup = memberOf("cleanup", { lifecycle: { hook: "poststop", sidecar: false } });

type Phase = "ordered" | "starting" | "running" | "exited";

function reached(phase: Phase): GroupNode {
  const node = GroupNode.begun(groupOf([web]));
  if (phase === "ordered") return node;
  const key = node.keyOf("web");
  node.prepared(key);
  if (phase === "starting") return node;
  node.spawned(key);
  if (phase === "exited") node.exited(key, code(1));
  return node;
}

const process = { bootId: "boot-1", pid: 1, startTicks: 1 };
const RUNNING: ShimMemory = { memory: "running", process, startedAt: 1_000 };
const NEVER: ShimMemory = { memory: "never" };
const EXITED: ShimMemory = { memory: "exited", process, startedAt: 1_000, exit: exitOf(1_000) };
const FAILED: ShimMemory = {
  memory: "failedToStart",
  failure: { category: "usererror", code: "CommandProgramNotFound", message: "No x." },
};
const UNKNOWN: ShimMemory = { memory: "unknown" };

const rows: readonly [Phase, ShimMemory, string[], string][] = [
  ["ordered", NEVER, ["prepareMember web#1"], "Task Setup"],
  ["starting", NEVER, ["startMember web#1"], "Task Setup"],
  ["starting", RUNNING, ["startProbe alive"], "Started"],
  ["starting", EXITED, ["collectMember web#1"], "Started"],
  ["starting", FAILED, ["forget", "closeAllocation 1"], "Not Restarting"],
  ["starting", UNKNOWN, ["collectMember web#1"], "Task Setup"],
  ["running", RUNNING, ["startProbe alive"], "Started"],
  ["running", EXITED, ["collectMember web#1"], "Started"],
  ["running", UNKNOWN, ["collectMember web#1"], "Started"],
  ["exited", NEVER, ["collectMember web#1"], "Started"],
];

describe("a member's process, when the agent comes back", () => {
  for (const [phase, memory, effects, event] of rows) {
    test(`${phase}, shim says ${memory.memory}: ${effects.join(", ")}`, () => {
      const node = reached(phase);
      const key = node.keyOf("web");
      const isInDoubt = phase === "starting" || phase === "running";
      expect(processesInDoubt(node.machine)).toEqual(isInDoubt ? [key] : []);
      const found = named(node.restart([[key, memory]])).map((name) => name.replace(` ${key}`, ""));
      expect(found).toEqual(effects);
      expect(node.lastEvent("web")?.type).toBe(event as never);
    });
  }

  test("of which nobody knows the end has failed, and is restarted by its policy", () => {
    const node = reached("running");
    const key = node.keyOf("web");
    node.restart([[key, UNKNOWN]]);
    node.cleaned(key, { end: "exited", isOutOfMemory: false, message: null }, { state: "unseen" });
    expect(node.events("web").slice(-3)).toEqual([
      "Failed Restoring Task",
      "Terminated",
      "Restarting",
    ]);
    expect(named(node.tick(16_000))).toEqual(["prepareMember web#2"]);
    expect(node.keyOf("web")).toBeGreaterThan(key);
  });

  test("is gone with the machine's reboot, and restarted on it", () => {
    const node = reached("running");
    const key = node.keyOf("web");
    expect(named(node.restart([], "boot-2"))).toContain("collectMember web#1");
    node.cleaned(key, { end: "exited", isOutOfMemory: false, message: null }, { state: "unseen" });
    expect(node.stateOf("web")).toMatchObject({ state: "pending", restarts: 1 });
  });

  test("that the journal does not know is killed", () => {
    const node = reached("running");
    const key = node.keyOf("web");
    const effects = named(
      node.restart([
        [key, RUNNING],
        [key + 7, RUNNING],
      ]),
    );
    expect(effects).toEqual([`kill ${key + 7}`, `forget ${key + 7}`, "startProbe alive"]);
  });
});

test("the server is told anew how the group is, and that it is held", () => {
  const node = reached("running");
  node.restart([[node.keyOf("web"), RUNNING]]);
  expect(heldExecutions(node.machine)).toEqual([
    { execution: 1, state: "running", startedAt: 1_000 },
  ]);
  node.welcome();
  expect(node.reports()).toMatchObject([
    { kind: "started", startedAt: 1_000 },
    { kind: "allocation", state: { status: "running", members: [{ state: "running" }] } },
  ]);
});

test("a stop that was begun is carried through, poststop included", () => {
  const node = GroupNode.running([memberOf("web", { shutdownDelayMs: 5_000 }), cleanup]);
  node.order({ kind: "stop", execution: 1, graceMs: 0 });
  node.now = 3_000;
  const key = node.keyOf("web");
  expect(named(node.restart([[key, RUNNING]]))).toEqual([]);
  expect(named(node.tick(6_000))).toEqual(["terminate web#1"]);
  node.restart([[key, EXITED]]);
  node.cleaned(key, { end: "exited", isOutOfMemory: false, message: null });
  expect(named(node.effects).at(-1)).toBe("prepareMember cleanup#1");
});

test("a restart that waits is waited for", () => {
  const node = reached("running");
  node.exit("web", code(1));
  expect(named(node.restart())).toEqual([]);
  expect(named(node.tick(16_000))).toEqual(["prepareMember web#2"]);
});

test("a journal that was cut after a failed member kills its siblings", () => {
  const node = GroupNode.running([memberOf("web", { restart: NO_RESTART }), memberOf("api")]);
  const length = node.journal.length;
  node.exit("web", code(1));
  const dead = node.journal.findIndex(
    (entry, index) =>
      index >= length && entry.entry === "member" && entry.member.state.state === "dead",
  );
  node.journal = node.journal.slice(0, dead + 1);
  node.restart([[node.keyOf("api"), RUNNING]]);
  expect(named(node.effects)).toContain("terminate api#1");
});

test("a snapshot holds everything, and no key is given twice", () => {
  const node = reached("running");
  const key = node.keyOf("web");
  node.exit("web", code(1));
  const machine = newAgentMachine("link-2");
  for (const entry of snapshotEntries(node.machine)) replay(machine, entry);
  expect(machine.executions.get(1)?.life).toEqual(node.machine.executions.get(1)?.life as never);
  expect(machine.nextMemberKey).toBe(key + 1);
});

test("a node that lost its journal gives other keys than before", () => {
  const before = reached("running").keyOf("web");
  const node = new GroupNode();
  node.now = 5_000;
  node.give({ input: "recovered", bootId: "boot-1", memories: new Map([[before, RUNNING]]) });
  expect(named(node.effects)).toEqual([`kill ${before}`, `forget ${before}`]);
  node.welcome();
  node.start(groupOrderOf(2, groupOf([web])));
  node.prepared(2);
  expect([...node.machine.memberProcesses.keys()][0]).toBeGreaterThan(before);
});

test("a journal that was cut after the wish to restart a member restarts it", () => {
  const node = reached("running");
  const key = node.keyOf("web");
  node.order({ kind: "restart", execution: 1, member: null, dead: false });
  expect(node.journal.at(-1)?.entry).toBe("stopping");
  node.journal = node.journal.slice(0, -1);
  expect(named(node.restart([[key, RUNNING]]))).toEqual(["terminate web#1"]);
});

test("a journal that was cut after the server let go of the group ends it", () => {
  const node = reached("running");
  const key = node.keyOf("web");
  node.order({ kind: "discard", execution: 1 });
  const cut = node.journal.findIndex(({ entry }) => entry === "discarded");
  node.journal = node.journal.slice(0, cut + 1);
  expect(named(node.restart([[key, RUNNING]]))).toEqual(["terminate web#1"]);
});
