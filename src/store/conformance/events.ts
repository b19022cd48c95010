import { expect } from "bun:test";
import * as given from "./fixtures.ts";
import type { Check } from "./harness.ts";
import { commit } from "./requests.ts";

const ERROR = {
  category: "UserError",
  code: "InvalidAffinity",
  message: "é",
  details: [{ name: "a", value: "b" }],
} as const;

const EVENTS = [
  given.poolEvent(1, "Pool"),
  given.taskEvent(2, "TaskStartEvent"),
  given.taskEvent(3, "TaskCompleteEvent", { startedAt: 1, endedAt: 2, exitCode: 0 }),
  given.taskEvent(4, "TaskStartEvent", { jobId: "other", taskType: "JobManager" }),
  given.taskEvent(5, "TaskFailEvent", { poolId: "p2", exitCode: -1, jobId: "JOB" }),
  given.taskEvent(6, "TaskScheduleFailEvent", { schedulingError: ERROR }),
  { ...given.poolEvent(7, "p2"), type: "SpecialTaskEvent", jobId: "job" },
] as const;

export function checkEvents(check: Check): void {
  check("events are read rising, resumed after any of them, and filtered", async (opened) => {
    await commit(opened.store, ({ events }) => events.push(...EVENTS.slice(0, 4)));
    await commit(opened.store, ({ events }) => events.push(...EVENTS.slice(4)));
    const store = await opened.reopen();
    expect(await store.readEvents(0, {}, 100)).toEqual([...EVENTS]);
    expect(await store.readEvents(2, {}, 3)).toEqual(EVENTS.slice(2, 5));
    expect(await store.readEvents(7, {}, 3)).toEqual([]);
    expect(await store.readEvents(1000, {}, 3)).toEqual([]);
    expect(await store.lastEventSequence()).toBe(7);
    const sequences = async (
      filter: Parameters<typeof store.readEvents>[1],
      after = 0,
      limit = 9,
    ) => (await store.readEvents(after, filter, limit)).map(({ sequence }) => sequence);
    expect(await sequences({ types: ["TaskStartEvent", "TaskFailEvent"] })).toEqual([2, 4, 5]);
    expect(await sequences({ types: [] })).toEqual([]);
    expect(await sequences({ jobId: "job" })).toEqual([2, 3, 5, 6, 7]);
    expect(await sequences({ jobId: "job" }, 3, 2)).toEqual([5, 6]);
    expect(await sequences({ poolId: "P2" })).toEqual([5, 7]);
    expect(await sequences({ poolId: "p2", types: ["TaskFailEvent"], jobId: "Job" })).toEqual([5]);
    expect(await sequences({ jobId: "" })).toEqual([]);
  });

  check("the newest events are read falling, between two of them, and filtered", async (opened) => {
    await commit(opened.store, ({ events }) => events.push(...EVENTS));
    const store = await opened.reopen();
    const sequences = async (
      between: { after?: number; before?: number },
      filter: Parameters<typeof store.readEvents>[1] = {},
      limit = 9,
    ) => {
      const span = { after: 0, before: null, ...between };
      return (await store.readNewestEvents(span, filter, limit)).map(({ sequence }) => sequence);
    };
    expect(await store.readNewestEvents({ after: 0, before: null }, {}, 100)).toEqual(
      EVENTS.toReversed(),
    );
    expect(await sequences({}, {}, 2)).toEqual([7, 6]);
    expect(await sequences({ before: 6 }, {}, 2)).toEqual([5, 4]);
    expect(await sequences({ after: 2, before: 6 })).toEqual([5, 4, 3]);
    expect(await sequences({ before: 1000 }, {}, 1)).toEqual([7]);
    expect(await sequences({ before: 1 })).toEqual([]);
    expect(await sequences({}, { jobId: "job" }, 3)).toEqual([7, 6, 5]);
    expect(await sequences({ before: 5 }, { types: ["TaskStartEvent"] })).toEqual([4, 2]);
  });

  check("a filter that hardly anything fits finds it among many events", async ({ store }) => {
    const count = 45_000;
    await commit(store, ({ events }) => {
      for (let sequence = 1; sequence <= count; sequence += 1) {
        const jobId = sequence === 3 || sequence === count - 1 ? "rare" : "common";
        events.push(given.taskEvent(sequence, "TaskStartEvent", { jobId }));
      }
    });
    const found = await store.readEvents(0, { jobId: "rare" }, 10);
    expect(found.map(({ sequence }) => sequence)).toEqual([3, count - 1]);
    const span = { after: 0, before: count - 1 };
    const older = await store.readNewestEvents(span, { jobId: "rare" }, 10);
    expect(older.map(({ sequence }) => sequence)).toEqual([3]);
  });
}
