import type { Changes } from "../model/changes.ts";
import { foldId, type JobNumber, jobOfTask, type TaskNumber } from "../model/id.ts";
import type { TaskRecord } from "../model/task.ts";

/** New tasks of one batch by id and by number; it grows with the batch. */
interface NewTasks {
  indexed: number;
  readonly byId: Map<JobNumber, Map<string, TaskRecord>>;
  readonly byNumber: Map<TaskNumber, TaskRecord>;
}

/**
 * Changes that the store may not show yet, oldest first, to be laid over what was read from it. Values are whole, so laying
 * them over rows that have them already does nothing.
 */
export class Uncommitted {
  readonly #layers: readonly Changes[];
  readonly #indexes = new Map<Changes, NewTasks>();

  constructor(layers: readonly Changes[]) {
    this.#layers = layers;
  }

  #indexOf(layer: Changes): NewTasks {
    let index = this.#indexes.get(layer);
    if (index === undefined) {
      index = { indexed: 0, byId: new Map(), byNumber: new Map() };
      this.#indexes.set(layer, index);
    }
    for (; index.indexed < layer.newTasks.length; index.indexed += 1) {
      const task = layer.newTasks[index.indexed];
      if (task === undefined) break;
      const job = jobOfTask(task.number);
      const ids = index.byId.get(job) ?? new Map<string, TaskRecord>();
      index.byId.set(job, ids.set(foldId(task.id), task));
      index.byNumber.set(task.number, task);
    }
    return index;
  }

  /** The newest value that any layer has under a key; undefined: no layer has one. */
  newest<Key, Value>(mapOf: (layer: Changes) => ReadonlyMap<Key, Value>, key: Key) {
    for (const layer of this.#layers.toReversed()) {
      const value = mapOf(layer).get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** A stored task as it is now; null: deleted. Always a copy, for the machine changes what it is given. */
  task(stored: TaskRecord): TaskRecord | null {
    const progress = this.newest((layer) => layer.tasks, stored.number);
    if (progress === null) return null;
    const spec = this.newest((layer) => layer.taskSpecs, stored.number);
    return {
      ...stored,
      spec: spec ?? stored.spec,
      progress: { ...(progress ?? stored.progress) },
    };
  }

  /** The task of an id, given what the store has under it; null: none. */
  taskOfId(job: JobNumber, foldedId: string, stored: TaskRecord | undefined): TaskRecord | null {
    for (const layer of this.#layers.toReversed()) {
      const added = this.#indexOf(layer).byId.get(job)?.get(foldedId);
      if (added !== undefined) return this.task(added);
    }
    return stored === undefined ? null : this.task(stored);
  }

  hasTaskId(job: JobNumber, foldedId: string): boolean {
    return this.#layers.some((layer) => this.#indexOf(layer).byId.get(job)?.has(foldedId) === true);
  }

  /** The tasks of a range of numbers, given what the store has of it; at most `limit`. */
  tasksOfRange(
    range: { readonly first: TaskNumber; readonly last: TaskNumber; readonly limit: number },
    stored: readonly TaskRecord[],
  ): TaskRecord[] {
    const tasks = new Map(stored.map((task) => [task.number, task]));
    let next = (stored.at(-1)?.number ?? range.first - 1) + 1;
    while (next <= range.last && tasks.size < range.limit) {
      const added = this.#addedTask(next);
      if (added !== undefined) tasks.set(next, added);
      next += 1;
    }
    return [...tasks.values()].flatMap((task) => this.task(task) ?? []);
  }

  #addedTask(number: TaskNumber): TaskRecord | undefined {
    for (const layer of this.#layers) {
      const added = this.#indexOf(layer).byNumber.get(number);
      if (added !== undefined) return added;
    }
    return undefined;
  }
}
