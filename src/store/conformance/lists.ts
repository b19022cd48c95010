import { expect } from "bun:test";
import { taskNumberOf } from "../../model/id.ts";
import type { PageRequest, Store } from "../store.ts";
import * as given from "./fixtures.ts";
import { type Check, codeOf } from "./harness.ts";
import { allPages, commit, page } from "./requests.ts";

const ORDERS = ["ascending", "descending"] as const;

function inOrder<Item>(rising: readonly Item[], order: PageRequest["order"]): Item[] {
  return order === "ascending" ? [...rising] : rising.toReversed();
}

export function checkLists(check: Check): void {
  checkPoolsAndNodes(check);
  checkJobs(check);
  checkNodeJobs(check);
  checkTasks(check);
  checkTaskFilters(check);
  checkExecutions(check);
  check("a cursor that no page gave is refused", async ({ store }) => {
    const bad = page({ cursor: "%%%" });
    expect(await codeOf(store.listPools({}, bad))).toBe("badCursor");
    expect(await codeOf(store.listNodes({}, bad))).toBe("badCursor");
    expect(await codeOf(store.listJobs({}, page({ cursor: "e30" })))).toBe("badCursor");
    expect(await codeOf(store.listNodeJobs(1, bad))).toBe("badCursor");
    expect(await codeOf(store.listTasks(1, {}, bad))).toBe("badCursor");
    expect(await codeOf(store.listExecutions({}, bad))).toBe("badCursor");
  });
}

function checkPoolsAndNodes(check: Check): void {
  check("pools are listed by id and found whatever the case", async ({ store }) => {
    await commit(store, ({ pools }) => {
      for (const [at, id] of ["delta", "Alpha", "charlie", "Bravo", "echo"].entries()) {
        pools.set(at + 1, given.pool(at + 1, id));
      }
    });
    for (const order of ORDERS) {
      const pools = await allPages(order, (request) => store.listPools({}, request));
      const ids = ["Alpha", "Bravo", "charlie", "delta", "echo"];
      expect(pools.map(({ spec }) => spec.id)).toEqual(inOrder(ids, order));
    }
    const some = await store.listPools({ idPrefix: "A" }, page());
    expect(some.items.map(({ spec }) => spec.id)).toEqual(["Alpha"]);
    expect((await store.listPools({ idPrefix: "lph" }, page())).items).toEqual([]);
    expect(await store.readPool("alpha")).toEqual(given.pool(2, "Alpha"));
    expect(await store.readPool("nobody")).toBeNull();
    await commit(store, ({ pools }) => pools.set(2, null));
    expect(await store.readPool("alpha")).toBeNull();
  });

  check("nodes are listed by number, with their progress, by pool and by id", async ({ store }) => {
    const progress = {
      linkId: "link",
      lastApplied: 5,
      tasksRun: 4,
      tasksSucceeded: 3,
      retainedUntil: given.T0,
      retainingJobs: 2,
    };
    await commit(store, ({ nodes, nodeProgress }) => {
      for (let at = 1; at <= 5; at += 1) nodes.set(at, given.node(at, `Web-${at}`, 1 + (at % 2)));
      nodes.set(6, given.node(6, "db-1"));
      nodeProgress.set(3, progress);
    });
    for (const order of ORDERS) {
      const nodes = await allPages(order, (request) => store.listNodes({}, request));
      expect(nodes.map(({ record }) => record.number)).toEqual(inOrder([1, 2, 3, 4, 5, 6], order));
    }
    const odd = await store.listNodes({ pool: 2, idPrefix: "wEB-" }, page());
    expect(odd.items.map(({ record }) => record.number)).toEqual([1, 3, 5]);
    expect(odd.items[1]).toEqual({ record: given.node(3, "Web-3", 2), progress });
    expect(odd.items[0]?.progress).toMatchObject({ linkId: null, lastApplied: 0 });
    const certain = await store.listNodes({ pool: 2, numbers: [6, 5, 1] }, page({ limit: 1 }));
    expect(certain.items.map(({ record }) => record.number)).toEqual([1]);
    expect(certain.cursor).not.toBeNull();
    expect((await store.listNodes({ numbers: [] }, page())).items).toEqual([]);
    await commit(store, ({ nodes }) => nodes.set(3, null));
    await commit(store, ({ nodes }) => nodes.set(3, given.node(3, "again")));
    const again = await store.listNodes({ idPrefix: "again" }, page());
    expect(again.items[0]?.progress.linkId).toBeNull();
  });
}

