import type { PromotionState } from "../../engine/groups/promotion.ts";
import type { ExecutionRecord } from "../../model/execution.ts";
import type { GroupSpec, GroupsSpec } from "../../model/group.ts";
import type { Deployment, GroupsRecord } from "../../model/groupJob.ts";
import type { TaskNumber } from "../../model/id.ts";
import type { JobCounts, JobRecord } from "../../model/job.ts";
import type { TaskRecord } from "../../model/task.ts";
import { isoTime } from "../../model/time.ts";
import type { GroupsStatus } from "../../protocol/api/answer/group.ts";
import { clientStatusOf } from "./clientStatus.ts";
import { jobStatusOf } from "./jobStatus.ts";
import { present, timeOf } from "./present.ts";
import { failureView, storyView } from "./version.ts";
import { waitingMembers, waitingTasks } from "./waiting.ts";

/** Why no node takes a task, or the canary beside it, now. */
export interface Nowhere {
  readonly tasks: ReadonlyMap<TaskNumber, readonly string[]>;
  readonly canaries: ReadonlyMap<TaskNumber, readonly string[]>;
}

/** Everything that is known of a job of groups. */
export interface GroupsFigures {
  readonly job: JobRecord;
  readonly spec: GroupsSpec;
  readonly record: GroupsRecord;
  readonly tasks: readonly TaskRecord[];
  /** Newest first. */
  readonly executions: readonly ExecutionRecord[];
  readonly counts: JobCounts;
  /** Its children; empty for jobs that have none. */
  readonly children: readonly { readonly record: JobRecord; readonly counts: JobCounts }[];
  readonly nowhere: Nowhere;
  readonly promotion: PromotionState;
}

export function groupsStatusView(figures: GroupsFigures): GroupsStatus {
  const { job, spec, record, counts, children } = figures;
  const { type } = job.spec;
  if (type === "fleet") throw new Error("fleet jobs have no groups");
  const isParent = spec.periodic !== null || spec.parameterized !== null;
  return {
    jobId: job.spec.id,
    name: spec.name,
    type,
    priority: job.spec.priority,
    status: jobStatusOf(job, counts),
    isStopped: isStopped(job),
    version: record.version,
    modifyIndex: record.modifyIndex,
    stable: record.stable,
    ...storyView(record),
    submitTime: isoTime(record.submittedAt),
    datacenters: [...spec.datacenters],
    namespace: spec.namespace,
    region: spec.region,
    poolId: job.spec.poolId,
    periodic: spec.periodic !== null,
    parameterized: spec.parameterized !== null,
    ...present({
      nextLaunchTime: timeOf(record.nextLaunchAt),
      parentJobId: record.parentJobId,
    }),
    summary: spec.groups.map((group) => summaryOf(figures, group)),
    ...(isParent ? { children: childCounts(children) } : {}),
    ...(record.deployment === null
      ? {}
      : { deployment: deploymentView(figures, record.deployment) }),
    waiting: waitingTasks(figures),
    restarts: waitingMembers(figures),
  };
}

export function isStopped(job: JobRecord): boolean {
  return job.terminateReason !== null && job.terminateReason !== "AllTasksComplete";
}

function childCounts(children: GroupsFigures["children"]) {
  const found = { pending: 0, running: 0, dead: 0 };
  for (const { record, counts } of children) found[jobStatusOf(record, counts)] += 1;
  return found;
}

function summaryOf({ tasks, executions }: GroupsFigures, group: GroupSpec) {
  const inGroup = tasks.filter(({ spec }) => spec.place?.group === group.name);
  const numbers = new Set(inGroup.map(({ number }) => number));
  const counts = { pending: 0, running: 0, complete: 0, failed: 0, lost: 0, unknown: 0 };
  for (const execution of executions) {
    if (numbers.has(execution.task)) counts[clientStatusOf(execution)] += 1;
  }
  const { pending: starting, running, failed, complete, lost, unknown } = counts;
  const queued =
    inGroup.filter(({ progress }) => progress.state === "active").length +
    inGroup.filter(({ progress }) => progress.group?.canary?.state === "waiting").length;
  return { group: group.name, queued, starting, running, failed, complete, lost, unknown };
}

function deploymentView(
  { promotion }: GroupsFigures,
  deployment: Deployment,
): NonNullable<GroupsStatus["deployment"]> {
  const { id, version, status, description, failure } = deployment;
  return {
    id,
    version,
    status,
    description,
    ...present({ failure: failure === null ? null : failureView(failure) }),
    createTime: isoTime(deployment.createdAt),
    waitsForPromotion: promotion.isAwaited,
    ...present({ endTime: timeOf(deployment.endedAt) }),
    groups: Object.entries(deployment.groups).map(([group, one]) => {
      const { autoRevert, autoPromote, promoted, desired, canaries, progressBy } = one;
      const { placed, healthy, unhealthy } = one;
      return {
        group,
        ...{ autoRevert, autoPromote, promoted, desired, canaries },
        canariesHealthy: promotion.healthy.get(group) ?? 0,
        ...{ placed, healthy, unhealthy },
        ...present({ progressBy: timeOf(progressBy) }),
      };
    }),
  };
}
