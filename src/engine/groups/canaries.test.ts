import { expect, test } from "bun:test";
import type { GroupSpec } from "../../model/group.ts";
import { UPDATE_DEFAULT } from "../../model/groupDefaults.ts";
import type { StartOrder } from "../../model/order.ts";
import { CanaryFleet, newVersion } from "./testCanaries.ts";
import { groupJob, NO_RESCHEDULE, SERVICE_GROUP } from "./testGroups.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

test("canaries run beside all of the old version, and nothing stops before the promotion", () => {
  const fleet = new CanaryFleet(3, { canary: 1 });
  fleet.change(newVersion(200));
  const canary = fleet.start();
  expect(canary.allocation).toMatchObject({ version: 1, name: "example.cache[0]" });
  expect(fleet.stops()).toEqual([]);
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 1*", "[1] 0", "[2] 0"]);
  expect(fleet.deployment).toMatchObject({
    description: "Deployment is running but requires manual promotion",
    groups: { cache: { canaries: 1, promoted: false, keepsVersion: 0 } },
  });
  expect(fleet.current(0)?.execution).toBe(fleet.old[0]?.execution ?? 0);
  fleet.healthy(canary);
  fleet.pass(60 * MINUTE);
  expect(fleet.stops()).toEqual([]);
  expect(fleet.starts()).toEqual([]);
  expect(fleet.deployment).toMatchObject({
    status: "running",
    groups: { cache: { progressBy: null } },
  });
});

test("a promotion needs healthy canaries; then they are ordinary and the rest rolls", () => {
  const fleet = new CanaryFleet(3, { canary: 1 });
  fleet.change(newVersion(200));
  const canary = fleet.start();
  expect(fleet.promote()).toMatchObject({
    ok: false,
    error: {
      code: "ConditionNotMet",
      message: expect.stringContaining('Task group "cache" has 0/1 healthy allocations'),
    },
  });
  fleet.healthy(canary);
  expect(fleet.promote()).toEqual({ ok: true, version: 1 });
  expect(fleet.deployment).toMatchObject({
    description: "Deployment is running",
    groups: { cache: { promoted: true, progressBy: fleet.now + 10 * MINUTE } },
  });
  expect(fleet.current(0)).toMatchObject({
    execution: canary.execution,
    nodeId: canary.nodeId,
    state: "running",
    group: { canary: null, ranVersion: 1 },
  });
  // The old one of the canary's name leaves, and the first of the rest by max_parallel.
  expect(fleet.stops()).toHaveLength(2);
  for (let step = 0; step < 2; step += 1) {
    const next = fleet.start();
    expect(next.allocation?.version).toBe(1);
    fleet.healthy(next);
    fleet.stops();
  }
  expect(fleet.versions()).toEqual(["[0] 1", "[1] 1", "[2] 1"]);
  expect(fleet.deployment?.status).toBe("successful");
  expect(fleet.groups?.stable).toBe(true);
  expect(fleet.counts).toEqual({ active: 0, running: 3, succeeded: 0, failed: 0 });
  expect(fleet.promote()).toMatchObject({ ok: false, error: { code: "ConditionNotMet" } });
});

test("with auto_promote healthy canaries are promoted by themselves", () => {
  const fleet = new CanaryFleet(2, { canary: 2, autoPromote: true });
  fleet.change(newVersion(200));
  const [first, second] = fleet.starts();
  if (first === undefined || second === undefined) throw new Error("no canaries");
  expect(fleet.deployment?.description).toBe("Deployment is running pending automatic promotion");
  fleet.healthy(first);
  expect(fleet.stops()).toEqual([]);
  fleet.healthy(second);
  expect(fleet.stops()).toEqual(fleet.old.map(({ execution }) => execution));
  expect(fleet.deployment?.status).toBe("successful");
  expect(fleet.starts()).toEqual([]);
});

test("the first deployment, and a change in place, have no canaries", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  expect(fleet.deployment).toMatchObject({
    status: "successful",
    groups: { cache: { canaries: 0 } },
  });
  fleet.change({ count: 2 });
  fleet.healthy(fleet.start());
  expect(fleet.versions()).toEqual(["[0] 1", "[1] 1"]);
  expect(fleet.deployment?.status).toBe("successful");
});

