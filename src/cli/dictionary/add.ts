import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { CLASSES, type ClassLetter } from "./classes.ts";

export interface DictionaryAddOptions {
  readonly word: string;
  readonly class: ClassLetter;
  readonly desc: string | undefined;
}

export async function run(session: Session, options: DictionaryAddOptions): Promise<number> {
  const { word, desc } = options;
  const client = await session.client();
  const body = { class: CLASSES[options.class], ...givenOf({ description: desc }) };
  const command = await client.restrictedCommands.set(word, body);
  return await printDone(session, `${word} has been added successfully.`, command);
}
