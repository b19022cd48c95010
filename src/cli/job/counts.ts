import type { TaskCounts } from "../../protocol/api/answer/job.ts";
import { printJson } from "../output/json.ts";
import { boxTable, column, tsvTable } from "../output/list.ts";
import type { Session } from "../session.ts";

export interface JobCountsOptions {
  readonly id: string;
}

interface Count {
  readonly state: string;
  readonly tasks: number;
  readonly slots: number;
}

const COLUMNS = [
  column<Count>("STATE", (count) => count.state),
  column<Count>("TASKS", (count) => count.tasks),
  column<Count>("SLOTS", (count) => count.slots),
];

const STATES = ["active", "running", "completed", "succeeded", "failed"] as const;

function countRows({ taskCounts, taskSlotCounts }: TaskCounts): Count[] {
  return STATES.map((state) => ({
    state,
    tasks: taskCounts[state],
    slots: taskSlotCounts[state],
  }));
}

/** For the end of a job as well; nothing is left out, so there is no count of rows. */
export async function printCounts(session: Session, counts: TaskCounts): Promise<void> {
  const rows = countRows(counts);
  if (session.form === "tsv") await session.write(tsvTable(COLUMNS, rows));
  else await session.print(boxTable(COLUMNS, rows));
}

export async function run(session: Session, { id }: JobCountsOptions): Promise<number> {
  const client = await session.client();
  const counts = await client.jobs.taskCounts(id);
  if (session.form === "json") return await printJson(session, counts);
  await printCounts(session, counts);
  return 0;
}
