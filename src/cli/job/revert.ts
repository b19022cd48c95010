import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { watchGroups } from "./watchGroups.ts";

export interface JobRevertOptions {
  readonly id: string;
  readonly version: number;
  readonly detach: boolean;
}

export async function run(session: Session, options: JobRevertOptions): Promise<number> {
  const { id, version, detach } = options;
  const client = await session.client();
  const answer = await client.groups.revert(id, version);
  const sentence = `${id} has been reverted to version ${version}, as version ${answer.version}.`;
  if (detach) return await printDone(session, sentence, answer);
  await session.note(sentence);
  return await watchGroups(session, client, answer);
}
