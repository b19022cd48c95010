import { stat } from "node:fs/promises";
import { CliError } from "../failure.ts";
import { download } from "../output/download.ts";
import type { Session } from "../session.ts";
import { localPath } from "./scriptFile.ts";
import { type RevisionOptions, shownTask } from "./shown.ts";

export interface TaskDownScriptOptions extends RevisionOptions {
  readonly dirPath: string;
  readonly overwrite: boolean;
}

export async function run(session: Session, options: TaskDownScriptOptions): Promise<number> {
  const { dirPath, overwrite } = options;
  const folder = localPath(session, dirPath);
  if ((await stat(folder).catch(() => null))?.isDirectory() !== true) {
    throw new CliError(`Expected a directory as -pt,--dirpath and got ${dirPath}.`, {
      fix: "Make it, or give another.",
    });
  }
  const client = await session.client();
  const { script } = await shownTask(session, client, options);
  const target = { remotePath: script.name, localPath: folder, overwrite };
  return await download(session, target, () => client.scripts.read(script.sha256));
}
