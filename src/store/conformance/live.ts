import { expect } from "bun:test";
import { taskNumberOf } from "../../model/id.ts";
import * as given from "./fixtures.ts";
import { groups } from "./groupFixtures.ts";
import type { Check } from "./harness.ts";
import { commit, page } from "./requests.ts";

export function checkLive(check: Check): void {
  checkQueue(check);
  checkLiveRecords(check);
  checkPurge(check);
  checkGroups(check);
  checkRuns(check);

  check(
    "a long queue is read back as ranges with gaps and other slots kept apart",
    async (opened) => {
      const { store } = opened;
      const count = 10_000;
      await commit(store, (changes) => {
        changes.jobs.set(1, given.job(1, "Job"));
        changes.jobProgress.set(1, given.jobProgress(1));
        for (let ordinal = 1; ordinal <= count; ordinal += 1) {
          const task = given.task(1, ordinal);
          const requiredSlots = ordinal > 9000 ? 2 : 1;
          changes.newTasks.push({ ...task, spec: { ...task.spec, requiredSlots } });
        }
      });
      await commit(store, ({ tasks }) => tasks.set(taskNumberOf(1, 5000), null));
      const at = (ordinal: number) => taskNumberOf(1, ordinal);
      const reopened = await opened.reopen();
      expect((await reopened.readLive()).queued).toEqual([
        {
          job: 1,
          ranges: [
            { first: at(1), last: at(4999), slots: 1 },
            { first: at(5001), last: at(9000), slots: 1 },
            { first: at(9001), last: at(count), slots: 2 },
          ],
          again: [],
        },
      ]);
    },
  );
}

function checkGroups(check: Check): void {
  check(
    "tasks of a live job of groups come whole, whatever their state, and are in no queue",
    async (opened) => {
      const { store } = opened;
      const { record, tasks, execution } = groups(1, 7);
      await commit(store, (changes) => {
        changes.jobs.set(1, record);
        changes.jobProgress.set(1, given.jobProgress(1));
        changes.newTasks.push(...tasks);
        for (const task of tasks) changes.tasks.set(task.number, task.progress);
        changes.executions.set(execution.number, execution);
      });
      const reopened = await opened.reopen();
      const live = await reopened.readLive();
      expect(live.groupTasks).toEqual(tasks);
      expect(live.queued).toEqual([]);
      expect(live.jobs[0]?.record).toEqual(record);
      const [running] = live.executions;
      expect(running?.record).toEqual(execution);
      expect(running?.task.id).toBe(tasks[0]?.id);
      const ended = { ...execution, state: "ended" as const };
      await commit(reopened, (changes) => {
        changes.executions.set(execution.number, ended);
        changes.jobs.set(1, { ...record, state: "completed" });
      });
      expect((await reopened.readLive()).groupTasks).toEqual([]);
      expect(await reopened.readExecution(execution.number)).toEqual(ended);
    },
  );
}

function checkRuns(check: Check): void {
  check("targets of a fleet run that wait come whole, fresh and held ones too", async (opened) => {
    const { store } = opened;
    const { record, tasks } = given.fleetRun(1, 4);
    const [, second, third, fourth] = tasks;
    if (second === undefined || third === undefined || fourth === undefined) throw new Error();
    const again = given.requeued(given.running(third, 1, 2));
    const held = { ...fourth.progress, held: true };
    await commit(store, (changes) => {
      changes.jobs.set(1, record);
      changes.jobProgress.set(1, given.jobProgress(1));
      changes.newTasks.push(...tasks);
      changes.tasks.set(second.number, given.completed(given.running(second, 1, 1), 0));
      changes.tasks.set(third.number, again);
      changes.tasks.set(fourth.number, held);
    });
    const live = await (await opened.reopen()).readLive();
    const waiting = [tasks[0], { ...third, progress: again }, { ...fourth, progress: held }];
    expect(live.queued).toEqual([{ job: 1, ranges: [], again: waiting }] as never);
    expect(live.jobs[0]?.record).toEqual(record);
  });
}

