import { expect, test } from "bun:test";
import { nodeStateOf } from "./nodeState.ts";
import { DEFAULT_SETTINGS, mustHave } from "./state.ts";
import { resultOf, TestFleet } from "./testFleet.ts";

const OK = { state: "exited", exitCode: 0 } as const;

function running(): { fleet: TestFleet; order: ReturnType<TestFleet["start"]> } {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.node("n1");
  fleet.job();
  fleet.add(["a"]);
  return { fleet, order: fleet.start() };
}

/** The settle table of the design, row by row. */

test("both hold it: keep", () => {
  const { fleet, order } = running();
  fleet.report("n1", { kind: "accepted", execution: order.execution });
  fleet.connect("n1", [{ execution: order.execution, state: "running", startedAt: 1 }]);
  expect(fleet.kinds()).toEqual([]);
  expect(fleet.state("a")).toBe("running");
});

test("assigned, never acknowledged by the node: send again", () => {
  const { fleet, order } = running();
  fleet.connect("n1");
  expect(fleet.start()).toEqual(order);
});

test("acknowledged, but not in the node's journal: lost, and recovered", () => {
  const { fleet, order } = running();
  fleet.report("n1", { kind: "accepted", execution: order.execution });
  fleet.connect("n1");
  const again = fleet.start();
  expect(again.execution).not.toBe(order.execution);
  expect(fleet.task("a")?.progress).toMatchObject({
    systemTaskVersion: 1,
    retryCount: 0,
    requeueCount: 0,
  });
});

test("the server has let go, the node runs it: stop it, ignore its result", () => {
  const { fleet, order } = running();
  fleet.report("n1", { kind: "accepted", execution: order.execution });
  fleet.connect("n1");
  const again = fleet.start();
  fleet.connect("n1", [
    { execution: order.execution, state: "running", startedAt: 1 },
    { execution: again.execution, state: "accepted", startedAt: null },
  ]);
  expect(fleet.kinds()).toEqual(["discard"]);
  fleet.end(order, 5);
  expect(fleet.state("a")).toBe("running");
  fleet.end(again);
  expect(fleet.state("a")).toBe("completed success");
});

test("the node has a result, the server says running: accept it, once", () => {
  const { fleet, order } = running();
  fleet.connect("n1", [{ execution: order.execution, state: "ended", startedAt: 1 }]);
  fleet.end(order, 0);
  fleet.end(order, 9);
  expect(fleet.state("a")).toBe("completed success");
  expect(fleet.eventTypes().filter((type) => type === "TaskCompleteEvent")).toHaveLength(1);
});

test("a stop that the node never got is ordered again", () => {
  const { fleet, order } = running();
  fleet.send({ kind: "terminateTask", job: "job", task: "a" });
  fleet.kinds();
  fleet.connect("n1", [{ execution: order.execution, state: "running", startedAt: 1 }]);
  expect(fleet.kinds()).toEqual(["stop"]);
  fleet.connect("n1");
  expect(fleet.state("a")).toBe("completed failure TaskEnded");
});

test("silence makes a node unknown, then lost, and its work is recovered elsewhere", () => {
  const { fleet } = running();
  fleet.pass(DEFAULT_SETTINGS.unknownAfterMs + 1_000, ["n1"]);
  expect(fleet.reasons("a")).toEqual(["NodeUnreachable", "WaitsForNode"]);
  fleet.node("n2");
  fleet.pass(DEFAULT_SETTINGS.lostAfterMs + 1_000, ["n1"]);
  const again = fleet.start();
  expect(again).toMatchObject({ nodeId: "n2", keepDirectory: false });
  expect(fleet.task("a")?.progress.recoveryCount).toBe(1);
});

test("a gap between steps says nothing about the nodes: nobody is lost", () => {
  const { fleet, order } = running();
  fleet.now += 120_000;
  fleet.pass(1_000, ["n1"]);
  expect(fleet.engine.nodes.get(1)?.record.contact).toBe("connected");
  fleet.end(order);
  expect(fleet.state("a")).toBe("completed success");
});

test("the last contact is when the node was really heard, and costs no write", () => {
  const { fleet } = running();
  const record = () => fleet.engine.nodes.get(1)?.record;
  const stored = fleet.store.nodes.get(1)?.contactAt;
  fleet.pass(5_000);
  const lastHeard = fleet.now;
  expect(record()?.contactAt).toBe(lastHeard);
  expect(fleet.store.nodes.get(1)?.contactAt).toBe(stored);
  fleet.pass(DEFAULT_SETTINGS.unknownAfterMs, ["n1"]);
  expect(record()).toMatchObject({ contact: "unknown", contactAt: lastHeard });
  // The server's own sleep is no sign of life.
  fleet.now += 120_000;
  fleet.pass(1_000, ["n1"]);
  expect(record()?.contactAt).toBe(lastHeard);
  fleet.connect("n1");
  expect(record()).toMatchObject({ contact: "connected", contactAt: fleet.now });
});

