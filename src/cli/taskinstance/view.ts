import { second } from "../output/cell.ts";
import { printView } from "../output/view.ts";
import type { Session } from "../session.ts";
import { rollingFields } from "./rollingState.ts";
import { capitalised } from "./words.ts";

export interface InstanceOptions {
  readonly instanceNo: number;
}

export async function run(session: Session, { instanceNo }: InstanceOptions): Promise<number> {
  const client = await session.client();
  const instance = await client.instances.get(instanceNo);
  const { statusCounts } = instance;
  const view = {
    fields: [
      ["TASK INSTANCE NO", instance.number],
      ["TASK ID", instance.definitionId],
      ["START AT", second(instance.startTime)],
      ["END AT", second(instance.endTime)],
      ["RUNNER", instance.runner],
      ["RESULT", capitalised(instance.result)],
      ["READY", statusCounts.ready],
      ["REQUEST", statusCounts.request],
      ["COMPLETE", statusCounts.complete],
      ["FAIL", statusCounts.fail],
      ["REVISION", instance.revision],
      ["ARGUMENTS", instance.arguments.map(quoted).join(" ")],
      ["NEXT TASK", instance.nextTaskId],
      ["NEXT INSTANCE NO", instance.nextInstance ?? instance.nextRefusal],
      ["STOP REASON", instance.stopReason],
      ...rollingFields(instance.rolling, instance.number),
    ],
  } as const;
  return await printView(session, view, instance);
}

/** A word as -ag,--argument takes it. */
function quoted(word: string): string {
  return /^[\w.,:/@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