function checkQueue(check: Check): void {
  check(
    "active tasks of live jobs are queued: fresh ones as ranges, others whole",
    async (opened) => {
      const { store } = opened;
      const tasks = [1, 2, 3, 4, 5, 6, 7, 8].map((ordinal) => given.task(1, ordinal));
      const [, second, third, , fifth] = tasks;
      if (second === undefined || third === undefined || fifth === undefined) throw new Error();
      const again = given.requeued(given.running(third, 1, 2));
      await commit(store, (changes) => {
        changes.jobs.set(1, given.job(1, "Job"));
        changes.jobs.set(2, { ...given.job(2, "done"), state: "completed" });
        changes.jobs.set(3, given.job(3, "idle"));
        changes.jobProgress.set(1, given.jobProgress(1));
        changes.newTasks.push(...tasks, given.task(2, 1));
        changes.tasks.set(second.number, given.running(second, 1, 1));
        changes.tasks.set(third.number, again);
        // Requeued before it ever ran: its counters are not zero.
        changes.tasks.set(fifth.number, { ...fifth.progress, requeueCount: 1 });
        changes.executions.set(1, given.execution(1, second.number));
      });
      const at = (ordinal: number) => taskNumberOf(1, ordinal);
      const live = await (await opened.reopen()).readLive();
      expect(live.queued).toEqual([
        {
          job: 1,
          ranges: [
            { first: at(1), last: at(1), slots: 1 },
            { first: at(4), last: at(4), slots: 1 },
            { first: at(6), last: at(8), slots: 1 },
          ],
          again: [
            { ...third, progress: again },
            { ...fifth, progress: { ...fifth.progress, requeueCount: 1 } },
          ],
        },
      ]);
    },
  );

  check("tasks before the first active one are not looked at", async ({ store }) => {
    const tasks = Array.from({ length: 6 }, (_, at) => given.task(1, at + 1));
    await commit(store, (changes) => {
      changes.jobs.set(1, given.job(1, "Job"));
      changes.jobProgress.set(1, given.jobProgress(1, 5));
      changes.newTasks.push(...tasks);
      for (const task of tasks.slice(0, 4)) {
        changes.tasks.set(task.number, given.completed(given.running(task, 1, 1), 0));
      }
    });
    const { queued } = await store.readLive();
    const ranges = [{ first: taskNumberOf(1, 5), last: taskNumberOf(1, 6), slots: 1 }];
    expect(queued).toEqual([{ job: 1, ranges, again: [] }]);
    await commit(store, ({ jobProgress }) => jobProgress.set(1, given.jobProgress(1, 7)));
    expect((await store.readLive()).queued).toEqual([]);
  });
}

