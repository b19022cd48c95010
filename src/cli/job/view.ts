import type { Job } from "../../protocol/api/answer/job.ts";
import { minute } from "../output/cell.ts";
import { printView, type Section, type View } from "../output/view.ts";
import type { Session } from "../session.ts";

export interface JobViewOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: JobViewOptions): Promise<number> {
  const client = await session.client();
  const job = await client.jobs.get(id);
  return await printView(session, jobView(job), job);
}

export function jobView(job: Job): View {
  const { executionInfo, constraints } = job;
  const { schedulingError } = executionInfo;
  return {
    fields: [
      ["ID", job.id],
      ["NAME", job.displayName],
      ["TYPE", job.type],
      ["POOL ID", job.poolInfo.poolId],
      ["STATE", job.state],
      ["STATE SINCE", minute(job.stateTransitionTime)],
      ["PRIORITY", job.priority],
      ["MAX PARALLEL TASKS", job.maxParallelTasks === -1 ? "unlimited" : job.maxParallelTasks],
      ["MAX WALL CLOCK", constraints.maxWallClockTime ?? "unlimited"],
      ["MAX RETRIES", constraints.maxTaskRetryCount],
      ["ON ALL COMPLETE", job.onAllTasksComplete],
      ["START AT", minute(executionInfo.startTime)],
      ["END AT", minute(executionInfo.endTime)],
      ["REASON", executionInfo.terminateReason],
      ["ERROR", schedulingError && `${schedulingError.code}: ${schedulingError.message}`],
      ["CREATED AT", minute(job.creationTime)],
      ["UPDATED AT", minute(job.lastModified)],
    ],
    sections: [
      ...preparation(job),
      ...release(job),
      ...pairs("ENVIRONMENT", job.commonEnvironmentSettings),
      ...pairs("METADATA", job.metadata),
    ],
  };
}

function preparation({ jobPreparationTask: task }: Job): Section[] {
  if (task === undefined) return [];
  return [
    {
      name: "PREPARATION",
      fields: [
        ["ID", task.id],
        ["COMMAND LINE", task.commandLine],
        ["WAIT FOR SUCCESS", task.waitForSuccess],
        ["AGAIN AFTER REBOOT", task.rerunOnNodeRebootAfterSuccess],
        ["MAX RETRIES", task.constraints?.maxTaskRetryCount],
        ["MAX WALL CLOCK", task.constraints?.maxWallClockTime ?? "unlimited"],
      ],
    },
  ];
}

function release({ jobReleaseTask: task }: Job): Section[] {
  if (task === undefined) return [];
  return [
    {
      name: "RELEASE",
      fields: [
        ["ID", task.id],
        ["COMMAND LINE", task.commandLine],
        ["MAX WALL CLOCK", task.maxWallClockTime],
      ],
    },
  ];
}

function pairs(name: string, values: readonly { name: string; value: string }[] = []): Section[] {
  const items = values.map((pair) => `${pair.name}=${pair.value}`);
  return items.length === 0 ? [] : [{ name, items }];
}
