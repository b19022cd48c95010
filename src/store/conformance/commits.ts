import { expect } from "bun:test";
import { type Changes, emptyChanges, NO_COUNTERS } from "../../model/changes.ts";
import { emptyStoredFleet } from "../../model/fleet/changes.ts";
import { taskNumberOf } from "../../model/id.ts";
import type { IdempotencyRecord, Store } from "../store.ts";
import * as given from "./fixtures.ts";
import { type Check, codeOf } from "./harness.ts";
import { changesOf, commit, page } from "./requests.ts";

/** A bit of everything. */
function richChanges(): Changes {
  return changesOf((changes) => {
    const [first, second] = [given.task(1, 1, "First"), given.task(1, 2)];
    const moved = given.running(second, 1, 1);
    changes.pools.set(1, given.pool(1, "Default"));
    changes.nodes.set(1, given.node(1, "Node-1"));
    changes.nodeProgress.set(1, {
      linkId: "link",
      lastApplied: 5,
      tasksRun: 4,
      tasksSucceeded: 3,
      retainedUntil: given.T0,
      retainingJobs: 2,
    });
    changes.jobs.set(1, given.job(1, "Job"));
    changes.jobProgress.set(1, given.jobProgress(1));
    changes.nodeJobs.set("1:1", given.nodeJob(1, 1));
    changes.newTasks.push(first, second);
    changes.tasks.set(second.number, moved);
    changes.executions.set(1, given.execution(1, second.number));
    changes.removals.set(1, { number: 1, node: 1, jobId: "Old", taskId: null });
    changes.events.push(given.poolEvent(1, "Default"), given.taskEvent(2, "TaskStartEvent"));
    changes.counters = {
      pool: 1,
      node: 1,
      job: 1,
      execution: 1,
      event: 2,
      removal: 1,
      jobChange: 1,
      time: 9,
    };
  });
}

/** Everything that can be read of what richChanges wrote. */
async function readAll(store: Store) {
  return {
    live: await store.readLive(),
    pools: await store.listPools({}, page()),
    nodes: await store.listNodes({}, page()),
    jobs: await store.listJobs({}, page()),
    nodeJobs: await store.readNodeJobs(1),
    tasks: await store.listTasks(1, {}, page()),
    executions: await store.listExecutions({}, page()),
    events: await store.readEvents(0, {}, 100),
    last: await store.lastEventSequence(),
    answer: await store.readIdempotency("key"),
  };
}

const ANSWER: IdempotencyRecord = {
  key: "key",
  requestHash: "hash",
  status: 201,
  body: '{"a":1}',
  createdAt: given.T0,
};

export function checkCommits(check: Check): void {
  check("a new store is empty", async ({ store }) => {
    expect(await store.readLive()).toEqual({
      counters: { ...NO_COUNTERS },
      pools: [],
      nodes: [],
      jobs: [],
      nodeJobs: [],
      executions: [],
      removals: [],
      queued: [],
      groupTasks: [],
      fleet: emptyStoredFleet(),
    });
    expect(await store.lastEventSequence()).toBe(0);
    expect(await store.readEvents(0, {}, 10)).toEqual([]);
  });

  check("everything that was committed is read again, also after a reopen", async (opened) => {
    await opened.store.commit({ changes: richChanges(), idempotency: [ANSWER], epoch: 1 });
    const before = await readAll(opened.store);
    expect(before.live.executions).toHaveLength(1);
    expect(before.tasks.items.map(({ id }) => id)).toEqual(["First", "task-2"]);
    expect(before.answer).toEqual(ANSWER);
    expect(await readAll(await opened.reopen())).toEqual(before);
  });

  check("the same changes twice are the same as once", async ({ store }) => {
    await store.commit({ changes: richChanges(), idempotency: [ANSWER], epoch: 1 });
    const before = await readAll(store);
    await store.commit({ changes: richChanges(), idempotency: [ANSWER], epoch: 1 });
    expect(await readAll(store)).toEqual(before);
  });

  check("a later value takes the place of an earlier one", async ({ store }) => {
    await store.commit({ changes: richChanges(), idempotency: [], epoch: 1 });
    const number = taskNumberOf(1, 2);
    const progress = given.completed(given.running(given.task(1, 2), 1, 1), 3);
    const over = given.execution(1, number, { state: "ended", result: given.RESULT, endedAt: 7 });
    await commit(store, (changes) => {
      changes.pools.set(1, { ...given.pool(1, "Default"), etag: 2 });
      changes.nodes.set(1, { ...given.node(1, "Renamed"), pool: 2 });
      changes.jobs.set(1, { ...given.job(1, "Job"), state: "disabled" });
      changes.jobProgress.set(1, given.jobProgress(1, 9));
      changes.nodeJobs.set("1:1", { ...given.nodeJob(1, 1), removal: 4 });
      changes.tasks.set(number, progress);
      changes.taskSpecs.set(number, { commandLine: "other", requiredSlots: 2 });
      changes.executions.set(1, over);
    });
    expect((await store.readPool("default"))?.etag).toBe(2);
    expect((await store.listNodes({ pool: 2 }, page())).items[0]?.record.id).toBe("Renamed");
    const job = await store.readJob("job");
    expect(job?.record.state).toBe("disabled");
    expect(job?.progress).toEqual(given.jobProgress(1, 9));
    expect((await store.readNodeJobs(1))[0]?.removal).toBe(4);
    const [task] = await store.readTasksByNumber([number]);
    expect(task?.progress).toEqual(progress);
    expect(task?.spec).toEqual({ commandLine: "other", requiredSlots: 2 });
    expect(await store.readExecution(1)).toEqual(over);
  });

  checkRefusals(check);
  checkEpochs(check);
  checkIsolation(check);
}

