import { expect, test } from "bun:test";
import type { Input, Reply } from "../engine/input.ts";
import { newEngine } from "../engine/state.ts";
import { JOB, POOL } from "../engine/testFleet.ts";
import { copyTask, TestStore } from "../engine/testStore.ts";
import { newFleet } from "../fleet/state.ts";
import { foldId, type JobNumber } from "../model/id.ts";
import type { TaskRecord } from "../model/task.ts";
import { type Batch, LoopCore, type Next, type ReadAnswers, type Reads } from "./loopCore.ts";
import { ServerMachine } from "./machine.ts";

/** The loop's core with a store that a test commits to by hand. */
class TestLoop {
  readonly store = new TestStore();
  readonly core = new LoopCore<string>(new ServerMachine(newEngine(1), newFleet()));
  readonly released: { caller: string; reply: Reply }[] = [];
  now = 1;

  /** Applies a batch as one that begins now; `meanwhile` happens after the reads. */
  apply(inputs: Record<string, Input>, meanwhile: () => void = () => undefined): void {
    const asked = Object.entries(inputs).map(([caller, input]) => ({ caller, input }));
    const jobs = [...this.core.collect(asked)].flatMap((id) => {
      const record = this.store.jobOfId(id);
      if (record === undefined) return [];
      const progress = this.store.progressOf(record.number);
      const groupTasks = this.store.groupTasksOf(record);
      return [{ record: { ...record }, progress, nodeJobs: [], groupTasks }];
    });
    const answers = this.#answers(this.core.admit(jobs));
    meanwhile();
    this.now += 1;
    this.#next(this.core.apply(answers, this.now));
  }

  #answers(reads: Reads): ReadAnswers {
    const tasks = new Map<JobNumber, Map<string, TaskRecord>>();
    for (const [job, ids] of reads.tasks) {
      const found = [...(this.store.tasks.get(job)?.byNumber.values() ?? [])]
        .filter((task) => ids.has(foldId(task.id)))
        .map((task) => [foldId(task.id), copyTask(task)] as const);
      tasks.set(job, new Map(found));
    }
    const taskIds = new Map<JobNumber, Set<string>>();
    for (const [job, ids] of reads.taskIds) {
      const stored = this.store.tasks.get(job)?.byId;
      taskIds.set(job, new Set([...ids].filter((id) => stored?.has(id))));
    }
    const ranges = reads.ranges.map(({ job, first, last }) =>
      [...(this.store.tasks.get(job)?.byNumber.values() ?? [])]
        .filter(({ number }) => number >= first && number <= last)
        .map(copyTask),
    );
    return { tasks, taskIds, ranges, instances: new Map() };
  }

  inFlight: Batch<string> | null = null;

  /** The commit in flight is durable, and the next one begins. */
  commit(): void {
    if (this.inFlight === null) throw new Error("no commit is in flight");
    this.store.apply(this.inFlight.changes);
    this.inFlight = null;
    this.#next(this.core.committed());
  }

  #next({ release, commit }: Next<string>): void {
    for (const { replies } of release) this.released.push(...replies);
    this.inFlight = commit ?? this.inFlight;
  }

  /** Callers that got their reply since the last look, with its code. */
  told(): string[] {
    return this.released.splice(0).map(({ caller, reply }) => {
      if (!reply.ok) return `${caller}: ${reply.error.code}`;
      const [task] = reply.tasks ?? [];
      return `${caller}: ${task?.status === "clienterror" ? task.error.code : "ok"}`;
    });
  }
}

function add(...ids: string[]): Input {
  const tasks = ids.map((id) => ({ id, spec: { commandLine: "run" } }));
  return { kind: "addTasks", job: "job", tasks };
}

function withJob(): TestLoop {
  const loop = new TestLoop();
  loop.apply({ pool: { kind: "createPool", spec: POOL }, job: { kind: "createJob", spec: JOB } });
  loop.commit();
  loop.told();
  return loop;
}

