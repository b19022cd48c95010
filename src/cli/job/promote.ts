import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { watchGroups } from "./watchGroups.ts";

export interface JobPromoteOptions {
  readonly id: string;
  readonly group: readonly string[];
  readonly detach: boolean;
}

export async function run(session: Session, options: JobPromoteOptions): Promise<number> {
  const { id, group, detach } = options;
  const client = await session.client();
  const answer = await client.groups.promote(id, group.length === 0 ? {} : { groups: [...group] });
  const what = group.length === 0 ? "" : ` of ${group.join(", ")}`;
  const sentence = `The canaries${what} of ${id} have been promoted in version ${answer.version}.`;
  if (detach) return await printDone(session, sentence, answer);
  await session.note(sentence);
  return await watchGroups(session, client, answer);
}
