import { changesOf, givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { contentOf, orNone, type TaskContentOptions } from "./create.ts";
import { rollingOf } from "./rolling.ts";
import { storeScript } from "./scriptFile.ts";

export interface TaskEditOptions extends TaskContentOptions {
  readonly scriptFile: string | undefined;
  readonly osUser: string | undefined;
  readonly owner: string | undefined;
  readonly apprUser: string | undefined;
}

export async function run(session: Session, options: TaskEditOptions): Promise<number> {
  const { id, osUser, owner, apprUser, scriptFile } = options;
  const fields = {
    ...contentOf(options),
    osUser: orNone(osUser),
    ownerId: owner,
    approverId: apprUser,
    // Nothing between quotes takes the batches away.
    rolling: options.batch === "" ? null : rollingOf(options),
  };
  const changes = scriptFile === undefined ? changesOf(fields) : givenOf(fields);
  const client = await session.client();
  const script =
    scriptFile === undefined ? undefined : await storeScript(session, client, scriptFile);
  const task = await client.definitions.edit(id, { ...changes, ...givenOf({ script }) });
  return await printDone(session, `${id} has been modified successfully.`, task);
}