for (const [progressDeadlineMs, why] of [
  [10 * MINUTE, "Failed due to progress deadline"],
  [0, "Failed due to unhealthy allocations"],
] as const) {
  test(`a failed deployment stops its canaries and leaves the rest: ${why}`, () => {
    const fleet = new CanaryFleet(2, { canary: 1, progressDeadlineMs });
    fleet.change(newVersion(200));
    const canary = fleet.start();
    fleet.says(canary, { health: { healthy: false, at: fleet.now, reason: "deadline" } });
    fleet.pass(11 * MINUTE);
    expect(fleet.stops()).toEqual([canary.execution]);
    expect(fleet.deployment).toMatchObject({ status: "failed", description: why });
    expect(fleet.versions()).toEqual(["[0] 0", "[1] 0"]);
    expect(fleet.current(0)?.group?.canary).toBe(null);
    // What is lost afterwards comes back as the version that works.
    const [lost] = fleet.old;
    fleet.says(lost as StartOrder);
    fleet.send({ kind: "stopExecution", execution: lost?.execution ?? 0 });
    fleet.stops();
    expect(fleet.start().allocation?.version).toBe(0);
  });
}

test("auto_revert brings the version back without touching what runs", () => {
  const fleet = new CanaryFleet(2, { canary: 1, autoRevert: true, progressDeadlineMs: 0 });
  fleet.change(newVersion(200));
  const canary = fleet.start();
  fleet.says(canary, { health: { healthy: false, at: fleet.now, reason: "deadline" } });
  expect(fleet.stops()).toEqual([canary.execution]);
  expect(fleet.groups?.version).toBe(2);
  expect(fleet.starts()).toEqual([]);
  expect(fleet.versions()).toEqual(["[0] 2", "[1] 2"]);
  expect(fleet.deployment?.status).toBe("successful");
});

test("auto_revert after the promotion goes back as far as it went, and asks nobody", () => {
  const fleet = new CanaryFleet(3, { canary: 1, autoRevert: true, progressDeadlineMs: 0 });
  fleet.change(newVersion(200));
  fleet.healthy(fleet.start());
  expect(fleet.promote()).toMatchObject({ ok: true });
  fleet.stops();
  const next = fleet.start();
  fleet.says(next, { health: { healthy: false, at: fleet.now, reason: "deadline" } });
  expect(fleet.groups?.version).toBe(2);
  expect(fleet.deployment?.groups["cache"]).toMatchObject({ canaries: 0 });
  for (let round = 0; round < 4; round += 1) {
    fleet.stops();
    for (const order of fleet.starts()) fleet.healthy(order);
  }
  expect(fleet.versions()).toEqual(["[0] 2", "[1] 2", "[2] 2"]);
  expect(fleet.deployment?.status).toBe("successful");
});

test("a newer version stops the canaries of the one before and places its own", () => {
  const fleet = new CanaryFleet(2, { canary: 1 });
  fleet.change(newVersion(200));
  const first = fleet.start();
  fleet.healthy(first);
  fleet.change(newVersion(400));
  expect(fleet.stops()).toEqual([first.execution]);
  expect(fleet.start().allocation?.version).toBe(2);
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 2*", "[1] 0"]);
  expect(fleet.deployment?.groups["cache"]?.keepsVersion).toBe(0);
});

test("what works is replaced as what it was while canaries run", () => {
  const fleet = new CanaryFleet(2, { canary: 1 }, ["n1", "n2", "n3"]);
  fleet.change(newVersion(200));
  fleet.healthy(fleet.start());
  const [, second] = fleet.old;
  fleet.fails(second as StartOrder);
  fleet.pass(31 * SECOND);
  const replacement = fleet.start();
  expect(replacement.allocation).toMatchObject({ version: 0, name: "example.cache[1]" });
  fleet.healthy(replacement);
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 1*", "[1] 0"]);
  expect(fleet.promote()).toMatchObject({ ok: true });
});

test("a canary that fails is rescheduled as one, by its policy", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.change(newVersion(200));
  const first = fleet.start();
  fleet.says(first);
  fleet.fails(first);
  expect(fleet.starts()).toEqual([]);
  expect(fleet.current(0)?.group).toMatchObject({
    rescheduled: [],
    canary: { state: "waiting", delayMs: 30 * SECOND },
  });
  fleet.pass(31 * SECOND);
  const second = fleet.start();
  expect(second.nodeId).not.toBe(first.nodeId);
  expect(fleet.live(second.execution).execution.allocation).toMatchObject({
    canary: true,
    previous: first.execution,
    rescheduled: [{ execution: first.execution, node: first.nodeId, delayMs: 30 * SECOND }],
  });
  fleet.healthy(second);
  expect(fleet.promote()).toMatchObject({ ok: true });
  expect(fleet.current(0)).toMatchObject({
    execution: second.execution,
    group: { rescheduled: [{}] },
  });
});

