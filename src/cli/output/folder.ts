import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { CliError } from "../failure.ts";
import type { Session } from "../session.ts";

/** A path as whoever typed it means it. */
export function localPath({ io }: Session, path: string): string {
  return resolve(io.currentFolder ?? process.cwd(), path);
}

/** Where -pt,--dirpath says to write to. Throws CliError when it is no directory. */
export async function folderOf(session: Session, dirPath: string): Promise<string> {
  const folder = localPath(session, dirPath);
  if ((await stat(folder).catch(() => null))?.isDirectory() === true) return folder;
  throw new CliError(`Expected a directory as -pt,--dirpath and got ${dirPath}.`, {
    fix: "Make it, or give another.",
  });
}
