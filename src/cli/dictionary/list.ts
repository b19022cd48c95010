import type { RestrictedCommand } from "../../protocol/api/answer/restrictedCommand.ts";
import { givenOf } from "../command/keyValue.ts";
import { minute } from "../output/cell.ts";
import { column, printList } from "../output/list.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";
import { CLASSES, type ClassLetter } from "./classes.ts";

export interface DictionaryListOptions {
  readonly word: string | undefined;
  readonly class: ClassLetter | undefined;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = [
  column<RestrictedCommand>("WORD", (command) => command.word),
  column<RestrictedCommand>("CLASS", (command) => command.class),
  column<RestrictedCommand>("DESCRIPTION", (command) => command.description),
  column<RestrictedCommand>("CREATED AT", (command) => minute(command.creationTime)),
  column<RestrictedCommand>("CREATED BY", (command) => command.createdBy),
];

export async function run(session: Session, options: DictionaryListOptions): Promise<number> {
  const { word, limit, offset } = options;
  const wordClass = options.class === undefined ? undefined : CLASSES[options.class];
  const client = await session.client();
  const filter = givenOf({ word, class: wordClass });
  const commands = await client.restrictedCommands.list({ ...filter, limit, offset });
  return await printList(session, COLUMNS, rowsOf(commands));
}