function checkJobs(check: Check): void {
  check("jobs are listed by number, by state, pool and id, completed ones too", async (opened) => {
    const { store } = opened;
    await commit(store, ({ jobs }) => {
      jobs.set(1, { ...given.job(1, "Build-1", "Linux"), state: "completed" });
      jobs.set(2, given.job(2, "build-2", "linux"));
      jobs.set(3, given.job(3, "test-1", "linux"));
      jobs.set(4, given.job(4, "build_3", "Mac"));
      jobs.set(5, { ...given.job(5, "z"), state: "deleting" });
    });
    for (const order of ORDERS) {
      const jobs = await allPages(order, (request) => store.listJobs({}, request));
      expect(jobs.map(({ record }) => record.number)).toEqual(inOrder([1, 2, 3, 4, 5], order));
      const onLinux = await allPages(order, (request) =>
        store.listJobs({ poolId: "LINUX" }, request),
      );
      expect(onLinux.map(({ record }) => record.number)).toEqual(inOrder([1, 2, 3], order));
    }
    const numbers = async (filter: Parameters<Store["listJobs"]>[0]) =>
      (await store.listJobs(filter, page())).items.map(({ record }) => record.number);
    expect(await numbers({ state: "completed" })).toEqual([1]);
    expect(await numbers({ idPrefix: "BUILD" })).toEqual([1, 2, 4]);
    expect(await numbers({ idPrefix: "build_" })).toEqual([4]);
    expect(await numbers({ idPrefix: "build", poolId: "linux", state: "active" })).toEqual([2]);
    expect(await store.readJobsByNumber([5, 1, 77])).toEqual([
      { ...given.job(1, "Build-1", "Linux"), state: "completed" },
      { ...given.job(5, "z"), state: "deleting" },
    ]);
    expect((await store.readJob("build-1"))?.record.number).toBe(1);
  });

  check("an id is free again once its job is deleted, in one commit too", async (opened) => {
    const { store } = opened;
    await commit(store, ({ jobs, jobProgress, newTasks }) => {
      jobs.set(1, given.job(1, "Job"));
      jobProgress.set(1, given.jobProgress(1));
      newTasks.push(given.task(1, 1));
    });
    await commit(store, ({ jobs, purgedJobs, newTasks }) => {
      jobs.set(2, given.job(2, "job"));
      jobs.set(1, null);
      purgedJobs.push(1);
      newTasks.push(given.task(2, 1));
    });
    expect((await store.readJob("job"))?.record.number).toBe(2);
    expect((await store.listJobs({}, page())).items).toHaveLength(1);
    expect(await store.readTasks(1, ["task-1"])).toEqual([]);
    expect(await store.readTasks(2, ["task-1"])).toEqual([given.task(2, 1)]);
    // A job without stored progress has none yet.
    expect((await store.readJob("job"))?.progress.firstActive).toBe(taskNumberOf(2, 1));
  });
}

