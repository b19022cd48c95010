import { expect, test } from "bun:test";
import { allocationId } from "../../model/allocationId.ts";
import { isoTime } from "../../model/time.ts";
import { CanaryFleet, newVersion } from "./testCanaries.ts";
import { groupJob, NO_RESCHEDULE } from "./testGroups.ts";

/** What is refused of promotions, and where a job that is disabled stands with canaries. */

function disable(fleet: CanaryFleet, disableTasks: "wait" | "requeue" | "terminate"): void {
  expect(fleet.send({ kind: "disableJob", job: "example", disableTasks })).toEqual({ ok: true });
}

function stateOf(fleet: CanaryFleet) {
  return fleet.engine.jobs.get(1)?.record.state;
}

test("a job that is disabled is not promoted", () => {
  const fleet = new CanaryFleet(2, { canary: 1 });
  fleet.change(newVersion(200));
  fleet.healthy(fleet.start());
  disable(fleet, "wait");
  expect(fleet.promote()).toMatchObject({
    ok: false,
    error: { code: "JobNotActive", message: expect.stringContaining("is disabling") },
  });
  disable(fleet, "terminate");
  fleet.stops();
  expect(stateOf(fleet)).toBe("disabled");
  expect(fleet.promote()).toMatchObject({
    ok: false,
    error: { code: "JobNotActive", fix: "Enable it first, then promote it." },
  });
  expect(fleet.send({ kind: "enableJob", job: "example" })).toEqual({ ok: true });
  for (const order of fleet.starts()) fleet.healthy(order);
  expect(fleet.versions()).toEqual(["[0] 0", "[0] 1*", "[1] 0"]);
  expect(fleet.promote()).toMatchObject({ ok: true });
});

test("a job is not disabled before its canaries have ended", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.change({ reschedule: NO_RESCHEDULE });
  fleet.change({ ...newVersion(200), reschedule: NO_RESCHEDULE });
  const canary = fleet.start();
  fleet.healthy(canary);
  const [old] = fleet.old;
  if (old === undefined) throw new Error("nothing runs");
  fleet.fails(old);
  disable(fleet, "wait");
  expect(stateOf(fleet)).toBe("disabling");
  expect(fleet.send({ kind: "enableJob", job: "example" })).toMatchObject({
    error: { fix: expect.stringContaining("its 1 running execution has ended") },
  });
  fleet.fails(canary);
  expect(stateOf(fleet)).toBe("disabled");
});

test("a job is disabled when its original out of contact is given up or has come back", () => {
  const disconnect = {
    lostAfterMs: 300_000,
    stopOnClientAfterMs: null,
    replace: true,
    reconcile: "best_score",
  } as const;
  for (const disableTasks of ["wait", "requeue"] as const) {
    const fleet = new CanaryFleet(1, {}, ["n1", "n2"]);
    fleet.change({ disconnect });
    const [old] = fleet.old;
    if (old === undefined) throw new Error("nothing runs");
    fleet.pass(61_000, [old.nodeId]);
    const next = fleet.start();
    disable(fleet, disableTasks);
    if (disableTasks === "wait") {
      fleet.fails(next);
      expect(stateOf(fleet)).toBe("disabling");
      fleet.pass(300_000, [old.nodeId]);
    } else fleet.stops();
    expect(stateOf(fleet)).toBe("disabled");
  }
});

test("a job that is stopped is not promoted", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  fleet.change(newVersion(200));
  fleet.send({ kind: "terminateJob", job: "example", reason: "UserTerminate" });
  expect(fleet.promote()).toMatchObject({ ok: false, error: { code: "JobBeingTerminated" } });
});

test("what is named wrongly is told apart from what is not healthy yet, and from what is done", () => {
  const fleet = new CanaryFleet(1, { canary: 1 });
  expect(fleet.promote(["cache"])).toMatchObject({
    ok: false,
    error: { code: "ConditionNotMet", message: expect.stringContaining("is successful") },
  });
  fleet.change(newVersion(200));
  expect(fleet.promote(["web"])).toMatchObject({
    ok: false,
    error: {
      code: "InvalidPropertyValue",
      field: "groups",
      message: expect.stringContaining('no task group "web"'),
      fix: expect.stringContaining("cache"),
    },
  });
  expect(fleet.promote(["cache"])).toMatchObject({ error: { code: "ConditionNotMet" } });
  fleet.healthy(fleet.start());
  expect(fleet.promote(["cache"])).toEqual({ ok: true, version: 1 });
  // The answer may have been lost, and the deployment may be over by now.
  expect(fleet.deployment?.status).toBe("successful");
  expect(fleet.promote(["cache"])).toEqual({ ok: true, version: 1 });
  expect(fleet.promote()).toMatchObject({ error: { code: "ConditionNotMet" } });
});