test("canaries leave nodes that are drained or lost, and come back as canaries", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.change(newVersion(200));
  const first = fleet.start();
  fleet.healthy(first);
  fleet.send({
    kind: "drainNode",
    node: first.nodeId,
    drain: { deadlineMs: null, ignoreSystemJobs: false },
  });
  expect(fleet.stops()).toContain(first.execution);
  const all = fleet.starts();
  const second = all.find(({ allocation }) => allocation?.version === 1);
  if (second === undefined) throw new Error("no canary");
  // The deadline runs again until the new canary is healthy.
  expect(fleet.deployment?.groups["cache"]?.progressBy).toBeGreaterThan(fleet.now);
  for (const order of all) fleet.healthy(order);
  fleet.pass(61 * SECOND, [second.nodeId]);
  expect(fleet.engine.executions.has(second.execution)).toBe(false);
  expect(fleet.promote()).toMatchObject({ ok: false });
});

test("more canaries than the count: those beyond it have tasks of their own until the promotion", () => {
  const fleet = new CanaryFleet(1, { canary: 3 });
  fleet.change(newVersion(200));
  const canaries = fleet.starts();
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 1*", "[1] 1*", "[2] 1*"]);
  for (const order of canaries) fleet.healthy(order);
  fleet.promote();
  expect(fleet.stops()).toHaveLength(3);
  expect(fleet.versions()).toEqual(["[0] 1"]);
  expect(fleet.deployment?.status).toBe("successful");
});

test("lone canaries end with a failed deployment, and another version has its own", () => {
  const fleet = new CanaryFleet(1, { canary: 2 });
  fleet.change(newVersion(200));
  fleet.starts();
  fleet.change(newVersion(400));
  expect(fleet.stops()).toHaveLength(2);
  fleet.starts();
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 2*", "[1] 2*"]);
  fleet.pass(11 * MINUTE);
  expect(fleet.stops()).toHaveLength(2);
  expect(fleet.versions()).toEqual(["[0] 0"]);
});

test("a smaller count holds at once, a larger one waits for the promotion", () => {
  const fleet = new CanaryFleet(3, { canary: 1 });
  fleet.change({ ...newVersion(200), count: 2 });
  expect(fleet.stops()).toEqual([fleet.old[2]?.execution ?? 0]);
  fleet.healthy(fleet.start());
  fleet.change({ ...newVersion(400), count: 5 });
  fleet.stops();
  const all = fleet.starts();
  const canary = all.find(({ allocation }) => allocation?.version === 2);
  expect(fleet.versions().filter((one) => one.endsWith("0"))).toHaveLength(3);
  for (const order of all) fleet.healthy(order);
  expect(canary?.allocation?.name).toBe("example.cache[0]");
  fleet.promote();
  fleet.stops();
  // The places that are new come first; they use up max_parallel.
  expect(fleet.starts().map(({ allocation }) => allocation?.version)).toEqual([2, 2]);
});

test("a smaller count than canaries makes way for those beyond it", () => {
  const fleet = new CanaryFleet(3, { canary: 2 });
  fleet.change({ ...newVersion(200), count: 1 });
  expect(fleet.stops().sort()).toEqual(fleet.old.slice(1).map(({ execution }) => execution));
  expect(fleet.starts().map(({ allocation }) => allocation?.name)).toEqual([
    "example.cache[0]",
    "example.cache[1]",
  ]);
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 1*", "[1] 1*"]);
});

test("explain tells of a canary that waits beside a task that failed for good", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.change({ reschedule: NO_RESCHEDULE });
  fleet.change({ ...newVersion(5_000), reschedule: NO_RESCHEDULE });
  const [first] = fleet.old;
  if (first === undefined) throw new Error("nothing runs");
  fleet.fails(first);
  expect(fleet.counts).toMatchObject({ failed: 1, running: 0, active: 0 });
  expect(fleet.codes()).toEqual(["WaitsForPromotion", "NoNodeSuits"]);
});

