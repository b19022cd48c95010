import { expect, test } from "bun:test";
import { allocationId } from "../../model/allocationId.ts";
import type { DocumentEvent } from "../../model/event.ts";
import { CanaryFleet, newVersion } from "./testCanaries.ts";
import { memberState, NO_RESCHEDULE } from "./testGroups.ts";

/** What is remembered of deployments and versions: how far they came, why they failed, and who decided. */

const MINUTE = 60_000;
const CRITICAL = 'Check "web" is critical';

function bodies(
  fleet: CanaryFleet,
  ...types: readonly DocumentEvent["type"][]
): Record<string, unknown>[] {
  const found = fleet.events.filter(({ type }) => types.some((wanted) => wanted === type));
  return found.map((event) => ({ type: event.type, ...("body" in event ? event.body : {}) }));
}

/** A tried version whose canary is found unhealthy at once. */
function failed(update: ConstructorParameters<typeof CanaryFleet>[1]) {
  const fleet = new CanaryFleet(2, { canary: 1, progressDeadlineMs: 0, ...update });
  fleet.change(newVersion(200));
  const canary = fleet.start();
  fleet.says(canary, { health: { healthy: false, at: fleet.now, reason: CRITICAL } });
  const id = allocationId(canary.execution);
  return { fleet, canary, id };
}

test("a deployment that is over keeps its figures", () => {
  const { fleet, canary } = failed({});
  const ended = fleet.deployment;
  expect(ended?.groups["cache"]).toMatchObject({ placed: 1, healthy: 0, unhealthy: 1 });
  fleet.stops();
  const [first] = fleet.old;
  if (first === undefined) throw new Error("nothing runs");
  fleet.fails(first);
  fleet.pass(MINUTE);
  for (const order of fleet.starts()) fleet.healthy(order);
  expect(fleet.engine.executions.has(canary.execution)).toBe(false);
  expect(fleet.deployment).toEqual(ended);
});

test("figures follow what is placed, taken over, told to stop and ended while it goes on", () => {
  const fleet = new CanaryFleet(2, {});
  const figures = () => {
    const { placed, healthy, unhealthy } = fleet.deployment?.groups["cache"] ?? {};
    return [placed, healthy, unhealthy];
  };
  expect(figures()).toEqual([2, 2, 0]);
  // In place: what runs is the new version's at once.
  fleet.change({ count: 3 });
  expect(figures()).toEqual([3, 2, 0]);
  const [first, second] = fleet.old;
  if (first === undefined || second === undefined) throw new Error("nothing runs");
  fleet.fails(first);
  expect(figures()).toEqual([3, 1, 0]);
  fleet.send({ kind: "stopExecution", execution: second.execution });
  expect(figures()).toEqual([3, 0, 0]);
  fleet.stops();
  const [third] = fleet.starts();
  if (third === undefined) throw new Error("nothing is placed");
  fleet.says(third, { health: { healthy: false, at: fleet.now, reason: CRITICAL } });
  expect(figures()).toEqual([4, 0, 1]);
});

test("a failed deployment names the allocation and what was wrong with it", () => {
  const { fleet, id } = failed({});
  const failure = {
    group: "cache",
    taskId: "example.cache[0]",
    allocationId: id,
    message: `Allocation ${id.slice(0, 8)} of group cache is unhealthy: ${CRITICAL}`,
  };
  expect(fleet.deployment).toMatchObject({ status: "failed", failure });
  expect(bodies(fleet, "DeploymentEndEvent").at(-1)).toEqual({
    type: "DeploymentEndEvent",
    jobId: "example",
    deploymentId: "1-1",
    version: 1,
    status: "failed",
    description: "Failed due to unhealthy allocations",
    groups: [{ group: "cache", desired: 2, placed: 1, healthy: 0, unhealthy: 1 }],
    failure,
    startTime: expect.any(String),
    endTime: expect.any(String),
  });
});