function checkLiveRecords(check: Check): void {
  check(
    "executions that are not over come with their tasks, wherever these are",
    async ({ store }) => {
      const [first, second] = [given.task(1, 1, "First"), given.task(1, 2)];
      const moved = given.running(first, 1, 1);
      await commit(store, (changes) => {
        changes.jobs.set(1, given.job(1, "Job"));
        changes.jobProgress.set(1, given.jobProgress(1, 100));
        changes.newTasks.push(first, second);
        changes.tasks.set(first.number, moved);
        changes.executions.set(1, given.execution(1, first.number, { nodes: [1, 2] }));
        changes.executions.set(2, given.execution(2, second.number, { state: "lost" }));
        changes.executions.set(3, given.execution(3, second.number, { state: "ended" }));
      });
      const { executions } = await store.readLive();
      const record = given.execution(1, first.number, { nodes: [1, 2] });
      expect(executions).toEqual([{ record, task: { ...first, progress: moved } }]);
      await commit(store, (changes) => {
        const over = { ...record, state: "ended", endedAt: 9, result: given.RESULT } as const;
        changes.executions.set(1, over);
      });
      expect((await store.readLive()).executions).toEqual([]);
      expect((await store.listExecutions({}, page())).items).toHaveLength(3);
    },
  );

  check(
    "node jobs are of live jobs and present nodes, removals unconfirmed ones",
    async (opened) => {
      const { store } = opened;
      const counters = {
        pool: 1,
        node: 2,
        job: 3,
        execution: 4,
        event: 5,
        removal: 6,
        jobChange: 8,
        time: 7,
      };
      await commit(store, (changes) => {
        changes.nodes.set(1, given.node(1, "one"));
        changes.nodes.set(2, given.node(2, "two"));
        changes.jobs.set(1, { ...given.job(1, "ending"), state: "deleting" });
        changes.jobs.set(2, { ...given.job(2, "done"), state: "completed" });
        for (const node of [1, 2, 9]) changes.nodeJobs.set(`${node}:1`, given.nodeJob(node, 1));
        changes.nodeJobs.set("1:2", given.nodeJob(1, 2));
        changes.removals.set(1, { number: 1, node: 1, jobId: "a", taskId: "t" });
        changes.removals.set(2, { number: 2, node: 2, jobId: "a", taskId: null });
        changes.counters = { ...counters };
      });
      await commit(store, (changes) => {
        changes.nodes.set(2, null);
        changes.removals.set(2, null);
      });
      const live = await (await opened.reopen()).readLive();
      expect(live.nodeJobs).toEqual([given.nodeJob(1, 1)]);
      expect(live.nodes.map(({ record }) => record.id)).toEqual(["one"]);
      expect(live.jobs.map(({ record }) => record.spec.id)).toEqual(["ending"]);
      expect(live.removals).toEqual([{ number: 1, node: 1, jobId: "a", taskId: "t" }]);
      expect(live.counters).toEqual(counters);
    },
  );
}

function checkPurge(check: Check): void {
  check("a purge takes the tasks, executions and node jobs of its job alone", async (opened) => {
    const number = taskNumberOf(2, 1);
    const count = 1500;
    await commit(opened.store, (changes) => {
      changes.jobs.set(2, given.job(2, "kept"));
      for (let ordinal = 1; ordinal <= count; ordinal += 1) {
        const task = given.task(1, ordinal);
        changes.newTasks.push(task);
        changes.tasks.set(task.number, given.completed(given.running(task, 1, ordinal), 0));
        changes.executions.set(ordinal, given.execution(ordinal, task.number, { state: "ended" }));
      }
      changes.newTasks.push(given.task(2, 1), given.task(3, 1));
      for (const [at, task] of [number, taskNumberOf(3, 1), taskNumberOf(1, 1)].entries()) {
        changes.executions.set(9000 + at, given.execution(9000 + at, task));
      }
      changes.nodeJobs.set("1:1", given.nodeJob(1, 1));
      changes.nodeJobs.set("1:2", given.nodeJob(1, 2));
    });
    await commit(opened.store, ({ jobs, purgedJobs }) => {
      jobs.set(1, null);
      purgedJobs.push(1, 3);
    });
    // At once, and after a reopen too.
    for (const isReopened of [false, true]) {
      const store = isReopened ? await opened.reopen() : opened.store;
      expect((await store.listTasks(1, {}, page())).items).toEqual([]);
      expect(await store.readTasks(1, ["task-1"])).toEqual([]);
      expect(await store.findTaskIds(1, ["task-1"])).toEqual(new Set());
      expect(await store.readTasksByNumber([taskNumberOf(1, 1), number])).toHaveLength(1);
      expect(await store.readTaskRange(taskNumberOf(1, 1), taskNumberOf(1, 9), 9)).toEqual([]);
      expect(await store.readExecution(1)).toBeNull();
      expect(await store.readExecution(9002)).toBeNull();
      expect((await store.listExecutions({ job: 1 }, page())).items).toEqual([]);
      const left = await store.listExecutions({}, page());
      expect(left.items.map((execution) => execution.number)).toEqual([9000]);
      expect(await store.readNodeJobs(1)).toEqual([]);
      expect(await store.readNodeJobs(2)).toHaveLength(1);
      expect((await store.readLive()).executions.map(({ record }) => record.number)).toEqual([
        9000,
      ]);
    }
  });
}
