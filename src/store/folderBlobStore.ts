import { constants, mkdirSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  unlink,
} from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { type BlobRange, type BlobStore, BlobStoreError, segmentsOf } from "./blobStore.ts";

/** Holds files that are being written. No key has a tilde, so none can name it. */
const NEW_FOLDER = "~new";
/** What a server that died left half-written is removed once no other can be writing it any more. */
const ABANDONED_AFTER_MS = 24 * 60 * 60_000;
const CHUNK_BYTES = 64 * 1024;
/** A put whose folder a remove has just taken away makes it again. */
const RENAME_ATTEMPTS = 3;

/** Blobs as files below a folder, which is made when it is not there. Only its owner can read them. */
export class FolderBlobStore implements BlobStore {
  readonly #root: string;

  /** Throws when the folder cannot be made or read. */
  constructor(folder: string) {
    mkdirSync(join(folder, NEW_FOLDER), { recursive: true, mode: 0o700 });
    this.#root = realpathSync(folder);
    removeAbandoned(join(this.#root, NEW_FOLDER));
  }

  async put(key: string, content: ReadableStream<Uint8Array>): Promise<number> {
    const segments = segmentsOf(key);
    const draft = join(this.#root, NEW_FOLDER, crypto.randomUUID());
    try {
      const size = await writeFile(draft, content);
      await this.#moveIn(draft, segments);
      return size;
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  async size(key: string): Promise<number | null> {
    const file = await this.#open(key);
    if (file === null) return null;
    await file.handle.close();
    return file.size;
  }

  async get(key: string, range: BlobRange): Promise<ReadableStream<Uint8Array> | null> {
    const file = await this.#open(key);
    if (file === null) return null;
    const rest = Math.max(0, file.size - range.offset);
    const length = range.length === null ? rest : Math.min(rest, range.length);
    return streamOf(file.handle, range.offset, length);
  }

  async list(prefix: string, after: string | null, limit: number) {
    const found: { key: string; sizeBytes: number; modifiedAt: number }[] = [];
    if (limit <= 0) return found;
    for await (const key of walk(this.#root, "", prefix, after)) {
      const file = await this.#open(key);
      // Removed in the meantime.
      if (file === null) continue;
      await file.handle.close();
      found.push({ key, sizeBytes: file.size, modifiedAt: file.modifiedAt });
      if (found.length >= limit) break;
    }
    return found;
  }

  async remove(key: string): Promise<void> {
    const path = await this.#resolve(segmentsOf(key));
    if (path === null) return;
    try {
      await unlink(path);
    } catch (error) {
      // A folder is no blob: Linux says EISDIR, others EPERM.
      if (isCode(error, "ENOENT", "EISDIR", "EPERM")) return;
      throw error;
    }
    await this.#removeEmptyFolders(dirname(path));
  }

  /** Puts a finished file in its place, for good. */
  async #moveIn(draft: string, segments: readonly string[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const folder = await this.#makeFolder(segments.slice(0, -1));
        await rename(draft, join(folder, segments.at(-1) ?? ""));
        await syncFolder(folder);
        return;
      } catch (error) {
        if (isCode(error, "EISDIR", "ENOTDIR", "ENOTEMPTY", "EEXIST"))
          throw conflict(segments, error);
        if (!isCode(error, "ENOENT") || attempt === RENAME_ATTEMPTS) throw error;
      }
    }
  }

  /** Folder by folder, so that a link is seen before anything is made behind it. */
  async #makeFolder(segments: readonly string[]): Promise<string> {
    let folder = this.#root;
    for (const segment of segments) {
      const below = join(folder, segment);
      try {
        await mkdir(below, { mode: 0o700 });
        await syncFolder(folder);
        folder = below;
      } catch (error) {
        if (!isCode(error, "EEXIST")) throw error;
        folder = this.#checkInside(await realpath(below));
      }
    }
    return folder;
  }

  async #open(key: string): Promise<OpenFile | null> {
    const path = await this.#resolve(segmentsOf(key));
    if (path === null) return null;
    let handle: FileHandle;
    try {
      // The path is resolved: a link here was put in place just now.
      handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (isCode(error, "ENOENT", "ENOTDIR")) return null;
      throw error;
    }
    const facts = await handle.stat();
    if (facts.isFile()) {
      return { handle, size: facts.size, modifiedAt: Math.floor(facts.mtimeMs) };
    }
    await handle.close();
    return null;
  }

  /** Where the key's file or folder really is; null: nowhere. */
  async #resolve(segments: readonly string[]): Promise<string | null> {
    try {
      return this.#checkInside(await realpath(join(this.#root, ...segments)));
    } catch (error) {
      if (isCode(error, "ENOENT", "ENOTDIR")) return null;
      throw error;
    }
  }

