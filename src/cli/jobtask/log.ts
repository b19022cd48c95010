import { connectionNotes, printBytes } from "../output/bytes.ts";
import type { Session } from "../session.ts";

export interface TaskLogOptions {
  readonly jobId: string;
  readonly id: string;
  readonly follow: boolean;
  readonly stderr: boolean;
}

export async function run(session: Session, options: TaskLogOptions): Promise<number> {
  const { jobId, id, follow, stderr } = options;
  const { tasks } = await session.client();
  const read = stderr ? tasks.stderr : tasks.stdout;
  const output = { follow, signal: session.signal, ...connectionNotes(session) };
  return await printBytes(session, await read(jobId, id, output));
}
