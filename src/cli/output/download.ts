import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { CliError } from "../failure.ts";
import type { Session } from "../session.ts";
import { chunksOf, printBytes } from "./bytes.ts";
import { formatSize } from "./cell.ts";

export interface DownloadOptions {
  readonly remotePath: string;
  /** File or folder; undefined: stdout. */
  readonly localPath: string | undefined;
  readonly overwrite: boolean;
}

/** Gets a file to where the options say. A transfer that breaks leaves nothing behind and what was there as it was. */
export async function download(
  session: Session,
  options: DownloadOptions,
  request: () => Promise<Response>,
): Promise<number> {
  const requestFile = async () => fileOf(await request(), options.remotePath);
  if (options.localPath === undefined) return await printBytes(session, await requestFile());
  const path = await targetOf(options.localPath, options.remotePath);
  const sizeBytes = await save(path, options.overwrite, requestFile);
  await session.note(`${path} has been written, ${formatSize(sizeBytes)}.`);
  return 0;
}

/** Writes what is answered to a file; answers its size. Throws CliError when there is such a file that shall stay. */
export async function save(
  path: string,
  overwrite: boolean,
  request: () => Promise<Response>,
): Promise<number> {
  if (!overwrite && (await isThere(path))) {
    throw new CliError(`Expected no file ${path} yet, and there is one.`, {
      fix: "Add -ow,--overwrite to replace it, or write to another place.",
    });
  }
  return await receive(path, await request());
}

/** Files come as octets, whatever they hold; a folder is answered with its listing. */
async function fileOf(response: Response, remotePath: string): Promise<Response> {
  if (!response.headers.get("content-type")?.startsWith("application/json")) return response;
  await response.body?.cancel();
  throw new CliError(`Expected a file and got the folder ${remotePath}.`, {
    fix: "Name a file in it: the action files lists them.",
  });
}

async function targetOf(localPath: string, remotePath: string): Promise<string> {
  const isFolder = (await stat(localPath).catch(() => null))?.isDirectory() === true;
  return isFolder ? join(localPath, basename(remotePath)) : localPath;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** The digest is of the whole, which ranges are not. */
const OK = 200;

async function receive(path: string, response: Response): Promise<number> {
  const partial = `${path}.${process.pid}.part`;
  const file = await create(partial);
  try {
    let sizeBytes = 0;
    const hash = createHash("sha256");
    for await (const chunk of chunksOf(response)) {
      await file.appendFile(chunk);
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
    }
    checkDigest(path, response, hash.digest("base64"));
    await file.sync();
    await file.close();
    await rename(partial, path);
    return sizeBytes;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(partial, { force: true });
    throw error;
  }
}

/** What a server tells the checksum of (RFC 9530) has to come with it. */
function checkDigest(path: string, { headers, status }: Response, given: string): void {
  const expected = /^sha-256=:([\w+/=]+):$/.exec(headers.get("repr-digest") ?? "")?.[1];
  if (expected === undefined || expected === given || status !== OK) return;
  const [wanted, got] = [expected, given].map((text) =>
    Buffer.from(text, "base64").toString("hex"),
  );
  throw new CliError(
    `Expected content of the SHA-256 ${wanted} for ${path} and got ${got}; nothing was written.`,
    { fix: "Run it again; it may have been changed on the way or on the server's disk." },
  );
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`Could not write ${path}: ${reason}`, {
      fix: "Write to another place.",
      cause,
    });
  }
}
