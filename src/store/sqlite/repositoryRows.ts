import {
  foldersOf,
  type RepositoryFile,
  splitRepositoryPath,
} from "../../model/fleet/repository.ts";
import type {
  RepositoryFiles,
  RepositoryFolder,
  RepositoryPut,
  RepositoryRefusal,
} from "../repositoryFiles.ts";
import type { Statements } from "./statements.ts";

const FILE = `SELECT folder || '/' || name AS path, blob_key AS blobKey, size_bytes AS sizeBytes, sha256,
  uploaded_by AS uploadedBy, created_at AS createdAt, expires_at AS expiresAt FROM repository_files`;
const AT = "folder = ? AND name = ?";

/** What follows a slash in the order of the bytes: all that begins with `FOLDER/` lies before `FOLDER0`. */
const AFTER_SLASH = "0";

export class SqliteRepository implements RepositoryFiles {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  async put(file: RepositoryFile, overwrite: boolean): Promise<RepositoryPut> {
    return this.#statements.transaction(() => this.#put(file, overwrite));
  }

  #put(file: RepositoryFile, overwrite: boolean): RepositoryPut {
    const { path, blobKey, sizeBytes, sha256, uploadedBy, createdAt, expiresAt } = file;
    const refusal = this.#inTheWay(path, overwrite, createdAt);
    if (refusal !== null) return refusal;
    const { folder, name } = splitRepositoryPath(path);
    const replaced = this.#statements.first<RepositoryFile>(`${FILE} WHERE ${AT}`, folder, name);
    const insert = `REPLACE INTO repository_files
      (folder, name, blob_key, size_bytes, sha256, uploaded_by, created_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
    const values = [blobKey, sizeBytes, sha256, uploadedBy, createdAt, expiresAt];
    this.#statements.run(insert, folder, name, ...values);
    return { put: "stored", replaced };
  }

  async inTheWay(path: string, overwrite: boolean, now: number) {
    return this.#inTheWay(path, overwrite, now);
  }

  #inTheWay(path: string, overwrite: boolean, now: number): RepositoryRefusal | null {
    const file = foldersOf(path).find((folder) => this.#read(folder, now) !== null);
    if (file !== undefined) return { put: "conflict", path: file };
    const below = `${FILE} WHERE folder >= ? AND folder < ? AND expires_at > ? LIMIT 1`;
    const inFolder =
      this.#statements.first<RepositoryFile>(
        `${FILE} WHERE folder = ? AND expires_at > ? LIMIT 1`,
        path,
        now,
      ) ?? this.#statements.first<RepositoryFile>(below, `${path}/`, `${path}${AFTER_SLASH}`, now);
    if (inFolder !== null) return { put: "conflict", path: inFolder.path };
    return overwrite || this.#read(path, now) === null ? null : { put: "exists", path };
  }

  async read(path: string, now: number) {
    return this.#read(path, now);
  }

  #read(path: string, now: number): RepositoryFile | null {
    const { folder, name } = splitRepositoryPath(path);
    const select = `${FILE} WHERE ${AT} AND expires_at > ?`;
    return this.#statements.first<RepositoryFile>(select, folder, name, now);
  }

  async list(path: string, now: number): Promise<RepositoryFolder> {
    const folder = path === "/" ? "" : path;
    const files = this.#statements.all<RepositoryFile>(
      `${FILE} WHERE folder = ? AND expires_at > ? ORDER BY name`,
      folder,
      now,
    );
    const below = this.#statements.all<{ folder: string; newestAt: number }>(
      `SELECT folder, max(created_at) AS newestAt FROM repository_files
        WHERE folder >= ? AND folder < ? AND expires_at > ? GROUP BY folder`,
      `${folder}/`,
      `${folder}${AFTER_SLASH}`,
      now,
    );
    const folders = new Map<string, number>();
    for (const row of below) {
      const name = row.folder.slice(folder.length + 1).split("/", 1)[0] ?? "";
      folders.set(name, Math.max(folders.get(name) ?? 0, row.newestAt));
    }
    return { files, folders: [...folders].map(([name, newestAt]) => ({ name, newestAt })) };
  }

  async listExpired(now: number, limit: number) {
    const select = `${FILE} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`;
    return this.#statements.all<RepositoryFile>(select, now, limit);
  }

  async remove(path: string, blobKey: string) {
    const { folder, name } = splitRepositoryPath(path);
    const remove = `DELETE FROM repository_files WHERE ${AT} AND blob_key = ? RETURNING name`;
    return this.#statements.all(remove, folder, name, blobKey).length > 0;
  }

  async hasBlob(blobKey: string) {
    const select = "SELECT 1 AS found FROM repository_files WHERE blob_key = ?";
    return this.#statements.first(select, blobKey) !== null;
  }

  async sizeBytes() {
    const select = "SELECT coalesce(sum(size_bytes), 0) AS sizeBytes FROM repository_files";
    return this.#statements.first<{ sizeBytes: number }>(select)?.sizeBytes ?? 0;
  }
}
