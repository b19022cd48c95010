import { expect } from "bun:test";
import fc from "fast-check";
import { type Changes, emptyChanges } from "../../model/changes.ts";
import { jobOfTask, TASKS_PER_JOB, taskNumberOf } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import { MemoryStore } from "../memory/memoryStore.ts";
import type { Store } from "../store.ts";
import * as given from "./fixtures.ts";
import type { Check, OpenedStore } from "./harness.ts";
import { allPages } from "./requests.ts";

/**
 * Random histories, told to the store and to the memory store alike: both have to say the same afterwards. This finds
 * what becomes of combinations that nobody thought of.
 */
export function checkHistories(check: Check): void {
  for (const seed of [1, 2, 3, 4]) {
    check(`a random history reads as in memory: seed ${seed}`, async (opened) => {
      const [commits] = fc.sample(HISTORY, { numRuns: 1, seed });
      await compareHistories(opened, commits ?? []);
    });
  }
}

const JOBS = 3;
const ORDINALS = 12;

const WHAT = fc.constantFrom(
  "add",
  "add",
  "add",
  "start",
  "start",
  "end",
  "end",
  "requeue",
  "delete",
  "respec",
  "completeJob",
  "removeNode",
  "purge",
  "reopen",
);

/** What happens, with which job, ordinal and node; `isLast` ends the commit. */
const STEP = fc.record({
  what: WHAT,
  job: fc.integer({ min: 1, max: JOBS }),
  ordinal: fc.integer({ min: 1, max: ORDINALS }),
  node: fc.integer({ min: 1, max: 3 }),
  isLast: fc.boolean(),
});
type Step = typeof STEP extends fc.Arbitrary<infer Value> ? Value : never;

const HISTORY = fc.array(STEP, { minLength: 150, maxLength: 250 });

/** A little engine: it knows what there is, so that its changes make sense. */
interface World {
  changes: Changes;
  readonly tasks: Map<number, TaskRecord>;
  /** Their numbers are never used again. */
  readonly purged: Set<number>;
  nextOrdinal: number;
  nextExecution: number;
  nextEvent: number;
}

async function compareHistories(opened: OpenedStore, steps: readonly Step[]): Promise<void> {
  const memory = new MemoryStore();
  let { store } = opened;
  const world = newWorld();
  for (const step of steps) {
    apply(world, step);
    if (!step.isLast) continue;
    const { changes } = world;
    for (const to of [memory, store]) await to.commit({ changes, idempotency: [], epoch: 1 });
    world.changes = emptyChanges();
    if (step.what === "reopen") store = await opened.reopen();
    expect(await readAll(store)).toEqual(await readAll(memory));
  }
}

function newWorld(): World {
  const changes = emptyChanges();
  for (let job = 1; job <= JOBS; job += 1) {
    changes.jobs.set(job, given.job(job, `Job-${job}`));
    changes.jobProgress.set(job, given.jobProgress(job));
  }
  for (let node = 1; node <= 3; node += 1) changes.nodes.set(node, given.node(node, `n-${node}`));
  const next = { nextOrdinal: 1, nextExecution: 1, nextEvent: 1 };
  return { changes, tasks: new Map(), purged: new Set(), ...next };
}

function apply(world: World, step: Step): void {
  const { changes } = world;
  if (world.purged.has(step.job)) return;
  const task = taskNear(world, step);
  if (step.what === "add") addTask(world, step);
  else if (step.what === "completeJob") {
    changes.jobs.set(step.job, { ...given.job(step.job, `Job-${step.job}`), state: "completed" });
  } else if (step.what === "removeNode") changes.nodes.set(step.node, null);
  else if (step.what === "purge" && step.ordinal === 1) purge(world, step.job);
  else if (task !== undefined) moveTask(world, step, task);
}

function taskNear(world: World, { job, ordinal }: Step): TaskRecord | undefined {
  const tasks = [...world.tasks.values()].filter(({ number }) => jobOfTask(number) === job);
  return tasks[ordinal % Math.max(1, tasks.length)];
}

function addTask(world: World, { job, ordinal }: Step): void {
  const task = given.task(job, world.nextOrdinal, `T-${world.nextOrdinal}`);
  world.nextOrdinal += 1;
  if (ordinal % 4 === 0) task.spec = { ...task.spec, requiredSlots: 2 };
  world.tasks.set(task.number, task);
  world.changes.newTasks.push(structuredClone(task));
}

function purge(world: World, job: number): void {
  for (const number of world.tasks.keys()) {
    if (jobOfTask(number) !== job) continue;
    world.tasks.delete(number);
  }
  world.purged.add(job);
  world.changes.jobs.set(job, null);
  world.changes.purgedJobs.push(job);
}

function moveTask(world: World, step: Step, task: TaskRecord): void {
  const { changes } = world;
  const { state, execution } = task.progress;
  const set = (progress: TaskRecord["progress"]) => {
    task.progress = progress;
    changes.tasks.set(task.number, structuredClone(progress));
    changes.events.push(given.taskEvent(world.nextEvent, "TaskStartEvent"));
    world.nextEvent += 1;
  };
  const save = (number: number, over: boolean) => {
    const nodes = step.ordinal === 5 ? [step.node, 9] : [step.node];
    const result = over ? given.RESULT : null;
    const change = { state: over ? "ended" : "assigned", nodes, result } as const;
    changes.executions.set(number, given.execution(number, task.number, change));
  };
  if (step.what === "start" && state === "active") {
    const number = world.nextExecution;
    world.nextExecution += 1;
    set(given.running(task, step.node, number));
    save(number, false);
  } else if (step.what === "end" && state === "running" && execution !== null) {
    set(given.completed(task.progress, step.ordinal % 3));
    save(execution, true);
  } else if (step.what === "requeue" && state === "running" && execution !== null) {
    set(given.requeued(task.progress));
    save(execution, true);
  } else if (step.what === "respec") {
    task.spec = { commandLine: `changed ${step.ordinal}` };
    changes.taskSpecs.set(task.number, task.spec);
  } else if (step.what === "delete" && state === "completed") {
    world.tasks.delete(task.number);
    changes.tasks.set(task.number, null);
  }
}

async function readAll(store: Store) {
  const range = { first: taskNumberOf(1, 0), last: taskNumberOf(JOBS, TASKS_PER_JOB - 1) };
  const tasks = [];
  for (let job = 1; job <= JOBS; job += 1) {
    for (const filter of [{}, { state: "active" }, { result: "success", node: 2 }] as const) {
      tasks.push(await allPages("descending", (request) => store.listTasks(job, filter, request)));
    }
    tasks.push(await store.readTasks(job, ["t-1", "t-2", "t-3"]));
  }
  return {
    live: await store.readLive(),
    tasks,
    range: await store.readTaskRange(range.first, range.last, 1000),
    executions: await allPages("ascending", (request) => store.listExecutions({}, request)),
    gangs: await allPages("ascending", (request) => store.listExecutions({ node: 9 }, request)),
    ofJob: await allPages("descending", (request) => store.listExecutions({ job: 1 }, request)),
    events: await store.readEvents(0, {}, 1000),
  };
}
