import { type DownloadOptions, download } from "../output/download.ts";
import type { Session } from "../session.ts";

export interface NodeGetFileOptions extends DownloadOptions {
  readonly id: string;
}

export async function run(session: Session, options: NodeGetFileOptions): Promise<number> {
  const client = await session.client();
  const { id, remotePath } = options;
  return await download(session, options, () => client.nodes.readFile(id, remotePath));
}
