import { expect, test } from "bun:test";
import { UPDATE_DEFAULT } from "../../model/groupDefaults.ts";
import { aMember } from "../../placement/testGroup.ts";
import { GroupFleet, groupJob, NO_RESCHEDULE } from "./testGroups.ts";

const SPEC = groupJob();
const CHANGED = groupJob({}, { priority: 60 });
const BATCH = groupJob({ update: null, reschedule: NO_RESCHEDULE }, { type: "batch" });

function indexOf(fleet: GroupFleet): number | undefined {
  const number = fleet.engine.jobsById.get("example") ?? 0;
  return fleet.engine.jobs.get(number)?.record.groups?.modifyIndex;
}

/** Asks for the job only if its modify index is this. */
function submit(fleet: GroupFleet, checkIndex: number, spec = SPEC) {
  return fleet.send({ kind: "registerJob", spec, checkIndex });
}

function refusal(message: string) {
  return { ok: false, error: { code: "ConditionNotMet", field: "checkIndex", message } } as const;
}

test("a job is made only if there is none of its id", () => {
  const fleet = new GroupFleet();
  expect(submit(fleet, 1)).toMatchObject(
    refusal("Expected that job example has modify index 1, and there is no job example."),
  );
  expect(submit(fleet, 0)).toEqual({ ok: true, version: 0, modifyIndex: 1 });
  expect(submit(fleet, 0)).toMatchObject(
    refusal("Expected that there is no job example, and job example has modify index 1."),
  );
});

test("each change of a job is noticed, and what changes nothing is none", () => {
  const fleet = new GroupFleet();
  fleet.register(SPEC);
  const seen = [indexOf(fleet)];
  const changes = [
    () => fleet.register(CHANGED),
    () => fleet.send({ kind: "revertJob", job: "example", version: 0, user: "alice" }),
    () => fleet.send({ kind: "disableJob", job: "example", disableTasks: "wait" }),
    () => fleet.register(CHANGED),
    () => fleet.send({ kind: "terminateJob", job: "example", reason: "UserTerminate" }),
    () => fleet.register(CHANGED),
  ];
  for (const change of changes) {
    expect(change()).toMatchObject({ ok: true });
    seen.push(indexOf(fleet));
    const before = seen.at(-2) ?? 0;
    expect(submit(fleet, before)).toMatchObject({ error: { code: "ConditionNotMet" } });
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual([...seen].sort((a = 0, b = 0) => a - b));
  expect(fleet.register(CHANGED)).toMatchObject({ modifyIndex: seen.at(-1) });
});

test("a job that is purged and made again has another index", () => {
  const fleet = new GroupFleet();
  fleet.register(SPEC);
  const before = indexOf(fleet) ?? 0;
  fleet.send({ kind: "deleteJob", job: "example" });
  expect(submit(fleet, 0)).toMatchObject({ error: { code: "JobBeingDeleted" } });
  const nodes = [...fleet.engine.nodes.values()].map(({ record }) => record.id);
  fleet.stops();
  for (const node of nodes) fleet.report(node, { kind: "removed", removal: 1 });
  expect(indexOf(fleet)).toBe(undefined);
  expect(fleet.register(SPEC)).toMatchObject({ version: 0 });
  expect(indexOf(fleet)).toBeGreaterThan(before);
  expect(submit(fleet, before)).toMatchObject({ error: { code: "ConditionNotMet" } });
});

test("what becomes of its executions, and the end of its work, is no change of a job", () => {
  const fleet = new GroupFleet();
  fleet.register(BATCH);
  const before = indexOf(fleet);
  fleet.ends(fleet.start(), 0, "complete");
  expect(fleet.engine.jobs.get(1)?.record.state).toBe("completed");
  expect(indexOf(fleet)).toBe(before);
  expect(submit(fleet, before ?? 0, BATCH)).toMatchObject({ ok: true, version: 0, modifyIndex: 1 });
});

test("a failed deployment that goes back changes the job", () => {
  const fleet = new GroupFleet();
  const update = { ...UPDATE_DEFAULT, autoRevert: true, progressDeadlineMs: 0 };
  fleet.register(groupJob({ update }));
  fleet.healthy(fleet.start());
  const members = [aMember({ config: { command: "false" } })];
  fleet.register(groupJob({ update, members }));
  const tried = indexOf(fleet) ?? 0;
  fleet.stops();
  fleet.says(fleet.start(), { health: { healthy: false, at: fleet.now, reason: "It is ill." } });
  expect(fleet.engine.jobs.get(1)?.record.groups?.version).toBe(2);
  expect(indexOf(fleet)).toBeGreaterThan(tried);
});

test("a job of tasks of the same id is refused as what it is", () => {
  const fleet = new GroupFleet();
  fleet.job({ id: "example" });
  expect(submit(fleet, 7)).toMatchObject({ error: { code: "JobExists" } });
});
