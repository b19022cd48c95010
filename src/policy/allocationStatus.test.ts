import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  allocationIndex,
  allocationName,
  allocationStatus,
  isTerminated,
  lastEventAt,
  ranSuccessfully,
} from "./allocationStatus.ts";

const PENDING = { state: "pending", failed: false } as const;
const RUNNING = { state: "running", failed: false } as const;
const DONE = { state: "dead", failed: false } as const;
const FAILED = { state: "dead", failed: true } as const;

const ROWS = [
  ["nothing", [], "complete"],
  ["one that failed", [RUNNING, PENDING, FAILED], "failed"],
  ["one that runs", [DONE, PENDING, RUNNING], "running"],
  ["one that waits", [DONE, PENDING], "pending"],
  ["all have ended", [DONE, DONE], "complete"],
] as const;

for (const [name, members, status] of ROWS) {
  test(`${name}: ${status}`, () => {
    expect(allocationStatus(members)).toBe(status);
  });
}

test("it ran successfully when all members ended and none failed", () => {
  expect([[], [DONE], [DONE, RUNNING], [DONE, FAILED]].map(ranSuccessfully)).toEqual([
    false,
    true,
    false,
    false,
  ]);
});

test("the last event is the latest end, else the last change", () => {
  const ends = [{ finishedAt: 5 }, { finishedAt: null }, { finishedAt: 7 }];
  expect([lastEventAt(ends, 99), lastEventAt([{ finishedAt: null }], 99)]).toEqual([7, 99]);
});

test("unknown is not over", () => {
  expect((["pending", "running", "unknown"] as const).some(isTerminated)).toBe(false);
  expect((["complete", "failed", "lost"] as const).every(isTerminated)).toBe(true);
});

test("a name gives its index back, whatever brackets the job has in its own", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (job, group, index) => {
      expect(allocationIndex(allocationName(job, group, index))).toBe(index);
    }),
  );
  expect(["job.group", "job.group[x]", "job.group[1] "].map(allocationIndex)).toEqual([
    null,
    null,
    null,
  ]);
});