test("a fault that is over is not blamed, and one long gone is", () => {
  const fleet = new CanaryFleet(2, { canary: 2, progressDeadlineMs: 10 * MINUTE });
  fleet.change({ ...newVersion(200), reschedule: NO_RESCHEDULE });
  const [first, second] = fleet.starts();
  if (first === undefined || second === undefined) throw new Error("no canaries");
  const events = [
    { type: "Terminated", at: fleet.now, description: "Exit Code: 7" },
    { type: "Not Restarting", at: fleet.now, description: "Policy allows no restarts" },
  ] as const;
  const member = memberState({ state: "dead", failed: true, events });
  fleet.ends(first, 7, "failed", { members: [member] });
  fleet.says(second, { health: { healthy: false, at: fleet.now, reason: CRITICAL } });
  fleet.healthy(second);
  fleet.pass(11 * MINUTE);
  const id = allocationId(first.execution);
  expect(fleet.deployment).toMatchObject({
    status: "failed",
    failure: {
      allocationId: id,
      message: `Allocation ${id.slice(0, 8)} of group cache was given up: Member web failed: Exit Code: 7 (not restarted: Policy allows no restarts). Policy allows no reschedules`,
    },
  });
  const alone = new CanaryFleet(1, { canary: 1, progressDeadlineMs: 10 * MINUTE });
  alone.change({ ...newVersion(200), reschedule: NO_RESCHEDULE });
  alone.ends(alone.start(), 7, "failed", { members: [member] });
  alone.pass(11 * MINUTE);
  expect(alone.deployment?.failure?.message).toEndWith("failed (member web: Exit Code: 7)");
});

test("a deployment that fails for want of a node or of time says so", () => {
  const wide = new CanaryFleet(1, { canary: 1, progressDeadlineMs: MINUTE });
  wide.change(newVersion(900_000));
  wide.pass(2 * MINUTE);
  expect(wide.deployment?.failure).toMatchObject({
    allocationId: null,
    message: expect.stringMatching(
      /^example\.cache\[0\] of group cache waits: Resources exhausted/,
    ),
  });
  const slow = new CanaryFleet(1, { canary: 1, progressDeadlineMs: MINUTE });
  slow.change(newVersion(200));
  const canary = slow.start();
  slow.says(canary);
  slow.pass(2 * MINUTE);
  const id = allocationId(canary.execution).slice(0, 8);
  expect(slow.deployment?.failure?.message).toBe(
    `Allocation ${id} of group cache is running and not healthy yet`,
  );
  const stuck = new CanaryFleet(1, { progressDeadlineMs: MINUTE });
  stuck.change(newVersion(200));
  stuck.pass(2 * MINUTE);
  expect(stuck.deployment?.failure?.message).toEndWith("of group cache still runs version 0");
});

test("a rollback says from where, to where, and because of which allocation", () => {
  const { fleet, id } = failed({ autoRevert: true });
  const failure = { group: "cache", allocationId: id };
  expect(fleet.groups).toMatchObject({
    version: 2,
    reverted: { from: 1, to: 0, by: null, failure },
    history: [{ version: 1, reverted: null }, { version: 0 }],
  });
  const types = ["DeploymentEndEvent", "JobRevertEvent"] as const;
  expect(bodies(fleet, ...types).slice(-3)).toMatchObject([
    { type: "DeploymentEndEvent", version: 1, status: "failed", failure },
    { type: "JobRevertEvent", version: 2, from: 1, to: 0, automatic: true, failure },
    { type: "DeploymentEndEvent", version: 2, status: "successful" },
  ]);
  fleet.send({ kind: "revertJob", job: "example", version: 1, user: "bob" });
  expect(fleet.groups).toMatchObject({
    version: 3,
    reverted: { from: 2, to: 1, by: "bob", failure: null },
    history: [{ version: 2, reverted: { to: 0, by: null } }, {}, {}],
  });
  expect(bodies(fleet, "JobRevertEvent").at(-1)).toEqual({
    ...{ type: "JobRevertEvent", jobId: "example", version: 3, from: 2, to: 1 },
    ...{ automatic: false, user: "bob" },
  });
});

test("a promotion says by whom and when, also in the history", () => {
  const fleet = new CanaryFleet(2, { canary: 1 });
  fleet.change(newVersion(200));
  fleet.healthy(fleet.start());
  fleet.promote();
  const promotions = [{ groups: ["cache"], by: "alice", at: fleet.now }];
  expect(fleet.groups?.promotions).toEqual(promotions);
  const common = { type: "DeploymentPromoteEvent", jobId: "example", groups: ["cache"] };
  expect(bodies(fleet, "DeploymentPromoteEvent")).toEqual([
    { ...common, deploymentId: "1-1", version: 1, automatic: false, user: "alice" },
  ]);
  fleet.change(newVersion(400));
  expect(fleet.groups).toMatchObject({ promotions: [], history: [{ version: 1, promotions }, {}] });
  const auto = new CanaryFleet(2, { canary: 1, autoPromote: true });
  auto.change(newVersion(200));
  auto.healthy(auto.start());
  expect(auto.groups?.promotions).toMatchObject([{ groups: ["cache"], by: null }]);
  expect(bodies(auto, "DeploymentPromoteEvent")).toMatchObject([{ automatic: true }]);
});
