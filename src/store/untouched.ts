import type { TaskProgress, TaskRecord } from "../model/task.ts";

/** Whether a task has not moved since its creation, so that nothing but its creation need be kept. */
export function isUntouched(task: TaskRecord, progress: TaskProgress): boolean {
  return (
    progress.state === "active" &&
    progress.stateAt === task.createdAt &&
    progress.previousState === null &&
    progress.retryCount === 0 &&
    progress.requeueCount === 0 &&
    progress.systemTaskVersion === 0 &&
    progress.recoveryCount === 0 &&
    progress.execution === null &&
    progress.node === null &&
    progress.outcome === null &&
    !progress.deleting
  );
}
