import { expect, test } from "bun:test";
import { CanaryFleet, newVersion } from "./testCanaries.ts";

/** Canaries on nodes that are drained or lost, and what they are beside. */

const NOW = { deadlineMs: null, ignoreSystemJobs: false };

test("a lone canary that is not up does not keep the service on a drained node", () => {
  const fleet = new CanaryFleet(1, { canary: 2 });
  const [old] = fleet.old;
  if (old === undefined) throw new Error("nothing runs");
  fleet.change(newVersion(200));
  const canaries = fleet.starts();
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 1*", "[1] 1*"]);
  fleet.send({ kind: "drainNode", node: old.nodeId, drain: NOW });
  const onNode = canaries.filter(({ nodeId }) => nodeId === old.nodeId);
  expect(fleet.stops().sort()).toEqual([old, ...onNode].map(({ execution }) => execution).sort());
  const moved = fleet.starts();
  expect(moved.filter(({ allocation }) => allocation?.version === 0)).toHaveLength(1);
});

test("lone canaries leave a drained node at once, beside each other and what runs", () => {
  const fleet = new CanaryFleet(1, { canary: 3 }, ["n1"]);
  fleet.change(newVersion(200));
  const canaries = fleet.starts();
  fleet.node("n2");
  fleet.send({ kind: "drainNode", node: "n1", drain: NOW });
  expect(fleet.stops().sort()).toEqual(
    [...fleet.old, ...canaries].map(({ execution }) => execution).sort(),
  );
  expect(fleet.starts().map(({ nodeId }) => nodeId)).toEqual(["n2", "n2", "n2", "n2"]);
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 1*", "[1] 1*", "[2] 1*"]);
});

test("no canary out of contact is waited for, beside another or alone", () => {
  const fleet = new CanaryFleet(1, { canary: 2 }, ["n1"]);
  const disconnect = {
    lostAfterMs: 3_600_000,
    stopOnClientAfterMs: null,
    replace: true,
    reconcile: "best_score",
  } as const;
  fleet.change({ disconnect });
  fleet.change({ disconnect, ...newVersion(200) });
  const canaries = fleet.starts();
  for (const order of canaries) fleet.healthy(order);
  fleet.pass(61_000, ["n1"]);
  expect(canaries.some(({ execution }) => fleet.engine.executions.has(execution))).toBe(false);
  const [old] = fleet.old;
  expect(fleet.live(old?.execution ?? 0).execution.state).toBe("unknown");
});
