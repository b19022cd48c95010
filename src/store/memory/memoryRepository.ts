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

/** By path; values are plain data that nobody changes. */
export class MemoryRepository implements RepositoryFiles {
  readonly #files: Map<string, RepositoryFile>;

  constructor(files: Map<string, RepositoryFile>) {
    this.#files = files;
  }

  async put(file: RepositoryFile, overwrite: boolean): Promise<RepositoryPut> {
    const refusal = this.#inTheWay(file.path, overwrite, file.createdAt);
    if (refusal !== null) return refusal;
    const replaced = this.#files.get(file.path) ?? null;
    this.#files.set(file.path, { ...file });
    return { put: "stored", replaced };
  }

  async inTheWay(path: string, overwrite: boolean, now: number) {
    return this.#inTheWay(path, overwrite, now);
  }

  #inTheWay(path: string, overwrite: boolean, now: number): RepositoryRefusal | null {
    const present = this.#present(now).map((file) => file.path);
    const folders = foldersOf(path);
    const other = present.find((file) => folders.includes(file) || file.startsWith(`${path}/`));
    if (other !== undefined) return { put: "conflict", path: other };
    return overwrite || !present.includes(path) ? null : { put: "exists", path };
  }

  async read(path: string, now: number) {
    return this.#present(now).find((file) => file.path === path) ?? null;
  }

  async list(path: string, now: number): Promise<RepositoryFolder> {
    const folder = path === "/" ? "" : path;
    const below = this.#present(now).filter((file) => file.path.startsWith(`${folder}/`));
    const folders = new Map<string, number>();
    for (const file of below) {
      const [name = "", ...rest] = file.path.slice(folder.length + 1).split("/");
      if (rest.length > 0) folders.set(name, Math.max(folders.get(name) ?? 0, file.createdAt));
    }
    return {
      files: below.filter((file) => splitRepositoryPath(file.path).folder === folder),
      folders: [...folders].map(([name, newestAt]) => ({ name, newestAt })),
    };
  }

  async listExpired(now: number, limit: number) {
    const expired = [...this.#files.values()].filter(({ expiresAt }) => expiresAt <= now);
    return expired.sort((a, b) => a.expiresAt - b.expiresAt).slice(0, limit);
  }

  async remove(path: string, blobKey: string) {
    return this.#files.get(path)?.blobKey === blobKey && this.#files.delete(path);
  }

  async hasBlob(blobKey: string) {
    return [...this.#files.values()].some((file) => file.blobKey === blobKey);
  }

  async sizeBytes() {
    return [...this.#files.values()].reduce((sum, file) => sum + file.sizeBytes, 0);
  }

  #present(now: number): RepositoryFile[] {
    return [...this.#files.values()]
      .filter(({ expiresAt }) => expiresAt > now)
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
