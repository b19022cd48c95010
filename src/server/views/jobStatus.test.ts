import { expect, test } from "bun:test";
import type { JobCounts, JobRecord } from "../../model/job.ts";
import { jobStatusOf } from "./jobStatus.ts";

const NONE = { active: 0, running: 0, succeeded: 0, failed: 0 };
const GROUPS = { periodic: null, parameterized: null };

const ROWS: readonly (readonly [string, object, object, Partial<typeof NONE>, string])[] = [
  ["it is over", { state: "completed" }, GROUPS, { failed: 1 }, "dead"],
  ["it goes", { state: "deleting" }, GROUPS, { running: 1 }, "dead"],
  ["some of it runs", {}, GROUPS, { active: 2, running: 1 }, "running"],
  ["all of it waits", {}, GROUPS, { active: 2, failed: 1 }, "pending"],
  ["all failed for good", {}, GROUPS, { failed: 2 }, "dead"],
  ["groups of no count", {}, GROUPS, {}, "running"],
  ["a system job without a node", { type: "system" }, GROUPS, { active: 1 }, "running"],
  ["a parent", {}, { ...GROUPS, periodic: {} }, {}, "running"],
  ["tasks that wait", {}, {}, { active: 1 }, "pending"],
  ["a job of tasks that is open for more", {}, {}, { succeeded: 3 }, "running"],
];

for (const [name, job, groups, counts, expected] of ROWS) {
  test(`${name}: ${expected}`, () => {
    const { state = "active", type = "service" } = job as Partial<Record<string, string>>;
    const spec = { type, ...("periodic" in groups ? { groups } : {}) };
    const record = { state, spec } as unknown as JobRecord;
    expect(jobStatusOf(record, { ...NONE, ...counts } as JobCounts)).toBe(expected as "dead");
  });
}
