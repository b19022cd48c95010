import { formatDuration } from "../../model/duration.ts";
import type { JobCounts, JobRecord, JobSpec } from "../../model/job.ts";
import type { PreparationSpec, ReleaseSpec } from "../../model/taskSpec.ts";
import { isoTime } from "../../model/time.ts";
import type { Job, TaskCounts } from "../../protocol/api/answer/job.ts";
import { commandView, constraintsView, schedulingErrorView } from "./command.ts";
import { jobStatusOf } from "./jobStatus.ts";
import { present, timeOf } from "./present.ts";
import { jobUrl } from "./url.ts";

export function jobView(job: JobRecord, counts: JobCounts): Job {
  const { spec } = job;
  return {
    id: spec.id,
    url: jobUrl(spec.id),
    type: spec.type,
    ...present({ displayName: spec.displayName }),
    eTag: String(job.etag),
    creationTime: isoTime(job.createdAt),
    lastModified: isoTime(job.lastModifiedAt),
    state: job.state,
    status: jobStatusOf(job, counts),
    stateTransitionTime: isoTime(job.stateAt),
    ...present({
      previousState: job.previousState,
      previousStateTransitionTime: timeOf(job.previousStateAt),
    }),
    priority: spec.priority,
    maxParallelTasks: spec.maxParallelTasks,
    constraints: {
      ...(spec.maxWallClockMs === null
        ? {}
        : { maxWallClockTime: formatDuration(spec.maxWallClockMs) }),
      maxTaskRetryCount: spec.maxTaskRetryCount,
    },
    ...specialTasks(spec),
    ...(spec.commonEnvironmentSettings.length === 0
      ? {}
      : { commonEnvironmentSettings: [...spec.commonEnvironmentSettings] }),
    poolInfo: { poolId: spec.poolId },
    onAllTasksComplete: spec.onAllTasksComplete,
    metadata: [...spec.metadata],
    executionInfo: executionInfo(job),
  };
}

function executionInfo(job: JobRecord): Job["executionInfo"] {
  const { schedulingError } = job;
  return {
    startTime: isoTime(job.createdAt),
    ...present({ endTime: timeOf(job.endedAt) }),
    poolId: job.spec.poolId,
    ...(schedulingError === null ? {} : { schedulingError: schedulingErrorView(schedulingError) }),
    ...(job.state === "completed" ? present({ terminateReason: job.terminateReason }) : {}),
  };
}

function specialTasks({ preparation, release }: JobSpec) {
  return {
    ...(preparation === null ? {} : { jobPreparationTask: preparationView(preparation) }),
    ...(release === null ? {} : { jobReleaseTask: releaseView(release) }),
  };
}

function preparationView(spec: PreparationSpec) {
  return {
    id: spec.id,
    ...commandView(spec),
    constraints: constraintsView(spec, spec.maxTaskRetryCount),
    waitForSuccess: spec.waitForSuccess,
    rerunOnNodeRebootAfterSuccess: spec.rerunOnNodeRebootAfterSuccess,
  };
}

function releaseView(spec: ReleaseSpec) {
  const { retentionMs } = spec;
  return {
    id: spec.id,
    ...commandView(spec),
    maxWallClockTime: formatDuration(spec.maxWallClockMs),
    ...(retentionMs === undefined ? {} : { retentionTime: formatDuration(retentionMs) }),
  };
}

/** Azure Batch 6.8: running includes preparing, completed is the sum of succeeded and failed. */
export function countsView(counts: JobCounts): TaskCounts {
  return {
    taskCounts: {
      active: counts.active,
      running: counts.running,
      completed: counts.succeeded + counts.failed,
      succeeded: counts.succeeded,
      failed: counts.failed,
    },
    taskSlotCounts: {
      active: counts.activeSlots,
      running: counts.runningSlots,
      completed: counts.succeededSlots + counts.failedSlots,
      succeeded: counts.succeededSlots,
      failed: counts.failedSlots,
    },
  };
}
