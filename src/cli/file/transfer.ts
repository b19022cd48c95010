import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Client } from "../../client/client.ts";
import { remotePath, splitRepositoryPath } from "../../model/fleet/repository.ts";
import type { RepositoryItem } from "../../protocol/api/answer/repository.ts";
import { CliError, UsageError } from "../failure.ts";
import { save } from "../output/download.ts";
import { localPath } from "../output/folder.ts";
import type { Session } from "../session.ts";

/** One file, from here to the repository or back. */
export interface Transfer {
  /** As it was given, with `master:`. */
  readonly remotePath: string;
  readonly localPath: string;
  readonly overwrite: boolean;
}

/** The path as the API has it. Throws UsageError for one that can be none; nothing is sent. */
export function pathOf(text: string): string {
  const path = remotePath(text);
  if (path.ok) return path.path;
  throw new UsageError(`Expected ${path.expected} and got ${JSON.stringify(text)}.`);
}

/** Uploads one file, with its checksum, which the server checks before it takes it. */
export async function putFile(
  session: Session,
  client: Client,
  { remotePath: remote, localPath: local, overwrite }: Transfer,
): Promise<RepositoryItem> {
  const path = pathOf(remote.endsWith("/") ? `${remote}${basename(local)}` : remote);
  const full = localPath(session, local);
  await requireFile(full, local);
  const file = Bun.file(full);
  const sha256 = await hashOf(file);
  return await client.repository.write(path, file, { overwrite, sha256 });
}

async function requireFile(path: string, given: string): Promise<void> {
  const facts = await stat(path).catch(() => null);
  if (facts?.isFile() === true) return;
  const found = facts === null ? "there is none" : "it is something else";
  throw new CliError(`Expected a file to upload at ${given}, and ${found}.`, {
    fix: "Give the path of a file; of a folder, pack it into one first.",
  });
}

async function hashOf(file: Blob): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of file.stream()) hasher.update(chunk);
  return hasher.digest("hex");
}

/** Downloads one file; it appears when it is whole and its checksum is right. Answers where it lies. */
export async function getFile(
  session: Session,
  client: Client,
  { remotePath: remote, localPath: local, overwrite }: Transfer,
): Promise<{ readonly path: string; readonly sizeBytes: number }> {
  const path = pathOf(remote);
  const given = localPath(session, local);
  const isFolder = (await stat(given).catch(() => null))?.isDirectory() === true;
  const target = isFolder ? join(given, splitRepositoryPath(path).name) : given;
  const sizeBytes = await save(target, overwrite, () => client.repository.read(path));
  return { path: target, sizeBytes };
}
