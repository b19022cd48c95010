import type { TaskProgress, TaskRecord } from "../../model/task.ts";
import { slotsOf } from "../../model/taskSpec.ts";
import { isoTime } from "../../model/time.ts";
import type { Task } from "../../protocol/api/answer/task.ts";
import { commandView, constraintsView, failureView } from "./command.ts";
import { present, timeOf } from "./present.ts";
import { nodeFileUrl, nodeUrl, taskRootDirectory, taskUrl } from "./url.ts";

/** The ids and the pool of a task's job. */
export interface TaskJob {
  readonly jobId: string;
  readonly poolId: string;
}

export function taskView(task: TaskRecord, job: TaskJob): Task {
  const { spec, progress } = task;
  return {
    id: task.id,
    url: taskUrl(job.jobId, task.id),
    jobId: job.jobId,
    ...present({ displayName: spec.displayName }),
    creationTime: isoTime(task.createdAt),
    state: progress.state,
    stateTransitionTime: isoTime(progress.stateAt),
    ...present({
      previousState: progress.previousState,
      previousStateTransitionTime: timeOf(progress.previousStateAt),
    }),
    ...commandView(spec),
    ...(spec.affinityId === undefined ? {} : { affinityInfo: { affinityId: spec.affinityId } }),
    constraints: constraintsView(spec, spec.maxTaskRetryCount),
    requiredSlots: slotsOf(spec),
    executionInfo: executionInfo(progress),
    ...nodeInfo(task, job),
    systemTaskVersion: progress.systemTaskVersion,
    ...present({ executionNumber: progress.execution }),
  };
}

/** Times only of the run that the state speaks of: a queued task shows none of its last run. */
function executionInfo(progress: TaskProgress): Task["executionInfo"] {
  const { outcome, state } = progress;
  const hasRun = state === "running" || state === "completed";
  return {
    ...(hasRun ? present({ startTime: timeOf(progress.startedAt) }) : {}),
    ...(state === "completed" ? present({ endTime: timeOf(progress.endedAt) }) : {}),
    ...(outcome === null ? {} : present({ exitCode: outcome.exitCode })),
    ...(outcome?.failure ? { failureInfo: failureView(outcome.failure) } : {}),
    retryCount: progress.retryCount,
    ...present({ lastRetryTime: timeOf(progress.lastRetryAt) }),
    requeueCount: progress.requeueCount,
    ...present({ lastRequeueTime: timeOf(progress.lastRequeueAt) }),
    recoveryCount: progress.recoveryCount,
    ...(outcome === null ? {} : { result: outcome.result }),
  };
}

function nodeInfo(task: TaskRecord, { jobId, poolId }: TaskJob): Pick<Task, "nodeInfo"> {
  const { nodeId } = task.progress;
  if (nodeId === null) return {};
  const directory = taskRootDirectory(jobId, task.id);
  return {
    nodeInfo: {
      affinityId: nodeId,
      nodeUrl: nodeUrl(nodeId),
      poolId,
      nodeId,
      taskRootDirectory: directory,
      taskRootDirectoryUrl: nodeFileUrl(nodeId, directory),
    },
  };
}
