import { minute } from "../output/cell.ts";
import { printView } from "../output/view.ts";
import type { Session } from "../session.ts";
import { type RevisionOptions, shownTask } from "./shown.ts";

export async function run(session: Session, options: RevisionOptions): Promise<number> {
  const task = await shownTask(session, await session.client(), options);
  const { approval } = task;
  const view = {
    fields: [
      ["ID", task.id],
      ["REVISION", task.revision],
      ["OWNER", task.ownerId],
      ["SCRIPT", task.script.name],
      ["OS USER", task.osUser],
      ["BY SCHEDULER", task.byScheduler],
      ["BY ONDEMAND", task.byOnDemand],
      ["BY TASK", task.byTask],
      ["NEXT TASK", task.nextTaskId],
      ["DESCRIPTION", task.description],
      ["CREATED AT", minute(task.creationTime)],
      ["CREATED BY", task.createdBy],
      ["UPDATED AT", minute(task.updateTime)],
      ["UPDATED BY", task.updatedBy],
    ],
    sections: [
      {
        name: "APPROVAL",
        fields: [
          ["STATUS", approval.status],
          ["REQ REASON", approval.requestReason],
          ["RJT REASON", approval.rejectReason],
          ["APPROVER", approval.approverId],
          ["UPDATED AT", minute(approval.updateTime)],
        ],
      },
      { name: "SCHEDULES", items: task.schedules.map(({ text }) => text) },
      { name: "RUNNERS", items: task.runners.map(namedText) },
      { name: "TARGETS", items: task.targets.map(namedText) },
    ],
  } as const;
  return await printView(session, view, task);
}

function namedText({ id, kind }: { readonly id: string; readonly kind: string }): string {
  return `${id}(${kind})`;
}
