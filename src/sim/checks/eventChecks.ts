import type { Changes } from "../../model/changes.ts";
import { type EventType, isTaskEvent, type TaskEvent } from "../../model/event.ts";
import { foldId, jobOfTask, type TaskNumber } from "../../model/id.ts";
import type { World } from "../world.ts";
import { demand } from "./violation.ts";

/** What a pool is at before and after each of its events. */
const POOL_STEPS: Partial<Record<EventType, readonly [string, string]>> = {
  PoolCreateEvent: ["gone", "steady"],
  PoolResizeStartEvent: ["steady", "resizing"],
  PoolResizeCompleteEvent: ["resizing", "steady"],
  PoolDeleteStartEvent: ["any", "any"],
  PoolDeleteCompleteEvent: ["steady", "gone"],
};

/** The start event comes first, and each version of a task starts once. */
export class EventChecks {
  readonly #world: World;
  /** Versions that were started, by task. */
  readonly #started = new Map<TaskNumber, Set<number>>();
  /** What its events say that a pool is at. */
  readonly #pools = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  committed(changes: Changes): void {
    this.#forgetDeleted(changes);
    for (const { type, poolId } of changes.events) this.#checkPool(type, poolId);
    // Events name ids; an id that was deleted in the same commit may belong to either task.
    const deletedIn = new Set<number>(changes.purgedJobs.length > 0 ? changes.jobs.keys() : []);
    for (const [task, progress] of changes.tasks)
      if (progress === null) deletedIn.add(jobOfTask(task));
    for (const event of changes.events) {
      if (isTaskEvent(event)) this.#check(event, deletedIn);
    }
    for (const execution of changes.executions.values()) {
      const isGone = changes.purgedJobs.includes(execution.job);
      if (isGone || deletedIn.has(execution.job)) continue;
      const isStarted = this.#started.get(execution.task)?.has(execution.ordinal - 1) === true;
      demand(isStarted, "startEvent", () => `execution ${execution.number} has no start event`);
    }
  }

  /** A pool's resizes follow one another, each with its end, and nothing comes after its deletion. */
  #checkPool(type: EventType, poolId: string): void {
    const before = this.#pools.get(poolId) ?? "gone";
    const [from, to] = POOL_STEPS[type] ?? [];
    if (from === undefined || to === undefined) return;
    // A deletion is asked for in the middle of whatever goes on.
    const isDeleting = before.startsWith("deleting");
    const expected = isDeleting ? `deleting ${from}` : from;
    demand(from === "any" || before === expected, "poolEvents", () => {
      return `${type} of pool ${poolId} comes while it is ${before}`;
    });
    if (type === "PoolDeleteStartEvent") this.#pools.set(poolId, `deleting ${before}`);
    else this.#pools.set(poolId, isDeleting && to !== "gone" ? `deleting ${to}` : to);
  }

  #forgetDeleted(changes: Changes): void {
    for (const job of changes.purgedJobs) {
      for (const task of this.#started.keys())
        if (jobOfTask(task) === job) this.#started.delete(task);
    }
  }

  #check(event: TaskEvent, deletedIn: ReadonlySet<number>): void {
    const { disk } = this.#world;
    const job = disk.jobOfId(foldId(event.jobId));
    if (job === undefined) return;
    const task = disk.tasks.get(job.number)?.byId.get(foldId(event.taskId));
    if (task === undefined) return;
    const versions = this.#started.get(task) ?? new Set<number>();
    const name = `${event.jobId}/${event.taskId} version ${event.systemTaskVersion}`;
    if (event.type === "TaskStartEvent") {
      const isNew = !versions.has(event.systemTaskVersion) || deletedIn.has(job.number);
      demand(isNew, "startEvent", () => `${name} starts twice`);
      this.#started.set(task, versions.add(event.systemTaskVersion));
      return;
    }
    // A script that could not be sent ends without an execution, also when it ran before.
    const isTarget = disk.task(task)?.spec.target !== undefined;
    const isAfterStart = versions.has(event.systemTaskVersion) || versions.size === 0 || isTarget;
    demand(isAfterStart || deletedIn.has(job.number), "startEvent", () => {
      return `${event.type} of ${name} comes before its start event`;
    });
  }
}
