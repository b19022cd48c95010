import type { AuditRecordAnswer } from "../../protocol/api/answer/audit.ts";
import { givenOf } from "../command/keyValue.ts";
import { second } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import type { Session } from "../session.ts";
import { dayEnd, dayStart } from "../taskinstance/day.ts";
import { objectText, outcomeText, whoText } from "./texts.ts";

export interface AuditListOptions {
  readonly user: string | undefined;
  readonly action: string | undefined;
  readonly outcome: "D" | "R" | undefined;
  readonly dateGe: string | undefined;
  readonly dateLe: string | undefined;
  readonly limit: number;
}

const COLUMNS = [
  column<AuditRecordAnswer>("NO", ({ number }) => number),
  column<AuditRecordAnswer>("AT", ({ time }) => second(time)),
  column<AuditRecordAnswer>("BY", whoText),
  column<AuditRecordAnswer>("ADDRESS", ({ address }) => address ?? undefined),
  column<AuditRecordAnswer>("ACTION", ({ action }) => action),
  column<AuditRecordAnswer>("OBJECT", objectText),
  column<AuditRecordAnswer>("OUTCOME", outcomeText),
];

/** Nobody counts the records that fit, so the footer has one number. */
export async function run(session: Session, options: AuditListOptions): Promise<number> {
  const { user, action, outcome, dateGe, dateLe, limit } = options;
  const filter = givenOf({
    who: user,
    action,
    outcome: outcome === undefined ? undefined : OUTCOMES[outcome],
    from: dateGe === undefined ? undefined : dayStart(dateGe, "-dg,--date-ge"),
    to: dateLe === undefined ? undefined : dayEnd(dateLe, "-dl,--date-le"),
  });
  const client = await session.client();
  const rows: AuditRecordAnswer[] = [];
  for await (const record of client.audit.all({ ...filter, order: "desc" })) {
    rows.push(record);
    if (rows.length === limit) break;
  }
  return await printList(session, COLUMNS, { rows: rows.reverse(), total: null });
}

const OUTCOMES = { D: "done", R: "refused" } as const;
