import { expect, test } from "bun:test";
import { planNote } from "./plan.ts";
import { CanaryFleet, newVersion } from "./testCanaries.ts";
import { GroupFleet, groupJob } from "./testGroups.ts";

const SAME = "Job example is at version 0 already: the same again changes nothing.";

function again(fleet: GroupFleet, job: ReturnType<typeof groupJob>) {
  const planned = planNote(fleet.engine, job);
  const reply = fleet.register(job);
  if (!reply.ok) throw new Error(reply.error.message);
  expect(reply.note ?? null).toBe(planned);
  return { version: reply.version, note: planned };
}

test("what is submitted as it is changes nothing, and says so; another version does", () => {
  const fleet = new GroupFleet();
  const job = groupJob({ count: 2 });
  expect(again(fleet, job)).toEqual({ version: 0, note: null });
  for (const order of fleet.starts()) fleet.healthy(order);
  expect(again(fleet, job)).toEqual({ version: 0, note: SAME });
  expect(fleet.starts()).toEqual([]);
  expect(again(fleet, groupJob({ count: 3 }))).toEqual({ version: 1, note: null });
});

test("a version that failed is not tried again by the same file, and it is said why and what to do", () => {
  const fleet = new CanaryFleet(2, { canary: 1, progressDeadlineMs: 0 });
  const job = groupJob({ count: 2, update: fleet.update, ...newVersion(200) });
  fleet.register(job);
  const canary = fleet.start();
  fleet.says(canary, { health: { healthy: false, at: fleet.now, reason: "deadline" } });
  fleet.stops();
  const { version, note } = again(fleet, job);
  expect(version).toBe(1);
  expect(note).toContain("That version has failed and is not tried again (Allocation ");
  expect(note).toEndWith(
    "is unhealthy: deadline). Change something, if only meta, or go back: stint job history example.",
  );
  expect(fleet.starts()).toEqual([]);
  fleet.register({ ...job, metadata: [{ name: "try", value: "2" }] });
  expect(fleet.groups?.version).toBe(2);
});

test("after auto_revert the file that failed is a change again, and is tried again", () => {
  const fleet = new CanaryFleet(2, { canary: 1, autoRevert: true, progressDeadlineMs: 0 });
  const job = groupJob({ count: 2, update: fleet.update, ...newVersion(200) });
  fleet.register(job);
  const canary = fleet.start();
  fleet.says(canary, { health: { healthy: false, at: fleet.now, reason: "deadline" } });
  fleet.stops();
  expect(again(fleet, job)).toEqual({ version: 3, note: null });
  expect(fleet.start().allocation).toMatchObject({ version: 3 });
});

test("a job that was stopped begins anew by the same file; a batch job that has run does not", () => {
  const fleet = new GroupFleet();
  const job = groupJob();
  fleet.register(job);
  fleet.starts();
  fleet.send({ kind: "terminateJob", job: "example", reason: "UserTerminate" });
  fleet.stops();
  expect(again(fleet, job)).toEqual({ version: 1, note: null });
  const batch = groupJob({ update: null }, { id: "once", type: "batch" });
  fleet.register(batch);
  for (const order of fleet.starts()) {
    if (order.jobId === "once") fleet.ends(order, 0, "complete");
  }
  expect(again(fleet, batch)).toEqual({
    version: 0,
    note: "Job once is at version 0 already: the same again changes nothing. It has run to its end. To run it again, change something, if only meta.",
  });
});
