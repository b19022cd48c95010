import { printBytes } from "../output/bytes.ts";
import type { Session } from "../session.ts";

export interface JobPrepLogOptions {
  readonly id: string;
  readonly nodeId: string;
  readonly release: boolean;
  readonly stderr: boolean;
}

export async function run(session: Session, options: JobPrepLogOptions): Promise<number> {
  const { id, nodeId, release, stderr } = options;
  const kind = release ? "jobrelease" : "jobpreparation";
  const client = await session.client();
  const stream = stderr ? "stderr" : "stdout";
  return await printBytes(session, await client.jobs.specialOutput(id, nodeId, kind, stream));
}
