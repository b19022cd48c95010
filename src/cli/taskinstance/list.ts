import type { Instance } from "../../protocol/api/answer/instance.ts";
import { givenOf } from "../command/keyValue.ts";
import { second } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";
import { dayEnd, dayStart } from "./day.ts";
import { capitalised } from "./words.ts";

export interface InstanceListOptions {
  readonly id: string | undefined;
  readonly startDtGe: string | undefined;
  readonly startDtLe: string | undefined;
  readonly runnerId: string | undefined;
  readonly nextTask: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<Instance>("TASK INSTANCE NO", ({ number }) => number),
  column<Instance>("TASK ID", ({ definitionId }) => definitionId),
  column<Instance>("START AT", ({ startTime }) => second(startTime)),
  column<Instance>("END AT", ({ endTime }) => second(endTime)),
  column<Instance>("RUNNER", ({ runner }) => runner),
  column<Instance>("RESULT", ({ result }) => capitalised(result)),
];

export async function run(session: Session, options: InstanceListOptions): Promise<number> {
  const { id, startDtGe, startDtLe, runnerId, nextTask, limit, offset } = options;
  const filter = givenOf({
    definitionId: id,
    startedFrom: startDtGe === undefined ? undefined : dayStart(startDtGe, "-stge,--startdt-ge"),
    startedTo: startDtLe === undefined ? undefined : dayEnd(startDtLe, "-stle,--startdt-le"),
    runner: runnerId,
    nextTaskId: nextTask,
  });
  const client = await session.client();
  const instances = await client.instances.list({ ...filter, limit, offset });
  return await printList(session, COLUMNS, rowsOf(instances));
}
