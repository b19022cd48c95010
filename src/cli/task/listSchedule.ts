import type { Definition } from "../../protocol/api/answer/definition.ts";
import { type SwitchLetter, switchOf } from "../command/people.ts";
import { column, printList } from "../output/list.ts";
import { allRows } from "../output/paging.ts";
import type { Session } from "../session.ts";
import { type RevisionOptions, shownTask } from "./shown.ts";
import { CYCLE } from "./words.ts";

export interface TaskListScheduleOptions extends RevisionOptions {
  readonly cycle: keyof typeof CYCLE | undefined;
  readonly status: SwitchLetter | undefined;
}

type Schedule = Definition["schedules"][number];

const COLUMNS = [
  column<Schedule>("ID", (schedule) => schedule.id),
  column<Schedule>("CYCLE", (schedule) => schedule.cycle),
  column<Schedule>("TIME", (schedule) => schedule.value),
  column<Schedule>("STATUS", (schedule) => schedule.status),
];

export async function run(session: Session, options: TaskListScheduleOptions): Promise<number> {
  const { schedules } = await shownTask(session, await session.client(), options);
  const cycle = options.cycle === undefined ? undefined : CYCLE[options.cycle];
  const status = switchOf(options.status);
  const shown = schedules.filter(
    (schedule) =>
      (cycle === undefined || schedule.cycle === cycle) &&
      (status === undefined || schedule.status === status),
  );
  return await printList(session, COLUMNS, allRows(shown, { limit: 0, offset: 0 }));
}
