import { changesOf, givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { contentOf, type TaskContentOptions } from "./create.ts";
import { storeScript } from "./scriptFile.ts";

export interface TaskEditOptions extends TaskContentOptions {
  readonly scriptFile: string | undefined;
  readonly osUser: string | undefined;
  readonly owner: string | undefined;
  readonly apprUser: string | undefined;
}

export async function run(session: Session, options: TaskEditOptions): Promise<number> {
  const { id, osUser, owner, apprUser, scriptFile } = options;
  const { nextTaskId, ...content } = contentOf(options);
  const fields = {
    ...content,
    osUser,
    ownerId: owner,
    approverId: apprUser,
    // Nothing between quotes takes the next task away.
    nextTaskId: nextTaskId === "" ? null : nextTaskId,
  };
  const changes = scriptFile === undefined ? changesOf(fields) : givenOf(fields);
  const client = await session.client();
  const script =
    scriptFile === undefined ? undefined : await storeScript(session, client, scriptFile);
  const task = await client.definitions.edit(id, { ...changes, ...givenOf({ script }) });
  return await printDone(session, `${id} has been modified successfully.`, task);
}
