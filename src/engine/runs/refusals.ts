import type { JobRequest, Reply, TaskRequest } from "../input.ts";
import { refuse } from "../nodes.ts";
import type { Job } from "../state.ts";

/** What cannot be asked of the job of a fleet run, and what can only be asked of one; null: go on. */
export function refusedForRuns(job: Job, input: JobRequest): Reply | null {
  const { id } = job.record.spec;
  switch (input.kind) {
    case "rerunTargets":
      if (job.run !== null) return null;
      return refuse(
        "OperationNotValidOnJob",
        `Expected the job of a task instance, and job ${id} is none.`,
        "Reactivate its failed tasks instead.",
      );
    case "terminateJob":
    case "deleteJob":
      if (job.run === null) return null;
      return refuse(
        "OperationNotValidOnJob",
        `Job ${id} is the work of a task instance, which is stopped as such, and whose records are kept.`,
        "Stop the task instance: stint taskinstance stop.",
      );
    case "updateJob":
    case "disableJob":
    case "enableJob":
    case "addTasks":
    case "revertJob":
    case "promoteJob":
    case "dispatchJob":
    case "forceLaunch":
      if (job.run === null) return null;
      return refuse(
        "OperationNotValidOnJob",
        `Job ${id} is the work of a task instance: its targets were frozen when it began.`,
        "Change the task definition and run it again, or stop the task instance.",
      );
  }
}

/** Targets are stopped and run again through their task instance alone, whose rules say who may; null: go on. */
export function refusedForTargets(job: Job, input: TaskRequest): Reply | null {
  if (job.run === null) return null;
  if (input.kind === "terminateTask") {
    return refuse(
      "OperationNotValidOnJob",
      `Job ${job.record.spec.id} is the work of a task instance, whose nodes are stopped as such.`,
      "Stop the node in its task instance: stint taskinstance stop.",
    );
  }
  return refuse(
    "OperationNotValidOnJob",
    `Job ${job.record.spec.id} is the work of a task instance, whose targets stay as they are.`,
    "Rerun the node in its task instance.",
  );
}