function refusal(fleet: CanaryFleet, groups: readonly string[] | null = null) {
  const reply = fleet.promote(groups);
  if (reply.ok) throw new Error("it was promoted");
  return [reply.error.message, reply.error.fix];
}

test("a promotion that nothing waits for says why, and that nothing is to be done", () => {
  const plain = new CanaryFleet(2, {});
  plain.change({ ...newVersion(200), count: 3 });
  expect(refusal(plain)).toEqual([
    "Expected canaries of job example that wait for a promotion, and there are none: no group of it has canaries in its update block.",
    "Nothing more is to be promoted, it goes on by itself. See how far it is: stint job status example.",
  ]);
  expect(refusal(plain, ["cache"])).toEqual([
    'Expected groups of job example with canaries, and task group "cache" has no canaries.',
    "No group waits for a promotion.",
  ]);
  const grown = new CanaryFleet(2, { canary: 1 });
  grown.change({ count: 3 });
  expect(refusal(grown)[0]).toEndWith(
    "and there are none: version 1 replaces nothing that has to be tried first.",
  );
  const batch = new CanaryFleet(1, {});
  batch.register({ ...groupJob({ update: null }), id: "other", type: "batch" });
  const reply = batch.send({ kind: "promoteJob", job: "other", groups: null, user: "alice" });
  expect(reply).toMatchObject({
    error: {
      message:
        "Expected a deployment of job other that waits for a promotion, and it has none: it is a batch job.",
      fix: "Nothing needs to be promoted: only versions of services with update { canary = N } do.",
    },
  });
});

test("a promotion that was made says by whom and when", () => {
  const fleet = new CanaryFleet(2, { canary: 1 });
  fleet.change(newVersion(200));
  fleet.healthy(fleet.start());
  fleet.promote();
  const when = isoTime(fleet.now);
  expect(refusal(fleet)[0]).toBe(
    `Expected canaries of job example that wait for a promotion, and there are none: they are in their places, promoted: cache by alice at ${when}.`,
  );
  fleet.stops();
  fleet.healthy(fleet.start());
  expect(refusal(fleet)).toEqual([
    `Deployment 1-1 of job example is successful; only a running one can be promoted. Version 1 runs, promoted: cache by alice at ${when}.`,
    "Nothing more is to be promoted.",
  ]);
});

test("a promotion of canaries that are not healthy says which, why, and until when", () => {
  const fleet = new CanaryFleet(2, { canary: 2, progressDeadlineMs: 600_000 });
  fleet.change(newVersion(200));
  const deadline = isoTime(fleet.now + 600_000);
  const [first, second] = fleet.starts();
  if (first === undefined || second === undefined) throw new Error("no canaries");
  fleet.says(first);
  const [id, other] = [first, second].map(({ execution }) => allocationId(execution).slice(0, 8));
  expect(refusal(fleet)).toEqual([
    `Expected all canaries of job example to be healthy, and not all are. Task group "cache" has 0/2 healthy allocations. Allocation ${id} of group cache is running and not healthy yet.`,
    `Wait for them, until ${deadline} at the latest, or run a job file that mends it. See how they are: stint job status example.`,
  ]);
  fleet.says(second, { health: { healthy: false, at: fleet.now, reason: "deadline" } });
  expect(refusal(fleet)[0]).toEndWith(`Allocation ${other} of group cache is unhealthy: deadline.`);
  fleet.pass(601_000);
  expect(refusal(fleet)).toEqual([
    `Deployment 1-1 of job example is failed; only a running one can be promoted. Allocation ${other} of group cache is unhealthy: deadline.`,
    "Run a job file that mends it: the same one again makes no new version. Or go back to one of stint job history example.",
  ]);
});
