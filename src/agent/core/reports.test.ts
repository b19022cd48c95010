import { expect, test } from "bun:test";
import { FRAME_MESSAGES_MAX, RESEND_AFTER_MS } from "../../protocol/node/link.ts";
import { heartbeatFrame, outgoingFrame } from "./reports.ts";
import { orderOf, TestNode } from "./testNode.ts";
import { nextDueAt } from "./timers.ts";

test("a short task costs one report", () => {
  const node = TestNode.connected();
  node.reach("ended", orderOf(1));
  expect(node.reports().map(({ kind }) => kind)).toEqual(["ended"]);
});

test("a report that was in a frame is not changed, even after a reconnect", () => {
  const node = TestNode.connected();
  node.start(orderOf(1));
  expect(outgoingFrame(node.machine, node.now)).toMatchObject({ first: 1 });
  node.give({ input: "disconnected" });
  node.welcome();
  node.prepared(1);
  node.spawned(1);
  expect(node.reports().map(({ kind }) => kind)).toEqual(["accepted", "started"]);
});

test("reports of several executions keep their numbers when some are superseded", () => {
  const node = TestNode.connected();
  node.start(orderOf(1));
  node.start(orderOf(2));
  node.prepared(1);
  node.spawned(1);
  expect(node.reports()).toMatchObject([
    { kind: "started", execution: 1 },
    { kind: "accepted", execution: 2 },
  ]);
});

test("a welcome says what the server has; the rest goes again", () => {
  const node = TestNode.connected();
  node.reach("ended", orderOf(1));
  node.reports();
  node.reach("ended", orderOf(2));
  node.reports();
  node.give({ input: "disconnected" });
  node.welcome({ lastApplied: 1 });
  expect([...node.machine.executions.keys()]).toEqual([2]);
  expect(outgoingFrame(node.machine, node.now)).toMatchObject({
    first: 2,
    messages: [{ kind: "ended", execution: 2 }],
  });
});

test("reports without an acknowledgement go again after a while", () => {
  const node = TestNode.connected();
  node.reach("ended", orderOf(1));
  const first = outgoingFrame(node.machine, node.now);
  const due = node.now + RESEND_AFTER_MS;
  expect(nextDueAt(node.machine)).toBe(due);
  expect(node.tick(due - 1)).toEqual([]);
  expect(node.tick(due)).toEqual([{ effect: "send" }]);
  expect(outgoingFrame(node.machine, node.now)).toEqual(first);
});

test("reports go again soon when the clock was set back", () => {
  const node = TestNode.connected();
  node.tick(1_000_000);
  node.reach("ended", orderOf(1));
  node.reports();
  node.tick(0);
  expect(node.tick(RESEND_AFTER_MS)).toEqual([{ effect: "send" }]);
});

test("a backlog goes in several frames", () => {
  const node = TestNode.connected();
  for (let execution = 1; execution <= FRAME_MESSAGES_MAX + 1; execution++) {
    node.start(orderOf(execution));
  }
  expect(outgoingFrame(node.machine, node.now)?.messages.length).toBe(FRAME_MESSAGES_MAX);
  expect(outgoingFrame(node.machine, node.now)?.messages.length).toBe(1);
  expect(outgoingFrame(node.machine, node.now)).toBeNull();
});

test("a heartbeat is an empty frame with the acknowledgement", () => {
  const node = TestNode.connected();
  node.start(orderOf(1));
  node.reports();
  expect(heartbeatFrame(node.machine, node.now)).toEqual({
    type: "batch",
    epoch: 0,
    first: 2,
    messages: [],
    acknowledged: 1,
  });
});

test("an acknowledged end is written down, and never reported again", () => {
  const node = TestNode.connected();
  node.reach("ended", orderOf(1));
  node.acknowledgeAll();
  expect(node.entries.map(({ entry }) => entry)).toEqual(["retained", "acknowledged"]);
  node.restart();
  node.welcome();
  expect(node.reports()).toEqual([]);
});
