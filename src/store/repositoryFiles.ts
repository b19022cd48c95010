import type { RepositoryFile } from "../model/fleet/repository.ts";

/** Which files the repository of fleet operations has; their content lies in the blob store. */
export interface RepositoryFiles {
  /**
   * Each call is a transaction of its own. What has expired at the file's `createdAt` is in nobody's way. `exists`: there is a file
   * of this path, and `overwrite` is false; `conflict`: the path is a folder, or a folder of it is a file.
   */
  put(file: RepositoryFile, overwrite: boolean): Promise<RepositoryPut>;
  /** What `put` would say now; null: it would store. */
  inTheWay(path: string, overwrite: boolean, now: number): Promise<RepositoryRefusal | null>;
  /** Null: none, or it has expired. */
  read(path: string, now: number): Promise<RepositoryFile | null>;
  /** What lies in the folder, by name. */
  list(folder: string, now: number): Promise<RepositoryFolder>;
  /** Those that have expired, at most limit. */
  listExpired(now: number, limit: number): Promise<RepositoryFile[]>;
  /** Removes the file if its content is still this one; answers whether it was. */
  remove(path: string, blobKey: string): Promise<boolean>;
  /** Whether a file has its content there. */
  hasBlob(blobKey: string): Promise<boolean>;
  /** Of all files together, those that have expired and are not removed yet too. */
  sizeBytes(): Promise<number>;
}

export interface RepositoryRefusal {
  readonly put: "exists" | "conflict";
  /** Of the file that is in the way. */
  readonly path: string;
}

export type RepositoryPut =
  /** `replaced`: the file that was there before; null: there was none. */
  { readonly put: "stored"; readonly replaced: RepositoryFile | null } | RepositoryRefusal;

export interface RepositoryFolder {
  readonly files: readonly RepositoryFile[];
  /** With when the newest file somewhere below was made. */
  readonly folders: readonly { readonly name: string; readonly newestAt: number }[];
}
