import { givenOf, nameValues } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { type EditableOptions, editedFields } from "./edited.ts";

export interface JobCreateOptions extends EditableOptions {
  readonly id: string;
  readonly poolId: string;
  readonly name: string | undefined;
  readonly preparation: string | undefined;
  readonly release: string | undefined;
  readonly env: readonly string[];
}

export async function run(session: Session, options: JobCreateOptions): Promise<number> {
  const { id, poolId, name, preparation, release, env } = options;
  const body = {
    id,
    poolInfo: { poolId },
    ...editedFields(options),
    ...givenOf({
      displayName: name,
      jobPreparationTask: preparation === undefined ? undefined : { commandLine: preparation },
      jobReleaseTask: release === undefined ? undefined : { commandLine: release },
      commonEnvironmentSettings:
        env.length === 0 ? undefined : nameValues(env, "NAME=VALUE", "-en,--env"),
    }),
  };
  const client = await session.client();
  const created = await client.jobs.create(body);
  return await printDone(session, `${id} has been created successfully.`, created);
}
