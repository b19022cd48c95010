import type { Client } from "../../client/client.ts";
import { givenOf } from "../command/keyValue.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { changesBetween } from "../task/changes.ts";
import { restrictedLines } from "../task/checkScript.ts";

export interface ApprovalRequestOptions {
  readonly id: string;
  readonly apprUser: string | undefined;
  readonly reason: string | undefined;
}

export async function run(session: Session, options: ApprovalRequestOptions): Promise<number> {
  const { id, apprUser, reason } = options;
  const client = await session.client();
  // Read before: a request that was sent is not followed by an error of what only shows it.
  const changes = session.form === "box" ? await changesOf(client, id) : [];
  const restricted = session.form === "box" ? await restrictedLines(client, id) : [];
  const task = await client.approvals.request(id, givenOf({ approverId: apprUser, reason }));
  await printDone(session, `${id}'s approval has been requested successfully.`, task);
  for (const lines of [changes, restricted]) {
    if (lines.length > 0) await session.print(`\n${lines.join("\n")}`);
  }
  return 0;
}

/** What the request is about. */
async function changesOf(client: Client, id: string): Promise<string[]> {
  const working = await client.definitions.get(id, 0);
  const { runningRevision } = working;
  if (runningRevision === 0) return ["It is the first: no revision runs yet."];
  const running = await client.definitions.get(id, runningRevision);
  const changes = await changesBetween(client, running, working);
  if (changes.length === 0)
    return [`Nothing differs from revision ${runningRevision}, which runs.`];
  return [`Changes to revision ${runningRevision}, which runs:`, ...changes];
}