test("replies are released after their commit, in order", () => {
  const loop = withJob();
  loop.apply({ first: add("a") });
  loop.apply({ second: add("b") });
  expect(loop.core.isReady).toBe(false);
  expect(loop.told()).toEqual([]);
  loop.commit();
  expect(loop.told()).toEqual(["first: ok"]);
  loop.commit();
  expect(loop.told()).toEqual(["second: ok"]);
});

test("a refusal that rests on an uncommitted change waits for its commit", () => {
  const loop = withJob();
  loop.apply({ first: add("a") });
  loop.apply({ second: add("A") });
  expect(loop.told()).toEqual([]);
  loop.commit();
  expect(loop.told()).toEqual(["first: ok", "second: TaskExists"]);
  expect(loop.inFlight).toBeNull();
});

test("a refusal with nothing in flight is told at once", () => {
  const loop = withJob();
  loop.apply({ job: { kind: "createJob", spec: JOB } });
  expect(loop.told()).toEqual(["job: JobExists"]);
});

test("a request sees the tasks of the input before it in the same batch", () => {
  const loop = withJob();
  const terminate = { kind: "terminateTask", job: "job", task: "a" } as const;
  loop.apply({ add: add("a"), terminate, again: add("A") });
  loop.commit();
  expect(loop.told()).toEqual(["add: ok", "terminate: ok", "again: TaskExists"]);
});

test("a request sees the uncommitted state of a task, not the stored one", () => {
  const loop = withJob();
  loop.apply({ add: add("a") });
  loop.commit();
  const terminate = { kind: "terminateTask", job: "job", task: "a" } as const;
  loop.apply({ first: terminate });
  loop.apply({ second: terminate });
  loop.commit();
  expect(loop.told()).toEqual(["add: ok", "first: ok", "second: TaskCompleted"]);
});

test("what a commit writes between the reads and the batch is not missed", () => {
  const loop = withJob();
  loop.apply({ add: add("a") });
  const terminate = { kind: "terminateTask", job: "job", task: "a" } as const;
  loop.apply({ terminate }, () => loop.commit());
  loop.commit();
  expect(loop.told()).toEqual(["add: ok", "terminate: ok"]);
});

test("a completed job leaves memory with its commit, and comes back when it is named", () => {
  const loop = withJob();
  loop.apply({ end: { kind: "terminateJob", job: "job", reason: "UserTerminate" } });
  expect(loop.core.engine.jobs.size).toBe(1);
  loop.commit();
  expect(loop.core.engine.jobs.size).toBe(0);
  loop.apply({ again: { kind: "createJob", spec: JOB }, add: add("a") });
  expect(loop.told()).toEqual(["end: ok", "again: JobExists", "add: JobCompleted"]);
  expect(loop.core.engine.jobs.size).toBe(0);
});

test("a job is not forgotten while a batch that names it is being read", () => {
  const loop = withJob();
  loop.apply({ end: { kind: "terminateJob", job: "job", reason: "UserTerminate" } });
  loop.apply({ add: add("a") }, () => loop.commit());
  expect(loop.told()).toEqual(["end: ok", "add: JobCompleted"]);
  expect(loop.core.engine.jobs.size).toBe(0);
});

test("a deleted job's id is free at once, also before the deletion is committed", () => {
  const loop = withJob();
  loop.apply({ delete: { kind: "deleteJob", job: "job" } });
  loop.apply({ again: { kind: "createJob", spec: JOB } });
  loop.commit();
  loop.commit();
  expect(loop.told()).toEqual(["delete: ok", "again: ok"]);
  expect(loop.store.jobOfId("job")?.number).toBe(2);
});

test("callers of everything that is not committed are known when a commit fails", () => {
  const loop = withJob();
  loop.apply({ first: add("a") });
  loop.core.collect([{ caller: "second", input: add("b") }]);
  expect(loop.core.waitingCallers()).toEqual(["first", "second"]);
});
