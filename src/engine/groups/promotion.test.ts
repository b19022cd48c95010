import { expect, test } from "bun:test";
import { CanaryFleet, newVersion } from "./testCanaries.ts";
import { NO_RESCHEDULE } from "./testGroups.ts";

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