/** Changes that no store takes: two things of one id. */
function refused(): { readonly title: string; readonly edit: (changes: Changes) => void }[] {
  return [
    {
      title: "two tasks of a job",
      edit: ({ newTasks }) => newTasks.push(given.task(1, 7, "FIRST")),
    },
    {
      title: "two new tasks of a job",
      edit: ({ newTasks }) => newTasks.push(given.task(1, 7, "x"), given.task(1, 8, "X")),
    },
    { title: "two jobs", edit: ({ jobs }) => jobs.set(2, given.job(2, "JOB")) },
    { title: "two pools", edit: ({ pools }) => pools.set(2, given.pool(2, "DEFAULT")) },
  ];
}

function checkRefusals(check: Check): void {
  for (const { title, edit } of refused()) {
    check(`a commit that fails leaves nothing: ${title} of one id`, async (opened) => {
      const { store } = opened;
      await store.commit({ changes: richChanges(), idempotency: [], epoch: 1 });
      const before = await readAll(store);
      const changes = changesOf((some) => {
        some.newTasks.push(...Array.from({ length: 50 }, (_, at) => given.task(1, 100 + at)));
        some.events.push(given.taskEvent(3, "TaskStartEvent"));
        some.executions.set(2, given.execution(2, taskNumberOf(1, 100)));
        some.counters = {
          pool: 9,
          node: 9,
          job: 9,
          execution: 9,
          event: 9,
          removal: 9,
          jobChange: 9,
          time: 9,
        };
        edit(some);
      });
      const work = store.commit({ changes, idempotency: [ANSWER], epoch: 2 });
      expect(await codeOf(work)).toBe("commitFailed");
      expect(await readAll(store)).toEqual(before);
      // Nothing of it is left over for the next one either, and the old epoch is still good.
      await store.commit({ changes: emptyChanges(), idempotency: [], epoch: 1 });
      expect(await readAll(await opened.reopen())).toEqual(before);
    });
  }
}

function checkEpochs(check: Check): void {
  check("a commit of an older epoch is refused, also after a reopen", async (opened) => {
    const edit = (changes: Changes) => changes.pools.set(1, given.pool(1, "late"));
    const late = () => ({ changes: changesOf(edit), idempotency: [], epoch: 4 });
    await opened.store.commit({ changes: emptyChanges(), idempotency: [], epoch: 5 });
    expect(await codeOf(opened.store.commit(late()))).toBe("superseded");
    const store = await opened.reopen();
    expect(await codeOf(store.commit(late()))).toBe("superseded");
    expect(await store.readPool("late")).toBeNull();
    await store.commit({ ...late(), epoch: 5 });
    expect(await store.readPool("late")).not.toBeNull();
  });
}

function checkIsolation(check: Check): void {
  check(
    "records that are changed after the commit do not change what is stored",
    async (opened) => {
      const { store } = opened;
      const changes = richChanges();
      await store.commit({ changes, idempotency: [], epoch: 1 });
      const before = await readAll(store);
      for (const record of changes.jobs.values()) if (record !== null) record.state = "completed";
      for (const record of changes.newTasks) record.progress.state = "completed";
      for (const record of changes.executions.values()) record.state = "lost";
      const [task] = await store.readTasks(1, ["first"]);
      if (task !== undefined) task.progress.retryCount = 99;
      expect(await readAll(store)).toEqual(before);
    },
  );
}
