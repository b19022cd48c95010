import type { EventEnvelope } from "../../protocol/api/answer/event.ts";
import { EXIT } from "../failure.ts";
import { connectionNotes } from "../output/bytes.ts";
import { boxText, type Cell, tsvText } from "../output/cell.ts";
import type { OutputForm, Session } from "../session.ts";
import { COLUMNS } from "./columns.ts";
import { type EventFilterOptions, eventFilter } from "./filter.ts";

/** A table that grows has no widest cell yet: these fit what is usual. */
const WIDTHS = [10, 19, 21, 40, 34, 0];
const GAP = "  ";

export async function run(session: Session, options: EventFilterOptions): Promise<number> {
  const filter = eventFilter(options);
  const client = await session.client();
  const { form, signal } = session;
  const after = options.after ?? (await client.system.get()).lastEvent;
  const head = headLine(form);
  if (head !== null) await session.print(head);
  const connection = { signal, ...connectionNotes(session) };
  const events = client.events.follow({ ...filter, after }, connection);
  for await (const event of events) await session.print(lineOf(form, event));
  return EXIT.interrupted;
}

function headLine(form: OutputForm): string | null {
  const headers = COLUMNS.map(({ header }) => header);
  if (form === "json") return null;
  return form === "tsv" ? headers.join("\t") : columnsOf(headers);
}

function lineOf(form: OutputForm, event: EventEnvelope): string {
  const cells: Cell[] = COLUMNS.map(({ value }) => value(event));
  switch (form) {
    case "json":
      return JSON.stringify(event);
    case "tsv":
      return cells.map(tsvText).join("\t");
    case "box":
      return columnsOf(cells.map(boxText));
  }
}

function columnsOf(texts: readonly string[]): string {
  const padded = texts.map((text, index) => {
    const missing = (WIDTHS[index] ?? 0) - Bun.stringWidth(text);
    return text.replaceAll("\n", " ") + " ".repeat(Math.max(0, missing));
  });
  return padded.join(GAP).trimEnd();
}
