import type { Job, TaskCounts } from "../protocol/api/answer/job.ts";
import type { Task } from "../protocol/api/answer/task.ts";

/** Answers of the API for tests. */

export const TIME = "2026-11-21T03:20:05.000Z";

export function aJob(changes: Partial<Job> = {}): Job {
  return {
    id: "nightly",
    url: "/api/v1/jobs/nightly",
    type: "batch",
    eTag: "1",
    creationTime: TIME,
    lastModified: TIME,
    state: "active",
    status: "running",
    stateTransitionTime: TIME,
    priority: 0,
    maxParallelTasks: -1,
    constraints: { maxTaskRetryCount: 0 },
    poolInfo: { poolId: "default" },
    onAllTasksComplete: "noaction",
    metadata: [],
    executionInfo: { startTime: TIME, poolId: "default" },
    ...changes,
  };
}

export function aTask(id: string, changes: Partial<Task> = {}): Task {
  return {
    id,
    url: `/api/v1/jobs/nightly/tasks/${id}`,
    jobId: "nightly",
    creationTime: TIME,
    state: "active",
    stateTransitionTime: TIME,
    commandLine: "/bin/true",
    constraints: {},
    requiredSlots: 1,
    executionInfo: { retryCount: 0, requeueCount: 0, recoveryCount: 0 },
    systemTaskVersion: 0,
    ...changes,
  };
}

export function aFailedTask(id: string, message: string): Task {
  return aTask(id, {
    state: "completed",
    executionInfo: {
      startTime: TIME,
      endTime: TIME,
      exitCode: 3,
      result: "failure",
      failureInfo: { category: "usererror", code: "FailureExitCode", message },
      retryCount: 0,
      requeueCount: 0,
      recoveryCount: 0,
    },
    nodeInfo: {
      affinityId: "",
      nodeUrl: "/api/v1/nodes/n1",
      poolId: "default",
      nodeId: "n1",
      taskRootDirectory: `workitems/nightly/job-1/${id}`,
      taskRootDirectoryUrl: "",
    },
    executionNumber: 7,
  });
}

type Counts = TaskCounts["taskCounts"];

export function taskCounts(active: number, running: number, succeeded: number, failed: number) {
  const counts: Counts = { active, running, completed: succeeded + failed, succeeded, failed };
  return { taskCounts: counts, taskSlotCounts: counts };
}
