import { type DownloadOptions, download } from "../output/download.ts";
import type { Session } from "../session.ts";

export interface TaskGetFileOptions extends DownloadOptions {
  readonly jobId: string;
  readonly id: string;
}

export async function run(session: Session, options: TaskGetFileOptions): Promise<number> {
  const client = await session.client();
  const { jobId, id, remotePath } = options;
  return await download(session, options, () => client.tasks.readFile(jobId, id, remotePath));
}
