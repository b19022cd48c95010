import type { Client } from "../../client/client.ts";
import type { ScriptCheck } from "../../protocol/api/answer/restrictedCommand.ts";
import { givenOf } from "../command/keyValue.ts";
import { EXIT } from "../failure.ts";
import { printJson } from "../output/json.ts";
import { column, printList } from "../output/list.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";
import type { RevisionOptions } from "./shown.ts";

export interface TaskCheckScriptOptions extends RevisionOptions {
  readonly encoding: string | undefined;
}

type Finding = ScriptCheck["items"][number];

const COLUMNS = [
  column<Finding>("LINE", ({ line }) => line),
  column<Finding>("COLUMN", ({ column: place }) => place),
  column<Finding>("WORD", ({ word }) => word),
  column<Finding>("CLASS", (finding) => finding.class),
  column<Finding>("TEXT", ({ text }) => text),
];

/** Fails when something is forbidden, so that scripts can go by it. */
export async function run(session: Session, options: TaskCheckScriptOptions): Promise<number> {
  const { id, revision, encoding } = options;
  const client = await session.client();
  const checked = await client.restrictedCommands.check(id, givenOf({ revision, encoding }));
  if (session.form === "json") await printJson(session, checked);
  else await printList(session, COLUMNS, rowsOf(checked));
  const isForbidden = checked.items.some((finding) => finding.class === "forbidden");
  return isForbidden ? EXIT.failed : EXIT.ok;
}

/** What whoever asks for an approval, or gives it, is shown of the working copy's script; empty: nothing is in it. */
export async function restrictedLines(client: Client, id: string): Promise<string[]> {
  const { items, total } = await client.restrictedCommands.check(id, { revision: 0 });
  if (total === 0) return [];
  const places = items.map(
    (finding) =>
      `  line ${finding.line}, column ${finding.column}: ${finding.word} (${finding.class})`,
  );
  const more = total > items.length ? [`  and ${total - items.length} more`] : [];
  return ["Restricted commands in its script:", ...places, ...more];
}
