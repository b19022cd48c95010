import { expect, test } from "bun:test";
import { type Changes, emptyChanges } from "../model/changes.ts";
import { taskNumberOf } from "../model/id.ts";
import { newTaskProgress, type TaskRecord } from "../model/task.ts";
import { Uncommitted } from "./uncommitted.ts";

function task(ordinal: number): TaskRecord {
  const number = taskNumberOf(1, ordinal);
  const spec = { commandLine: "run" };
  return { number, id: `T${ordinal}`, createdAt: 1, spec, progress: newTaskProgress(1) };
}

function layer(change: (changes: Changes) => void): Changes {
  const changes = emptyChanges();
  change(changes);
  return changes;
}

const first = taskNumberOf(1, 1);
const last = taskNumberOf(1, 9);

test("rows that are not stored yet follow the stored ones of a range", () => {
  const added = layer(({ newTasks }) => newTasks.push(task(3), task(4), task(5)));
  const found = new Uncommitted([added]).tasksOfRange({ first, last, limit: 4 }, [
    task(1),
    task(2),
  ]);
  expect(found.map(({ id }) => id)).toEqual(["T1", "T2", "T3", "T4"]);
});

test("a row that is stored already is not doubled, and one that is deleted is left out", () => {
  const added = layer(({ newTasks }) => newTasks.push(task(1), task(2)));
  const deleted = layer(({ tasks }) => tasks.set(taskNumberOf(1, 1), null));
  const found = new Uncommitted([added, deleted]).tasksOfRange({ first, last, limit: 9 }, [
    task(1),
  ]);
  expect(found.map(({ id }) => id)).toEqual(["T2"]);
});

test("the newest progress and spec count, and what is handed out is a copy", () => {
  const number = taskNumberOf(1, 1);
  const older = layer(({ tasks }) => tasks.set(number, { ...newTaskProgress(1), retryCount: 1 }));
  const newer = layer(({ tasks, taskSpecs }) => {
    tasks.set(number, { ...newTaskProgress(1), retryCount: 2 });
    taskSpecs.set(number, { commandLine: "run", requiredSlots: 1 });
  });
  const uncommitted = new Uncommitted([older, newer]);
  const found = uncommitted.taskOfId(1, "t1", task(1));
  expect(found).toMatchObject({ progress: { retryCount: 2 }, spec: { requiredSlots: 1 } });
  if (found !== null) found.progress.retryCount = 9;
  expect(uncommitted.taskOfId(1, "t1", task(1))?.progress.retryCount).toBe(2);
});

test("a layer that grows is seen as it grows", () => {
  const growing = emptyChanges();
  const uncommitted = new Uncommitted([growing]);
  expect(uncommitted.hasTaskId(1, "t1")).toBe(false);
  growing.newTasks.push(task(1));
  expect(uncommitted.hasTaskId(1, "t1")).toBe(true);
  expect(uncommitted.taskOfId(1, "t1", undefined)?.id).toBe("T1");
});
