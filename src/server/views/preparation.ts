import type { JobSpec } from "../../model/job.ts";
import type { NodeJobRecord, SpecialInstance } from "../../model/nodeJob.ts";
import type { PreparationStatus } from "../../protocol/api/answer/job.ts";
import { failureView } from "./command.ts";
import { present, timeOf } from "./present.ts";
import { nodeFileUrl, nodeUrl, taskRootDirectory } from "./url.ts";

type PreparationInfo = NonNullable<PreparationStatus["jobPreparationTaskExecutionInfo"]>;
type ReleaseInfo = NonNullable<PreparationStatus["jobReleaseTaskExecutionInfo"]>;

/** One entry of the status list (Azure Batch 5.6); null where neither has run. */
export function preparationStatusView(
  record: NodeJobRecord,
  job: JobSpec,
): PreparationStatus | null {
  const { preparation, release, poolId, nodeId } = record;
  if (preparation === null && release === null) return null;
  const directoryOf = (id: string | undefined) => taskRootDirectory(job.id, id ?? "");
  const status: PreparationStatus = { poolId, nodeId, nodeUrl: nodeUrl(nodeId) };
  if (preparation !== null) {
    const directory = directoryOf(job.preparation?.id);
    status.jobPreparationTaskExecutionInfo = preparationInfo(preparation, nodeId, directory);
  }
  if (release !== null) {
    const directory = directoryOf(job.release?.id);
    status.jobReleaseTaskExecutionInfo = instanceInfo(release, nodeId, directory);
  }
  return status;
}

function preparationInfo(
  instance: SpecialInstance,
  nodeId: string,
  directory: string,
): PreparationInfo {
  return {
    ...instanceInfo(instance, nodeId, directory),
    retryCount: instance.retryCount,
    ...present({ lastRetryTime: timeOf(instance.lastRetryAt) }),
  };
}

function instanceInfo(instance: SpecialInstance, nodeId: string, directory: string): ReleaseInfo {
  const begun = present({ startTime: timeOf(instance.startedAt) });
  const place = {
    taskRootDirectory: directory,
    taskRootDirectoryUrl: nodeFileUrl(nodeId, directory),
  };
  if (instance.state === "running") return { ...begun, state: "running", ...place };
  const { failure } = instance;
  return {
    ...begun,
    ...present({ endTime: timeOf(instance.endedAt) }),
    state: "completed",
    ...place,
    ...present({ exitCode: instance.exitCode }),
    ...(failure === null ? {} : { failureInfo: failureView(failure) }),
    result: instance.result,
  };
}
