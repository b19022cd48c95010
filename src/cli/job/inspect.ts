import type { JobVersionAnswer } from "../../protocol/api/answer/group.ts";
import { CliError } from "../failure.ts";
import { printJson } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface JobInspectOptions {
  readonly id: string;
  readonly version: number | undefined;
}

/** Prints a job as `job run` takes it again. */
export async function run(session: Session, { id, version }: JobInspectOptions): Promise<number> {
  const client = await session.client();
  const { items } = await client.groups.versions(id);
  return await printJson(session, { Job: versionNamed(items, id, version).job });
}

/** The version of this number; undefined: the latest. Throws CliError where it is not kept. */
export function versionNamed(
  items: readonly JobVersionAnswer[],
  id: string,
  version: number | undefined,
): JobVersionAnswer {
  const found = version === undefined ? items[0] : items.find((one) => one.version === version);
  if (found !== undefined) return found;
  const kept = items.map((one) => one.version).join(", ");
  throw new CliError(`Expected a kept version of ${id} and got ${version}; kept are ${kept}.`, {
    fix: `See the versions with \`stint job history ${id}\`.`,
  });
}
