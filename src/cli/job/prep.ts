import type { PreparationStatus } from "../../protocol/api/answer/job.ts";
import { second } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { readRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface JobPrepOptions {
  readonly id: string;
  readonly limit: number;
  readonly offset: number;
}

type Instance = NonNullable<PreparationStatus["jobReleaseTaskExecutionInfo"]>;

/** `running`, or how it ended; where it failed for another reason than its exit code, that reason's code. */
function outcome(instance: Instance | undefined): string | undefined {
  if (instance === undefined || instance.state === "running") return instance?.state;
  const { failureInfo, result } = instance;
  const isPlain = failureInfo === undefined || failureInfo.code === "FailureExitCode";
  return isPlain ? result : `${result} ${failureInfo.code}`;
}

const preparation = (status: PreparationStatus) => status.jobPreparationTaskExecutionInfo;
const release = (status: PreparationStatus) => status.jobReleaseTaskExecutionInfo;

const COLUMNS = [
  column<PreparationStatus>("NODE ID", (status) => status.nodeId),
  column<PreparationStatus>("PREPARATION", (status) => outcome(preparation(status))),
  column<PreparationStatus>("PREP EXIT CD", (status) => preparation(status)?.exitCode),
  column<PreparationStatus>("PREP RETRIES", (status) => preparation(status)?.retryCount),
  column<PreparationStatus>("PREP END AT", (status) => second(preparation(status)?.endTime)),
  column<PreparationStatus>("RELEASE", (status) => outcome(release(status))),
  column<PreparationStatus>("RELEASE EXIT CD", (status) => release(status)?.exitCode),
  column<PreparationStatus>("RELEASE END AT", (status) => second(release(status)?.endTime)),
];

export async function run(session: Session, options: JobPrepOptions): Promise<number> {
  const client = await session.client();
  const rows = await readRows(options, (page) => client.jobs.preparationStatus(options.id, page));
  return await printList(session, COLUMNS, rows);
}
