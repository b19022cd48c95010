import type { Deployment, DeploymentFailure, Promotion, Reversion } from "../../model/groupJob.ts";
import { isoTime } from "../../model/time.ts";
import { emitJobEvent } from "../emit.ts";
import type { Engine, Job } from "../state.ts";
import { groupsOf } from "./jobGroups.ts";

/** Events of versions and their deployments, for people who ask later who did what, and why. */

export function emitDeploymentEnd(engine: Engine, job: Job, deployment: Deployment): void {
  const { id, version, status, description, failure, createdAt, endedAt } = deployment;
  const groups = Object.entries(deployment.groups).map(
    ([group, { desired, placed, healthy, unhealthy }]) => {
      return { group, desired, placed, healthy, unhealthy };
    },
  );
  emitJobEvent(engine, "DeploymentEndEvent", job, {
    deploymentId: id,
    version,
    status,
    description,
    groups,
    ...failureField(failure),
    startTime: isoTime(createdAt),
    endTime: isoTime(endedAt ?? engine.now),
  });
}

export function emitPromotion(engine: Engine, job: Job, { groups, by }: Promotion): void {
  const { deployment, version } = groupsOf(job).record;
  emitJobEvent(engine, "DeploymentPromoteEvent", job, {
    deploymentId: deployment?.id ?? "",
    version,
    groups,
    ...actorFields(by),
  });
}

/** The version that it made is the job's by now. */
export function emitRevert(engine: Engine, job: Job, { from, to, by, failure }: Reversion): void {
  const { version } = groupsOf(job).record;
  emitJobEvent(engine, "JobRevertEvent", job, {
    version,
    from,
    to,
    ...actorFields(by),
    ...failureField(failure),
  });
}

function actorFields(by: string | null) {
  return by === null ? { automatic: true } : { automatic: false, user: by };
}

function failureField(failure: DeploymentFailure | null) {
  if (failure === null) return {};
  const { group, taskId, allocationId, message } = failure;
  const allocation = allocationId === null ? {} : { allocationId };
  return { failure: { group, taskId, ...allocation, message } };
}
