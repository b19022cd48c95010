import { second } from "../output/cell.ts";
import { printView } from "../output/view.ts";
import type { Session } from "../session.ts";
import { outcomeText, whoText } from "./texts.ts";

export interface AuditViewOptions {
  readonly number: number;
}

export async function run(session: Session, { number }: AuditViewOptions): Promise<number> {
  const client = await session.client();
  const record = await client.audit.get(number);
  const { time, by, address, requestId, action, object, details, result } = record;
  const fields = [
    ["NO", record.number],
    ["AT", second(time)],
    ["BY", whoText(record)],
    ["TOKEN ID", by.tokenId ?? undefined],
    ["ADDRESS", address ?? undefined],
    ["REQUEST ID", requestId],
    ["ACTION", action],
    ["OBJECT", valuesText(object)],
    ["DETAILS", valuesText(details)],
    ["OUTCOME", outcomeText(record)],
    ["RESULT", valuesText(result)],
    ["PREVIOUS", record.previous],
    ["HASH", record.hash],
  ] as const;
  return await printView(session, { fields }, record);
}

function valuesText(values: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(values).length === 0 ? undefined : JSON.stringify(values);
}