test("a node that was connected when the server died was heard until then", () => {
  const { fleet } = running();
  fleet.pass(10_000);
  fleet.add(["b"]);
  const diedAt = fleet.now;
  fleet.now += 60_000;
  fleet.restart();
  expect(fleet.engine.nodes.get(1)?.record).toMatchObject({ contact: "away", contactAt: diedAt });
});

test("engine time never goes back with the wall clock", () => {
  const { fleet, order } = running();
  const before = fleet.engine.now;
  fleet.now -= 3_600_000;
  fleet.end(order);
  expect(fleet.engine.now).toBe(before);
  expect(fleet.task("a")?.progress.endedAt).toBe(before);
});

test("an unasked reboot is recognised by its boot id", () => {
  const { fleet, order } = running();
  fleet.report("n1", { kind: "accepted", execution: order.execution });
  fleet.connect("n1", [{ execution: order.execution, state: "running", startedAt: 1 }], "boot-2");
  expect(fleet.effects.map(({ effect }) => effect)).toEqual(["acknowledge", "discard", "start"]);
  expect(fleet.task("a")?.progress.systemTaskVersion).toBe(1);
});

test("an exit that nobody saw is recovered, whatever maxTaskRetryCount says", () => {
  const { fleet, order } = running();
  fleet.end(order, { state: "unseen" });
  expect(fleet.start().execution).not.toBe(order.execution);
  expect(fleet.task("a")?.progress).toMatchObject({ retryCount: 0, recoveryCount: 1 });
});

test("a reboot by request empties the node by its option first", () => {
  const { fleet, order } = running();
  fleet.send({ kind: "rebootNode", node: "n1", option: "requeue" });
  expect(fleet.kinds()).toEqual(["stop"]);
  fleet.end(order, { state: "killed", signal: 15, reason: "stopped" });
  expect(fleet.kinds()).toEqual(["rebootNode"]);
  expect(fleet.task("a")?.progress).toMatchObject({ state: "active", requeueCount: 1 });
  fleet.connect("n1", [], "boot-1");
  expect(fleet.kinds()).toEqual(["rebootNode"]);
  fleet.connect("n1", [], "boot-2");
  expect(fleet.start().taskId).toBe("a");
});

/** A node that was told to reboot just now. */
function rebooting() {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.node("n1");
  fleet.job();
  fleet.send({ kind: "rebootNode", node: "n1", option: "requeue" });
  expect(fleet.kinds()).toEqual(["rebootNode"]);
  return fleet;
}

const REBOOT_MS = DEFAULT_SETTINGS.rebootTimeoutMs;
const FAILED = [
  {
    code: "RebootFailed",
    message:
      "Node n1 was told to reboot and did not within 10 min, so it works on. See what its rebootCommand does, and its agent's log.",
  },
];

function lifeOf(fleet: TestFleet) {
  const node = mustHave(fleet.engine.nodes, 1, "node");
  const { life, errors } = node.record;
  return { life, errors, state: nodeStateOf(node) };
}

test("a node that does not reboot when it is told to comes back with an error, and works", () => {
  const fleet = rebooting();
  fleet.pass(REBOOT_MS - 1);
  expect(lifeOf(fleet)).toEqual({ life: "rebooting", errors: [], state: "rebooting" });
  fleet.pass(1);
  expect(lifeOf(fleet)).toEqual({ life: "joined", errors: FAILED, state: "idle" });
  fleet.add(["a"]);
  expect(fleet.start().taskId).toBe("a");
  fleet.connect("n1", [], "boot-1");
  expect(fleet.kinds()).not.toContain("rebootNode");
});

test("the time for a reboot begins when the node is told, and goes on over a restart of the server", () => {
  const { fleet, order } = running();
  fleet.send({ kind: "rebootNode", node: "n1", option: "taskcompletion" });
  fleet.pass(REBOOT_MS * 2);
  fleet.end(order);
  expect(fleet.kinds()).toEqual(["rebootNode"]);
  fleet.pass(REBOOT_MS / 2);
  fleet.restart();
  fleet.connect("n1", [], "boot-1");
  expect(new Set(fleet.kinds())).toEqual(new Set(["rebootNode"]));
  fleet.pass(REBOOT_MS / 2 - 1);
  expect(lifeOf(fleet).life).toBe("rebooting");
  fleet.pass(1);
  expect(lifeOf(fleet)).toMatchObject({ life: "joined", errors: FAILED });
});

