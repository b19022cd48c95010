import type { Changes } from "../../model/changes.ts";
import { isTaskEvent, type TaskEvent } from "../../model/event.ts";
import { foldId, jobOfTask, type TaskNumber } from "../../model/id.ts";
import type { World } from "../world.ts";
import { demand } from "./violation.ts";

/** The start event comes first, and each version of a task starts once. */
export class EventChecks {
  readonly #world: World;
  /** Versions that were started, by task. */
  readonly #started = new Map<TaskNumber, Set<number>>();

  constructor(world: World) {
    this.#world = world;
  }

  committed(changes: Changes): void {
    this.#forgetDeleted(changes);
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
    const isAfterStart = versions.has(event.systemTaskVersion) || versions.size === 0;
    demand(isAfterStart || deletedIn.has(job.number), "startEvent", () => {
      return `${event.type} of ${name} comes before its start event`;
    });
  }
}
