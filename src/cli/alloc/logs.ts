import { printBytes } from "../output/bytes.ts";
import { checkedAllocationId } from "../output/shortId.ts";
import { lastLines, withoutFirst } from "../output/tail.ts";
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
  const { follow, stderr, tail, lines } = options;
  const id = checkedAllocationId(options.id);
  const client = await session.client();
  const task = options.task ?? (await oneTask(client, id));
  const stream = stderr ? "stderr" : "stdout";
  const read = (isFollowed: boolean) =>
    client.groups.logs(id, task, stream, isFollowed, session.signal);
  if (!tail && lines === undefined) return await printBytes(session, await read(follow));
  const written = await lastLines(await read(false), lines ?? LINES_DEFAULT);
  await session.write(written.bytes);
  if (!follow) return 0;
  // What came in between is not lost: it goes on behind what was read.
  for await (const chunk of withoutFirst(await read(true), written.sizeBytes)) {
    await session.write(chunk);
  }
  return 0;
}