  #checkInside(path: string): string {
    if (path.startsWith(this.#root + sep)) return path;
    throw new BlobStoreError(
      "unsafe",
      `Expected a file below ${this.#root}, got a link to ${path}.`,
    );
  }

  async #removeEmptyFolders(from: string): Promise<void> {
    try {
      for (let folder = from; folder !== this.#root; folder = dirname(folder)) await rmdir(folder);
    } catch (error) {
      if (!isCode(error, "ENOTEMPTY", "EEXIST", "ENOENT")) throw error;
    }
  }
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly size: number;
  readonly modifiedAt: number;
}

async function writeFile(path: string, content: ReadableStream<Uint8Array>): Promise<number> {
  const handle = await open(path, "wx", 0o600);
  try {
    let size = 0;
    for await (const chunk of content) {
      await handle.writeFile(chunk);
      size += chunk.byteLength;
    }
    await handle.sync();
    return size;
  } finally {
    await handle.close();
  }
}

/** A name is on the disk for good only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Reads when it is asked to, and closes the file at the end, at a cancel and at an error. */
function streamOf(handle: FileHandle, offset: number, length: number): ReadableStream<Uint8Array> {
  let position = offset;
  const end = offset + length;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - position));
          const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
          position += bytesRead;
          if (bytesRead > 0) controller.enqueue(chunk.subarray(0, bytesRead));
          if (bytesRead > 0 && position < end) return;
          await handle.close();
          controller.close();
        } catch (error) {
          await handle.close();
          throw error;
        }
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 0 },
  );
}

/** Keys in rising order. A folder stands where its name with the slash does: `a-b` is before `a/c`. */
async function* walk(
  folder: string,
  base: string,
  prefix: string,
  after: string | null,
): AsyncGenerator<string> {
  for (const { name, isFolder } of await entriesOf(folder)) {
    const key = base + name;
    if (!isFolder) {
      if (key.startsWith(prefix) && (after === null || key > after)) yield key;
      continue;
    }
    const isWithin = key.startsWith(prefix) || prefix.startsWith(key);
    const isOver = after !== null && after > key && !after.startsWith(key);
    if (isWithin && !isOver) yield* walk(join(folder, name), key, prefix, after);
  }
}

/** Files, and folders with a slash, as keys are compared. Links are not listed. */
async function entriesOf(folder: string): Promise<{ name: string; isFolder: boolean }[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => (entry.isFile() || entry.isDirectory()) && entry.name !== NEW_FOLDER)
      .map((entry) => {
        const isFolder = entry.isDirectory();
        return { name: isFolder ? `${entry.name}/` : entry.name, isFolder };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isCode(error, "ENOENT")) return [];
    throw error;
  }
}

function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts === undefined || Date.now() - facts.mtimeMs < ABANDONED_AFTER_MS) continue;
    rmSync(path, { force: true });
  }
}

function conflict(segments: readonly string[], cause: unknown): BlobStoreError {
  const key = segments.join("/");
  const message = `Expected ${key} to be neither the folder of another key nor below one.`;
  return new BlobStoreError("conflict", message, { cause });
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    codes.includes(error.code)
  );
}
