import { download } from "../output/download.ts";
import { folderOf } from "../output/folder.ts";
import type { Session } from "../session.ts";
import { type RevisionOptions, shownTask } from "./shown.ts";

export interface TaskDownScriptOptions extends RevisionOptions {
  readonly dirPath: string;
  readonly overwrite: boolean;
}

export async function run(session: Session, options: TaskDownScriptOptions): Promise<number> {
  const { dirPath, overwrite } = options;
  const folder = await folderOf(session, dirPath);
  const client = await session.client();
  const { script } = await shownTask(session, client, options);
  const target = { remotePath: script.name, localPath: folder, overwrite };
  return await download(session, target, () => client.scripts.read(script.sha256));
}