function checkNodeJobs(check: Check): void {
  check("a job's nodes are listed by node id, then number, gone ones too", async ({ store }) => {
    await commit(store, ({ nodeJobs, nodes }) => {
      nodes.set(3, given.node(3, "b"));
      nodeJobs.set("3:1", given.nodeJob(3, 1, "b"));
      nodeJobs.set("5:1", given.nodeJob(5, 1, "a"));
      nodeJobs.set("4:1", given.nodeJob(4, 1, "b"));
      nodeJobs.set("10:1", given.nodeJob(10, 1, "b"));
      nodeJobs.set("3:2", given.nodeJob(3, 2, "b"));
    });
    for (const order of ORDERS) {
      const records = await allPages(order, (request) => store.listNodeJobs(1, request));
      expect(records.map((record) => record.node)).toEqual(inOrder([5, 3, 4, 10], order));
    }
    expect((await store.readNodeJobs(1)).map((record) => record.node)).toEqual([3, 4, 5, 10]);
    expect(await store.readNodeJobs(2)).toEqual([given.nodeJob(3, 2, "b")]);
  });
}

function checkTasks(check: Check): void {
  check("tasks are read by id, by number and by range", async ({ store }) => {
    const tasks = [1, 2, 3, 4, 5].map((at) => given.task(1, at, `Task-${at}`));
    await commit(store, ({ newTasks }) => newTasks.push(...tasks, given.task(2, 1, "Task-1")));
    const numbers = tasks.map(({ number }) => number);
    const [first = 0, second = 0, , fourth = 0] = numbers;
    const found = await store.readTasks(1, ["task-4", "none", "task-1"]);
    expect(found.toSorted((a, b) => a.number - b.number)).toEqual(
      tasks.filter(({ number }) => number === first || number === fourth),
    );
    expect(await store.findTaskIds(1, ["task-2", "none", "Task-3"])).toEqual(new Set(["task-2"]));
    expect(await store.findTaskIds(3, ["task-2"])).toEqual(new Set());
    expect(await store.readTasksByNumber([fourth, first, 1])).toEqual(
      tasks.filter(({ number }) => number === first || number === fourth),
    );
    expect(await store.readTaskRange(second, fourth, 10)).toEqual(tasks.slice(1, 4));
    expect(await store.readTaskRange(second, fourth, 2)).toEqual(tasks.slice(1, 3));
    expect(await store.readTasks(1, [])).toEqual([]);
    expect(await store.readTasksByNumber([])).toEqual([]);
  });

  check("thousands of ids and numbers are looked up at once", async ({ store }) => {
    const tasks = Array.from({ length: 2500 }, (_, at) => given.task(1, at + 1));
    await commit(store, ({ newTasks }) => newTasks.push(...tasks));
    const ids = tasks.map(({ id }) => id);
    expect((await store.findTaskIds(1, [...ids, "none"])).size).toBe(2500);
    expect(await store.readTasks(1, ids)).toHaveLength(2500);
    expect(await store.readTasksByNumber(tasks.map(({ number }) => number))).toEqual(tasks);
  });

  check(
    "a deleted task is gone with its executions; its id is free, in one commit too",
    async ({ store }) => {
      const [first, second, third] = [
        given.task(1, 1, "a"),
        given.task(1, 2),
        given.task(1, 3, "A"),
      ];
      await commit(store, ({ newTasks, executions }) => {
        newTasks.push(first, second);
        executions.set(1, given.execution(1, first.number, { state: "ended" }));
        executions.set(2, given.execution(2, first.number));
        executions.set(3, given.execution(3, second.number));
      });
      await commit(store, ({ newTasks, tasks, executions }) => {
        newTasks.push(third);
        tasks.set(first.number, null);
        executions.set(2, given.execution(2, first.number, { state: "ended" }));
      });
      expect(await store.readTasksByNumber([first.number])).toEqual([]);
      expect(await store.readTasks(1, ["a"])).toEqual([third]);
      const left = await store.listExecutions({}, page());
      expect(left.items.map(({ number }) => number)).toEqual([3]);
    },
  );
}

