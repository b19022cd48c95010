import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What the CLI on the same machine reads to find the server; mode 0600, because of the token. */
export interface ServerFile {
  readonly url: string;
  readonly token: string;
}

/** Where things lie in a server's data directory. */
export interface DataDirectory {
  readonly path: string;
  readonly storePath: string;
  readonly blobsPath: string;
  readonly nodesPath: string;
  readonly serverFile: string;
  readonly tokenFile: string;
}

/** Makes the directory, closed to others but for passing through to the nodes' folders. */
export function openDataDirectory(path: string): DataDirectory {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o711);
  const nodesPath = join(path, "nodes");
  const blobsPath = join(path, "blobs");
  mkdirSync(blobsPath, { recursive: true, mode: 0o700 });
  return {
    path,
    storePath: join(path, "stint.db"),
    blobsPath,
    nodesPath,
    serverFile: join(path, "server.json"),
    tokenFile: join(path, "token"),
  };
}

/** The administrator's token of an earlier start; null at the first. */
export function readAdminToken(directory: DataDirectory): string | null {
  if (!existsSync(directory.tokenFile)) return null;
  return readFileSync(directory.tokenFile, "utf8").trim();
}

export function writeAdminToken(directory: DataDirectory, token: string): void {
  writeFileSync(directory.tokenFile, `${token}\n`, { mode: 0o600 });
}

/** Whole or not at all: others may read it at any time. */
export function writeServerFile(directory: DataDirectory, file: ServerFile): void {
  const temporary = `${directory.serverFile}.new`;
  writeFileSync(temporary, `${JSON.stringify(file)}\n`, { mode: 0o600 });
  renameSync(temporary, directory.serverFile);
}
