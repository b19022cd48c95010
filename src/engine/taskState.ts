import type { TaskRecord, TaskState } from "../model/task.ts";
import { saveTask } from "./record.ts";
import type { Engine } from "./state.ts";

/** Moves a task to another state and keeps the one before (Azure Batch). */
export function setTaskState(engine: Engine, task: TaskRecord, state: TaskState): void {
  const { progress } = task;
  progress.previousState = progress.state;
  progress.previousStateAt = progress.stateAt;
  progress.state = state;
  progress.stateAt = engine.now;
  saveTask(engine, task);
}
