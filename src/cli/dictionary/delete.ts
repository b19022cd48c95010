import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface DictionaryDeleteOptions {
  readonly word: string;
}

export async function run(session: Session, { word }: DictionaryDeleteOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.restrictedCommands.delete(word);
  return await printDone(session, `${word} has been deleted successfully.`, answer);
}
