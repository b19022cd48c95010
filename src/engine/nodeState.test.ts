import { expect, test } from "bun:test";
import { nodeStateOf } from "./nodeState.ts";
import { mustHave } from "./state.ts";
import { TestFleet } from "./testFleet.ts";

const MINUTE_MS = 60_000;

function stateOf(fleet: TestFleet, number = 1): string {
  return nodeStateOf(mustHave(fleet.engine.nodes, number, "node"));
}

/** A pool, and one node that has connected. */
function connected(): TestFleet {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.node("n1");
  return fleet;
}

test("a node is creating until its machine has joined, and starting until its agent has connected", () => {
  const fleet = new TestFleet();
  fleet.pool({ provider: "local", targetDedicatedNodes: 1 });
  expect(stateOf(fleet)).toBe("creating");
  const [id = ""] = fleet.engine.nodesById.keys();
  const { guid } = mustHave(fleet.engine.nodes, 1, "node").record;
  fleet.now += MINUTE_MS;
  fleet.join(guid);
  expect(stateOf(fleet)).toBe("starting");
  expect(mustHave(fleet.engine.nodes, 1, "node").record.lifeAt).toBe(fleet.now);
  fleet.restart();
  expect(stateOf(fleet)).toBe("starting");
  fleet.connect(id);
  expect(stateOf(fleet)).toBe("idle");
});

test("a machine that joins by itself is starting at once", () => {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.join("n1");
  expect(stateOf(fleet)).toBe("starting");
});

test("a second join of a node that works changes nothing", () => {
  const fleet = connected();
  fleet.join("n1");
  expect(stateOf(fleet)).toBe("idle");
});

test("a silent node is unknown while it may still have its work, and unusable when that was given up", () => {
  const fleet = connected();
  fleet.send({ kind: "nodeDisconnected", node: 1 });
  expect(stateOf(fleet)).toBe("idle");
  fleet.pass(31_000, ["n1"]);
  expect(stateOf(fleet)).toBe("unknown");
  fleet.pass(MINUTE_MS, ["n1"]);
  expect(stateOf(fleet)).toBe("unusable");
  fleet.connect("n1");
  expect(stateOf(fleet)).toBe("idle");
});

test("a machine that joined and never came is unusable in the end", () => {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.join("n1");
  fleet.pass(2 * MINUTE_MS, ["n1"]);
  expect(stateOf(fleet)).toBe("unusable");
});

test("with tasks it is running, without and not to be given any offline", () => {
  const fleet = connected();
  fleet.job();
  fleet.add(["a"]);
  expect(stateOf(fleet)).toBe("running");
  fleet.send({ kind: "disableScheduling", node: "n1", option: "taskcompletion" });
  expect(stateOf(fleet)).toBe("running");
  fleet.end(fleet.start());
  expect(stateOf(fleet)).toBe("offline");
});

test("only an idle or a running node can be rebooted", () => {
  const fleet = connected();
  const reboot = () => fleet.send({ kind: "rebootNode", node: "n1", option: "taskcompletion" });
  fleet.send({ kind: "disableScheduling", node: "n1", option: "taskcompletion" });
  expect(reboot()).toMatchObject({
    error: {
      code: "OperationNotValidOnNode",
      message: "Node n1 can be rebooted only when it is idle or running; it is offline.",
    },
  });
  expect(stateOf(fleet)).toBe("offline");
  fleet.send({ kind: "enableScheduling", node: "n1" });
  fleet.send({ kind: "nodeDisconnected", node: 1 });
  expect(reboot()).toMatchObject({
    error: { message: "Node n1 can be rebooted only when it is idle or running; it is away." },
  });
  fleet.connect("n1");
  fleet.job();
  fleet.add(["a"]);
  fleet.send({ kind: "disableScheduling", node: "n1", option: "taskcompletion" });
  // Work that it still has makes it running, whether or not it is given more.
  expect(stateOf(fleet)).toBe("running");
  expect(reboot()).toEqual({ ok: true });
});

test("being rebooted or removed it says so, reachable or not", () => {
  const fleet = connected();
  fleet.send({ kind: "rebootNode", node: "n1", option: "requeue" });
  fleet.pass(3 * MINUTE_MS, ["n1"]);
  expect(stateOf(fleet)).toBe("rebooting");
});
