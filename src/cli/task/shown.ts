import type { Client } from "../../client/client.ts";
import type { Definition } from "../../protocol/api/answer/definition.ts";
import type { Session } from "../session.ts";

export interface RevisionOptions {
  readonly id: string;
  readonly revision: number | undefined;
}

/** A task as it runs, or a revision of it. Whoever has changed it and does not name one is told where the change is. */
export async function shownTask(
  session: Session,
  client: Client,
  { id, revision }: RevisionOptions,
): Promise<Definition> {
  const task = await client.definitions.get(id, revision);
  const hasChanged = task.approval.status !== "approved";
  if (revision === undefined && task.revision > 0 && hasChanged) {
    await session.note(
      `Revision ${task.revision} is shown, which runs. See what was changed since with -rv 0.`,
    );
  }
  return task;
}

/** An account of the nodes, or what stands for none. */
export function osUserText({ osUser }: Pick<Definition, "osUser">): string {
  return osUser ?? "(the agent's own)";
}
