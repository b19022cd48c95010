import type { Session } from "../session.ts";
import { drawBox } from "./box.ts";
import { boxText, type Cell, tsvText } from "./cell.ts";
import { printJson } from "./json.ts";

export type Field = readonly [name: string, value: Cell];

/** A part of a view: fields, or a list of items of which each is a row of its own. */
export type Section =
  | { readonly name: string; readonly fields: readonly Field[] }
  | {
      readonly name: string;
      readonly items: readonly string[];
      /** The next section stands directly below, with no empty row between. */
      readonly isClose?: true;
    };

/** Fields alone; with sections, the fields come first as [BASIS]. */
export interface View {
  readonly fields: readonly Field[];
  readonly sections?: readonly Section[];
}

const HEAD = ["FIELD", "VALUE"];
const EMPTY: Field = ["", undefined];

/** Prints one thing in the form of the session; answers the exit code. `answer` is what the API said of it. */
export async function printView(session: Session, view: View, answer: unknown): Promise<number> {
  switch (session.form) {
    case "json":
      return await printJson(session, answer);
    case "tsv":
      await session.write(tsvView(view));
      return 0;
    case "box":
      await session.print(boxView(view));
      return 0;
  }
}

export function boxView(view: View): string {
  const rows = rowsOf(view).map(([name, value]) => [name, boxText(value)]);
  return drawBox(HEAD, rows).join("\n");
}

function rowsOf({ fields, sections = [] }: View): Field[] {
  if (sections.length === 0) return [...fields];
  const basis: Section = { name: "BASIS", fields };
  return [basis, ...sections].flatMap((section, index) => {
    const isLast = index === sections.length;
    const isClose = "items" in section && (isLast || section.isClose === true);
    return isClose ? sectionRows(section) : [...sectionRows(section), EMPTY];
  });
}

/** Fields stand apart from their marker by an empty row, items do not. */
function sectionRows(section: Section): Field[] {
  const marker: Field = [`[${section.name}]`, undefined];
  if ("fields" in section) return [marker, EMPTY, ...section.fields];
  return [marker, ...section.items.map((item): Field => ["", item])];
}

function tsvView({ fields, sections = [] }: View): string {
  const rows = sections.flatMap((section): Field[] =>
    "fields" in section
      ? section.fields.map(([name, value]): Field => [`${section.name} ${name}`, value])
      : section.items.map((item): Field => [section.name, item]),
  );
  return [HEAD, ...[...fields, ...rows].map(([name, value]) => [name, tsvText(value)])]
    .map((cells) => `${cells.join("\t")}\n`)
    .join("");
}
