import type { Client } from "../../client/client.ts";
import { CliError } from "../failure.ts";

/** The only task of an allocation. Throws CliError where there are several. */
export async function oneTask(client: Client, id: string): Promise<string> {
  const { members } = await client.groups.allocation(id);
  const [only, ...others] = members;
  if (only !== undefined && others.length === 0) return only.name;
  const names = members.map(({ name }) => name).join(", ");
  throw new CliError(`Expected the name of a task of allocation ${id} and got none.`, {
    fix: `Add one of its tasks behind the id: ${names}.`,
  });
}
