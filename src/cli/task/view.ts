import type { Definition } from "../../protocol/api/answer/definition.ts";
import { minute } from "../output/cell.ts";
import { printView, type Section, type View } from "../output/view.ts";
import type { Session } from "../session.ts";
import { rollingText } from "./rolling.ts";
import { osUserText, type RevisionOptions, shownTask } from "./shown.ts";

export async function run(session: Session, options: RevisionOptions): Promise<number> {
  const task = await shownTask(session, await session.client(), options);
  const { approval } = task;
  const view: View = {
    fields: [
      ["ID", task.id],
      ["REVISION", task.revision],
      ["OWNER", task.ownerId],
      ["SCRIPT", task.script.name],
      ["OS USER", osUserText(task)],
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
      ...limitsOf(task),
      ...(task.rolling === undefined
        ? []
        : [{ name: "ROLLING", items: [rollingText(task.rolling)] }]),
    ],
  };
  return await printView(session, view, task);
}

/** OPMATE's view has no place for these: shown are those that are not what every new task has. */
function limitsOf(task: Definition): Section[] {
  const { startWithin, nodeTimeout, runTimeout, asksAgain } = task;
  const limits = [
    ...(startWithin === START_WITHIN_DEFAULT ? [] : [`START WITHIN ${startWithin}`]),
    ...(nodeTimeout === undefined ? [] : [`NODE TIMEOUT ${nodeTimeout}`]),
    ...(runTimeout === undefined ? [] : [`RUN TIMEOUT ${runTimeout}`]),
    ...(asksAgain ? ["ASKS AGAIN when its node groups change"] : []),
  ];
  return limits.length === 0 ? [] : [{ name: "LIMITS", items: limits }];
}

/** As the API shows that of a task that was given none. */
const START_WITHIN_DEFAULT = "PT5M";

function namedText({ id, kind }: { readonly id: string; readonly kind: string }): string {
  return `${id}(${kind})`;
}
