import type { Client } from "../../client/client.ts";
import { UsageError } from "../failure.ts";
import { connectionNotes, printBytes } from "../output/bytes.ts";
import { checkedAllocationId, isWholeShortId } from "../output/shortId.ts";
import type { Session } from "../session.ts";
import { newestAllocation } from "./newest.ts";
import { oneTask } from "./oneTask.ts";

export interface AllocLogsOptions {
  /** Behind -job, where the allocation is not named, the task. */
  readonly id: string | undefined;
  readonly task: string | undefined;
  readonly job: string | undefined;
  readonly group: string | undefined;
  readonly follow: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tail: boolean;
  readonly lines: number | undefined;
}

const LINES_DEFAULT = 10;

export async function run(session: Session, options: AllocLogsOptions): Promise<number> {
  const { follow, stdout, stderr, tail } = options;
  if (stdout && stderr) throw new UsageError("Expected one of -stdout and -stderr and got both.");
  const place = placeOf(options);
  const client = await session.client();
  const id = await idOf(client, place);
  const task = place.task ?? (await oneTask(client, id));
  const lines = options.lines ?? (tail ? LINES_DEFAULT : undefined);
  const output = { follow, lines, signal: session.signal, ...connectionNotes(session) };
  const stream = stderr ? "stderr" : "stdout";
  return await printBytes(session, await client.groups.logs(id, task, stream, output));
}

type Place =
  | { readonly by: "id"; readonly id: string; readonly task: string | undefined }
  | {
      readonly by: "job";
      readonly job: string;
      readonly group: string | undefined;
      readonly task: string | undefined;
    };

function placeOf({ id, task, job, group }: AllocLogsOptions): Place {
  if (job === undefined) {
    if (group !== undefined) throw new UsageError("Expected -group together with -job.");
    if (id === undefined) {
      throw new UsageError("Expected an allocation, or a job with -job, and got neither.");
    }
    return { by: "id", id: checkedAllocationId(id), task };
  }
  if (id !== undefined && task !== undefined) {
    throw new UsageError(
      `Expected only a task with -job, whose newest allocation is taken, and got "${id}" and "${task}".`,
    );
  }
  return { by: "job", job, group, task: task ?? id };
}

async function idOf(client: Client, place: Place): Promise<string> {
  if (place.by === "job") return await newestAllocation(client, place);
  if (isWholeShortId(place.id)) return place.id;
  // What is followed is asked for again and again, and must stay the same one.
  return (await client.groups.allocation(place.id)).id;
}