function checkTaskFilters(check: Check): void {
  check("tasks are listed by number, by state, result, node and id", async ({ store }) => {
    const tasks = Array.from({ length: 9 }, (_, at) => given.task(1, at + 1, `T-${at + 1}`));
    await commit(store, (changes) => {
      changes.newTasks.push(...tasks, given.task(2, 1));
      for (const [at, task] of tasks.entries()) {
        const progress = given.running(task, 1 + (at % 2), at + 1);
        if (at < 2) continue;
        if (at < 4) changes.tasks.set(task.number, progress);
        else if (at < 7) changes.tasks.set(task.number, given.completed(progress, at % 2));
        else changes.tasks.set(task.number, given.requeued(progress));
      }
    });
    for (const order of ORDERS) {
      const ordinals = async (filter: Parameters<Store["listTasks"]>[1]) => {
        const listed = await allPages(order, (request) => store.listTasks(1, filter, request));
        return listed.map(({ number }) => number - taskNumberOf(1, 0));
      };
      expect(await ordinals({})).toEqual(inOrder([1, 2, 3, 4, 5, 6, 7, 8, 9], order));
      expect(await ordinals({ state: "active" })).toEqual(inOrder([1, 2, 8, 9], order));
      expect(await ordinals({ state: "running" })).toEqual(inOrder([3, 4], order));
      expect(await ordinals({ state: "preparing" })).toEqual([]);
      expect(await ordinals({ state: "completed" })).toEqual(inOrder([5, 6, 7], order));
      expect(await ordinals({ result: "success" })).toEqual(inOrder([5, 7], order));
      expect(await ordinals({ result: "failure", state: "completed" })).toEqual([6]);
      expect(await ordinals({ node: 1 })).toEqual(inOrder([3, 5, 7, 9], order));
      expect(await ordinals({ idPrefix: "t-" })).toHaveLength(9);
      expect(await ordinals({ idPrefix: "T-9" })).toEqual([9]);
      expect(await ordinals({ idPrefix: "t", node: 2, state: "active" })).toEqual([8]);
      expect(await ordinals({ idPrefix: "u" })).toEqual([]);
    }
  });
}

function checkExecutions(check: Check): void {
  check("executions are listed by number, by job, task, node and life", async ({ store }) => {
    const [one, two, other] = [given.task(1, 1), given.task(1, 2), given.task(2, 1)];
    const states = ["ended", "running", "lost", "unknown", "ended", "assigned"] as const;
    const tasks = [one.number, two.number, one.number, one.number, other.number, other.number];
    await commit(store, ({ newTasks, executions }) => {
      newTasks.push(one, two, other);
      for (const [at, state] of states.entries()) {
        const nodes = at === 2 ? [7, 8, 9] : [1 + (at % 2)];
        const result = state === "ended" ? given.RESULT : null;
        const change = { state, nodes, result, ordinal: at + 1, stopReason: "requeued" } as const;
        executions.set(at + 1, given.execution(at + 1, tasks[at] ?? 0, change));
      }
    });
    for (const order of ORDERS) {
      const numbers = async (filter: Parameters<Store["listExecutions"]>[0]) => {
        const listed = await allPages(order, (request) => store.listExecutions(filter, request));
        return listed.map(({ number }) => number);
      };
      expect(await numbers({})).toEqual(inOrder([1, 2, 3, 4, 5, 6], order));
      expect(await numbers({ job: 1 })).toEqual(inOrder([1, 2, 3, 4], order));
      expect(await numbers({ task: one.number })).toEqual(inOrder([1, 3, 4], order));
      expect(await numbers({ task: one.number, job: 2 })).toEqual([]);
      expect(await numbers({ live: true })).toEqual(inOrder([2, 4, 6], order));
      expect(await numbers({ node: 1 })).toEqual(inOrder([1, 5], order));
      expect(await numbers({ node: 8 })).toEqual([3]);
      expect(await numbers({ node: 2, job: 1, live: true })).toEqual(inOrder([2, 4], order));
    }
    expect((await store.readExecution(3))?.nodes).toEqual([7, 8, 9]);
    expect((await store.readExecution(1))?.result).toEqual(given.RESULT);
    expect(await store.readExecution(2)).toMatchObject({ job: 1, task: two.number, result: null });
    expect(await store.readExecution(99)).toBeNull();
  });
}
