import { expect, test } from "bun:test";
import type { StartOrder } from "../../model/order.ts";
import { planJob } from "./plan.ts";
import { CanaryFleet, newVersion } from "./testCanaries.ts";
import { groupJob, NO_RESCHEDULE } from "./testGroups.ts";

/** A version is tried in canaries also where nothing of the one before runs at the instant of its registration. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function firstOf(orders: readonly StartOrder[]): StartOrder {
  const [order] = orders;
  if (order === undefined) throw new Error("nothing has started");
  return order;
}

/** Version 1 of a service with one allocation is in a canary, and what is kept comes back as version 0. */
function expectTrial(fleet: CanaryFleet, version = 1): void {
  expect(fleet.deployment?.groups["cache"]).toMatchObject({ canaries: 1, keepsVersion: 0 });
  fleet.stops();
  for (const order of fleet.starts()) fleet.healthy(order);
  fleet.pass(MINUTE);
  for (const order of fleet.starts()) fleet.healthy(order);
  expect(fleet.versions()).toEqual(["[0] 0", `[0] ${version}*`]);
  expect(fleet.promote()).toMatchObject({ ok: true });
  expect(fleet.versions()).toEqual([`[0] ${version}`]);
}

test("a version that comes while the only allocation leaves a drained node is tried first", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  const drain = { deadlineMs: null, ignoreSystemJobs: false };
  fleet.send({ kind: "drainNode", node: firstOf(fleet.old).nodeId, drain });
  fleet.change(newVersion(200));
  expectTrial(fleet);
});

test("a version that comes while the only allocation is stopped by a person is tried first", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.send({ kind: "stopExecution", execution: firstOf(fleet.old).execution });
  fleet.change(newVersion(200));
  expectTrial(fleet);
});

test("a version that comes while the only allocation waits for its reschedule is tried first", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.fails(firstOf(fleet.old));
  fleet.change(newVersion(200));
  expect(fleet.current(0)?.group).toMatchObject({ delayMs: 30 * SECOND });
  expectTrial(fleet);
});

test("a version that comes while the one before is tried keeps what that kept", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.change(newVersion(200));
  const canary = fleet.start();
  fleet.fails(firstOf(fleet.old));
  fleet.change(newVersion(400));
  expect(fleet.stops()).toEqual([canary.execution]);
  expectTrial(fleet, 2);
});

test("a version that comes when all allocations are lost is tried first", () => {
  const fleet = new CanaryFleet(3, { canary: 1 });
  fleet.pass(61 * SECOND, ["n1", "n2", "n3"]);
  expect(fleet.versions()).toEqual([]);
  fleet.change(newVersion(200));
  expect(fleet.deployment?.groups["cache"]).toMatchObject({ canaries: 1, keepsVersion: 0 });
  for (const node of ["n1", "n2", "n3"]) fleet.connect(node, []);
  fleet.pass(MINUTE);
  for (const order of fleet.starts()) fleet.healthy(order);
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 1*", "[1] 0", "[2] 0"]);
});

test("what has failed for good is no reason to run a version untried", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.change({ reschedule: NO_RESCHEDULE });
  fleet.fails(firstOf(fleet.old));
  const plan = planJob(
    fleet.engine,
    groupJob({ count: 1, update: fleet.update, reschedule: NO_RESCHEDULE, ...newVersion(200) }),
  );
  expect(plan).toMatchObject([{ canary: 1, create: 0, ignore: 1, destructive: 0 }]);
  fleet.change({ reschedule: NO_RESCHEDULE, ...newVersion(200) });
  const canary = fleet.start();
  expect(fleet.versions()).toEqual(["[0] 2*"]);
  fleet.healthy(canary);
  expect(fleet.promote()).toMatchObject({ ok: true });
  expect(fleet.counts).toEqual({ active: 0, running: 1, succeeded: 0, failed: 0 });
});

test("what a place ran last is known however many versions came since", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.pass(61 * SECOND, ["n1", "n2", "n3"]);
  for (let priority = 1; priority <= 10; priority += 1) {
    fleet.change({ reschedule: { ...NO_RESCHEDULE, delayMs: priority } });
  }
  expect(fleet.deployment?.groups["cache"]).toMatchObject({ canaries: 0 });
  fleet.change(newVersion(200));
  expect(fleet.deployment?.groups["cache"]).toMatchObject({ canaries: 1, keepsVersion: 10 });
});

test("a place that never ran, and a job that was stopped, need no canaries", () => {
  const never = new CanaryFleet(1, { canary: 1 }, []);
  never.change(newVersion(200));
  expect(never.deployment?.groups["cache"]).toMatchObject({ canaries: 0 });
  const stopped = new CanaryFleet(1, { canary: 1 });
  stopped.send({ kind: "terminateJob", job: "example", reason: "UserTerminate" });
  stopped.change(newVersion(200));
  stopped.stops();
  expect(stopped.versions()).toEqual(["[0] 1"]);
});