test("only the groups that are named are promoted; unknown ones are refused", () => {
  const update = { ...UPDATE_DEFAULT, canary: 1 };
  const two = (parts: Partial<GroupSpec>) =>
    groupJob(
      {},
      {},
      {
        groups: ["a", "b"].map((name) => ({ ...SERVICE_GROUP, update, ...parts, name })),
      },
    );
  const fleet = new CanaryFleet(1, {});
  fleet.register(two({}));
  for (const order of fleet.starts()) fleet.healthy(order);
  fleet.stops();
  fleet.register(two(newVersion(200)));
  for (const order of fleet.starts()) fleet.healthy(order);
  expect(fleet.promote(["c"])).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining('the deployment has no task group "c"') },
  });
  expect(fleet.promote(["a"])).toMatchObject({ ok: true });
  expect(fleet.deployment?.groups).toMatchObject({ a: { promoted: true }, b: { promoted: false } });
  expect(fleet.deployment?.description).toBe("Deployment is running but requires manual promotion");
  expect(fleet.stops()).toHaveLength(1);
  expect(fleet.promote(["b"])).toMatchObject({ ok: true });
  expect(fleet.deployment?.status).toBe("successful");
});

test("a job that is stopped stops its canaries, and begins again with its latest version", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.change(newVersion(200));
  fleet.starts();
  fleet.send({ kind: "terminateJob", job: "example", reason: "UserTerminate" });
  expect(fleet.stops()).toHaveLength(2);
  expect(fleet.engine.executions.size).toBe(0);
  expect(fleet.state("example.cache[0]", "example")).toBe("completed success");
});

test("explain says what waits for the promotion", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.change(newVersion(200));
  const canary = fleet.start();
  const text = () => fleet.explained().map(({ code, message }) => `${code} ${message}`);
  expect(text()).toEqual([
    "WaitsForPromotion Version 1 waits until its canaries are healthy: 0/1 of group cache are.",
  ]);
  fleet.healthy(canary);
  expect(text()).toEqual([
    "WaitsForPromotion Version 1 waits for promotion: stint job promote example.",
  ]);
});

test("explain tells a task that waits of the version that is tried beside it", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.change(newVersion(200));
  const [old] = fleet.old;
  if (old === undefined) throw new Error("nothing runs");
  fleet.fails(old);
  expect(fleet.codes()).toEqual(["WaitsForReschedule", "WaitsForPromotion"]);
  fleet.send({ kind: "disableJob", job: "example", disableTasks: "wait" });
  expect(fleet.codes()).toEqual(["JobDisabling"]);
});

test("a node counts canaries that were stopped, and what they took the place of", () => {
  const fleet = new CanaryFleet(1, { canary: 1 }, ["n1"]);
  const counted = () => {
    const { tasksRun, tasksSucceeded } = fleet.engine.nodes.get(1)?.progress ?? {};
    return [tasksRun, tasksSucceeded];
  };
  fleet.change(newVersion(200));
  expect(counted()).toEqual([0, 0]);
  fleet.change(newVersion(400));
  fleet.stops();
  expect(counted()).toEqual([1, 1]);
  const canary = fleet.starts().find(({ allocation }) => allocation?.version === 2);
  if (canary === undefined) throw new Error("no canary");
  fleet.healthy(canary);
  expect(fleet.promote()).toMatchObject({ ok: true });
  fleet.stops();
  expect(counted()).toEqual([2, 2]);
});

test("a restored server knows the canaries, and what they wait for", () => {
  const fleet = new CanaryFleet(2, { canary: 1 });
  fleet.change(newVersion(200));
  const canary = fleet.start();
  fleet.healthy(canary);
  fleet.restart();
  for (const node of ["n1", "n2", "n3"]) {
    const held = [...fleet.old, canary]
      .filter(({ nodeId }) => nodeId === node)
      .map(({ execution }) => ({ execution, state: "running" as const, startedAt: 1 }));
    fleet.connect(node, held);
  }
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 1*", "[1] 0"]);
  expect(fleet.promote()).toMatchObject({ ok: true });
  expect(fleet.current(0)?.execution).toBe(canary.execution);
});

test("executions are numbered through, also where a canary comes before its task's first", () => {
  const fleet = new CanaryFleet(0, {}, ["n1"]);
  const update = { ...UPDATE_DEFAULT, canary: 2 };
  fleet.register(groupJob({ count: 2, update, ...newVersion(3_000) }));
  expect(fleet.start()).toMatchObject({
    allocation: { name: "example.cache[0]" },
    ordinal: 1,
  });
  fleet.register(groupJob({ count: 2, update, ...newVersion(100) }));
  expect(fleet.starts().map(({ allocation, ordinal }) => `${allocation?.name} ${ordinal}`)).toEqual(
    ["example.cache[0] 2", "example.cache[1] 1"],
  );
  fleet.node("n2");
  expect(fleet.start()).toMatchObject({
    ordinal: 2,
    allocation: { version: 1, name: "example.cache[1]" },
  });
});