test("a machine that is off is waited for, and has rebooted only if its boot id says so", () => {
  const fleet = rebooting();
  fleet.send({ kind: "nodeDisconnected", node: 1 });
  fleet.pass(REBOOT_MS * 2);
  expect(lifeOf(fleet)).toMatchObject({ life: "rebooting", errors: [] });
  fleet.connect("n1", [], "boot-1");
  expect(fleet.kinds()).toEqual([]);
  expect(lifeOf(fleet)).toMatchObject({ life: "joined", errors: FAILED });
  const other = rebooting();
  other.send({ kind: "nodeDisconnected", node: 1 });
  other.pass(REBOOT_MS * 2);
  other.connect("n1", [], "boot-2");
  expect(lifeOf(other)).toMatchObject({ life: "joined", errors: [] });
});

test("the error of a reboot is gone with the next try, and with the next boot", () => {
  const fleet = rebooting();
  fleet.pass(REBOOT_MS);
  fleet.send({ kind: "rebootNode", node: "n1", option: "requeue" });
  expect(lifeOf(fleet).errors).toEqual([]);
  // The second try has its own time.
  fleet.pass(REBOOT_MS - 1);
  expect(lifeOf(fleet).life).toBe("rebooting");
  fleet.pass(1);
  expect(lifeOf(fleet).errors).toEqual(FAILED);
  fleet.connect("n1", [], "boot-2");
  expect(lifeOf(fleet)).toMatchObject({ life: "joined", errors: [] });
});

test("a node that is removed lets its tasks end with taskcompletion", () => {
  const { fleet, order } = running();
  fleet.send({
    kind: "removeNodes",
    pool: "pool",
    nodes: ["n1"],
    option: "taskcompletion",
    timeoutMs: null,
  });
  expect(fleet.kinds()).toEqual([]);
  fleet.end(order);
  expect(fleet.kinds()).toEqual(["removeNode"]);
  fleet.send({ kind: "nodeRemoved", node: 1 });
  expect(fleet.eventTypes().slice(-1)).toEqual(["PoolResizeCompleteEvent"]);
  expect(fleet.engine.nodes.size).toBe(0);
});

test("reports that follow lost ones are not applied, so that those are not acknowledged with them", () => {
  const { fleet, order } = running();
  const node = 1;
  const linkId = "n1-1";
  const ended = { kind: "ended", execution: order.execution, result: resultOf(OK, 2) } as const;
  const later = { kind: "removed", removal: 99 } as const;
  fleet.send({ kind: "nodeReports", node, linkId, upTo: 2, reports: [later] });
  expect(fleet.kinds()).toEqual([]);
  expect(fleet.engine.nodes.get(node)?.progress.lastApplied).toBe(0);
  fleet.send({ kind: "nodeReports", node, linkId, upTo: 2, reports: [ended, later] });
  expect(fleet.engine.nodes.get(node)?.progress.lastApplied).toBe(2);
  expect(fleet.state("a")).toBe("completed success");
});

test("a report that was applied before is not applied again", () => {
  const { fleet, order } = running();
  const reports = [{ kind: "ended", execution: order.execution, result: resultOf(OK, 2) }] as const;
  const input = { kind: "nodeReports", node: 1, linkId: "n1-1", upTo: 1, reports } as const;
  fleet.send(input);
  const events = fleet.events.length;
  fleet.send(input);
  expect(fleet.events).toHaveLength(events);
  expect(fleet.engine.nodes.get(1)?.progress.lastApplied).toBe(1);
});

test("reports of a link that was never settled are ignored", () => {
  const { fleet, order } = running();
  const reports = [{ kind: "ended", execution: order.execution, result: resultOf(OK, 2) }] as const;
  fleet.send({ kind: "nodeReports", node: 1, linkId: "another", upTo: 1, reports });
  expect(fleet.state("a")).toBe("running");
});

test("orders of before a node's settling in the same step do not reach its new connection", () => {
  const { fleet } = running();
  fleet.sendTogether(
    { kind: "terminateTask", job: "job", task: "a" },
    fleet.connected("n1", [], "boot-2"),
  );
  expect(fleet.kinds()).toEqual([]);
  expect(fleet.state("a")).toBe("completed failure TaskEnded");
});

test("a deleted job does not wait for a node that was lost before it confirmed the removal", () => {
  const { fleet, order } = running();
  fleet.end(order);
  fleet.send({ kind: "deleteJob", job: "job" });
  expect(fleet.jobState()).toBe("deleting");
  fleet.kinds();
  fleet.disconnect("n1");
  expect(fleet.jobState()).toBe("gone");
  fleet.connect("n1");
  expect(fleet.kinds()).toEqual(["remove"]);
});

test("a machine that joined and never connected is given up in time", () => {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.join("n1");
  const { unknownAfterMs, lostAfterMs } = DEFAULT_SETTINGS;
  fleet.pass(unknownAfterMs + lostAfterMs + 1_000);
  expect(fleet.engine.nodes.get(1)?.record.contact).toBe("lost");
});
