import { formatDuration } from "../../model/duration.ts";
import { RETENTION_DEFAULT_MS } from "../../model/limits.ts";
import type { Task } from "../../protocol/api/answer/task.ts";
import { second } from "../output/cell.ts";
import { printView, type Section, type View } from "../output/view.ts";
import type { Session } from "../session.ts";

export interface TaskViewOptions {
  readonly jobId: string;
  readonly id: string;
}

export async function run(session: Session, { jobId, id }: TaskViewOptions): Promise<number> {
  const client = await session.client();
  const task = await client.tasks.get(jobId, id);
  return await printView(session, taskView(task), task);
}

export function taskView(task: Task): View {
  const { constraints } = task;
  return {
    fields: [
      ["ID", task.id],
      ["NAME", task.displayName],
      ["JOB ID", task.jobId],
      ["STATE", task.state],
      ["STATE SINCE", second(task.stateTransitionTime)],
      ["COMMAND LINE", task.commandLine],
      ["REQUIRED SLOTS", task.requiredSlots],
      ["MAX RETRIES", constraints.maxTaskRetryCount ?? "as the job says"],
      ["MAX WALL CLOCK", constraints.maxWallClockTime ?? "unlimited"],
      ["RETENTION", constraints.retentionTime ?? formatDuration(RETENTION_DEFAULT_MS)],
      ["CREATED AT", second(task.creationTime)],
    ],
    sections: [execution(task), ...environment(task), ...resourceFiles(task)],
  };
}

function execution({ state, executionInfo, nodeInfo, executionNumber }: Task): Section {
  const { failureInfo } = executionInfo;
  return {
    // A queued task has only one that is over.
    name: state === "active" && executionNumber !== undefined ? "LAST EXECUTION" : "EXECUTION",
    fields: [
      ["NUMBER", executionNumber],
      ["NODE ID", nodeInfo?.nodeId],
      ["DIRECTORY", nodeInfo?.taskRootDirectory],
      ["START AT", second(executionInfo.startTime)],
      ["END AT", second(executionInfo.endTime)],
      ["RESULT", executionInfo.result],
      ["EXIT CD", executionInfo.exitCode],
      ["FAILURE", failureInfo && `${failureInfo.code}: ${failureInfo.message}`],
      ["RETRIES", executionInfo.retryCount],
      ["REQUEUES", executionInfo.requeueCount],
      ["RECOVERIES", executionInfo.recoveryCount],
    ],
  };
}

function environment({ environmentSettings = [] }: Task): Section[] {
  const items = environmentSettings.map(({ name, value }) => `${name}=${value}`);
  return items.length === 0 ? [] : [{ name: "ENVIRONMENT", items }];
}

function resourceFiles({ resourceFiles: files = [] }: Task): Section[] {
  const items = files.map(
    ({ filePath, httpUrl, serverPath }) =>
      `${filePath} from ${httpUrl ?? serverPath ?? "the task itself"}`,
  );
  return items.length === 0 ? [] : [{ name: "RESOURCE FILES", items }];
}
