import { connectionNotes, printBytes } from "../output/bytes.ts";
import { checkedAllocationId } from "../output/shortId.ts";
import type { Session } from "../session.ts";
import { oneTask } from "./oneTask.ts";

export interface AllocLogsOptions {
  readonly id: string;
  readonly task: string | undefined;
  readonly follow: boolean;
  readonly stderr: boolean;
  readonly tail: boolean;
  readonly lines: number | undefined;
}

const LINES_DEFAULT = 10;

export async function run(session: Session, options: AllocLogsOptions): Promise<number> {
  const { follow, stderr, tail } = options;
  const id = checkedAllocationId(options.id);
  const client = await session.client();
  const task = options.task ?? (await oneTask(client, id));
  const lines = options.lines ?? (tail ? LINES_DEFAULT : undefined);
  const output = { follow, lines, signal: session.signal, ...connectionNotes(session) };
  const stream = stderr ? "stderr" : "stdout";
  return await printBytes(session, await client.groups.logs(id, task, stream, output));
}
