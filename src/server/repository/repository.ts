import type { RepositoryFile } from "../../model/fleet/repository.ts";
import type { BlobStore } from "../../store/blobStore.ts";
import type { RepositoryFiles, RepositoryRefusal } from "../../store/repositoryFiles.ts";
import { type Refusal, refuse } from "../routes/refusal.ts";
import { Quota, type Reservation } from "./quota.ts";

export interface RepositorySettings {
  /** Files are removed so long after their upload. */
  readonly retentionMs: number;
  /** Of all files together. */
  readonly quotaBytes: number;
}

export const DEFAULT_REPOSITORY: RepositorySettings = {
  retentionMs: 14 * 24 * 60 * 60_000,
  quotaBytes: 10 * 1024 ** 3,
};

interface RepositoryParts {
  readonly files: RepositoryFiles;
  readonly blobs: BlobStore;
  readonly now: () => number;
  readonly newId: () => string;
  /** A content could not be removed. */
  readonly onFailure: (error: unknown, blobKey: string) => void;
}

export interface Upload {
  readonly path: string;
  readonly content: ReadableStream<Uint8Array>;
  /** As the sender declared it; null: it did not. */
  readonly sizeBytes: number | null;
  /** Lower-case hexadecimal, as the sender has it; null: it was not told. */
  readonly sha256: string | null;
  readonly overwrite: boolean;
  readonly uploadedBy: string;
  /** All is here; it is being put away. */
  readonly onReceived?: () => void;
}

const PREFIX = "repository/";
const REMOVED_AT_ONCE = 1_000;

/**
 * The temporary repository of files (OPMATE 8). A file is a row of the store whose content is a blob of a name of its own: an
 * upload writes a new blob, and its row, written last, is what makes it the file. So readers see one content or another, and
 * what breaks on the way leaves nothing that anybody sees.
 */
export class Repository {
  readonly settings: RepositorySettings;
  readonly #parts: RepositoryParts;
  readonly #quota: Quota;
  /** Blobs that may have no row yet. */
  readonly #underWay = new Set<string>();

  private constructor(settings: RepositorySettings, parts: RepositoryParts, quota: Quota) {
    this.settings = settings;
    this.#parts = parts;
    this.#quota = quota;
  }

  static async open(settings: RepositorySettings, parts: RepositoryParts): Promise<Repository> {
    const quota = new Quota(settings.quotaBytes, await parts.files.sizeBytes());
    return new Repository(settings, parts, quota);
  }

  list(folder: string) {
    return this.#parts.files.list(folder, this.#parts.now());
  }

  read(path: string): Promise<RepositoryFile | null> {
    return this.#parts.files.read(path, this.#parts.now());
  }

  /** Whole or not at all. Of uploads of one path at once the last to end counts, without `overwrite` the first. */
  async put(upload: Upload): Promise<RepositoryFile> {
    const { files, now, newId } = this.#parts;
    const refusal = await files.inTheWay(upload.path, upload.overwrite, now());
    if (refusal !== null) throw inTheWay(refusal, upload.path);
    const blobKey = PREFIX + newId();
    const reservation = this.#quota.reserve();
    this.#underWay.add(blobKey);
    try {
      if (upload.sizeBytes !== null) reservation.growTo(upload.sizeBytes);
      return await this.#receive(upload, blobKey, reservation);
    } catch (error) {
      await this.#parts.blobs.remove(blobKey);
      throw isDiskFull(error) ? diskFull(error) : error;
    } finally {
      reservation.release();
      this.#underWay.delete(blobKey);
    }
  }

  async #receive(
    upload: Upload,
    blobKey: string,
    reservation: Reservation,
  ): Promise<RepositoryFile> {
    const { files, blobs, now } = this.#parts;
    const { path, uploadedBy, overwrite } = upload;
    const hasher = new Bun.CryptoHasher("sha256");
    let sizeBytes = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        sizeBytes += chunk.byteLength;
        reservation.growTo(sizeBytes);
        hasher.update(chunk);
        controller.enqueue(chunk);
      },
      flush: () => upload.onReceived?.(),
    });
    await blobs.put(blobKey, upload.content.pipeThrough(counted));
    const sha256 = hasher.digest("hex");
    checkWhole(upload, sizeBytes, sha256);
    const createdAt = now();
    const expiresAt = createdAt + this.settings.retentionMs;
    const file = { path, blobKey, sizeBytes, sha256, uploadedBy, createdAt, expiresAt };
    const answer = await files.put(file, overwrite);
    if (answer.put !== "stored") throw inTheWay(answer, path);
    reservation.keep(sizeBytes);
    if (answer.replaced !== null) await this.#removeContent(answer.replaced);
    return file;
  }

  /** Removes what has expired. */
  async sweep(): Promise<void> {
    const { files, now } = this.#parts;
    for (;;) {
      const expired = await files.listExpired(now(), REMOVED_AT_ONCE);
      for (const file of expired) {
        if (await files.remove(file.path, file.blobKey)) await this.#removeContent(file);
      }
      if (expired.length < REMOVED_AT_ONCE) return;
    }
  }

  /** Removes contents that a server which was killed has left without a file. */
  async sweepContents(): Promise<void> {
    const { files, blobs } = this.#parts;
    let after: string | null = null;
    for (;;) {
      const some = await blobs.list(PREFIX, after, REMOVED_AT_ONCE);
      for (const { key } of some) {
        if (!this.#underWay.has(key) && !(await files.hasBlob(key))) await blobs.remove(key);
      }
      after = some.at(-1)?.key ?? null;
      if (after === null || some.length < REMOVED_AT_ONCE) return;
    }
  }

  /** Of what is no file any more. What cannot be removed now is at the server's next start. */
  async #removeContent({ blobKey, sizeBytes }: RepositoryFile): Promise<void> {
    this.#quota.free(sizeBytes);
    try {
      await this.#parts.blobs.remove(blobKey);
    } catch (error) {
      this.#parts.onFailure(error, blobKey);
    }
  }
}

/** A connection that breaks off may look like an end. */
function checkWhole(wanted: Upload, sizeBytes: number, sha256: string): void {
  const isWhole = wanted.sizeBytes === null || wanted.sizeBytes === sizeBytes;
  if (isWhole && (wanted.sha256 === null || wanted.sha256 === sha256)) return;
  const expected = isWhole
    ? `content of the SHA-256 ${wanted.sha256}`
    : `${wanted.sizeBytes} bytes`;
  const given = isWhole ? sha256 : `${sizeBytes} bytes`;
  throw refuse(
    "ChecksumMismatch",
    `Expected ${expected} for ${wanted.path}, given ${given}; nothing was stored.`,
    "Send the file again; it may have changed while it was sent.",
    { field: "sha256", expected, given },
  );
}

function inTheWay({ put, path: other }: RepositoryRefusal, path: string): Refusal {
  if (put === "exists") {
    return refuse(
      "FileExists",
      `Expected no file ${path} in the repository yet, and there is one.`,
      "Add overwrite to replace it, or give another path.",
      { field: "path", given: path },
    );
  }
  return refuse(
    "PathRefused",
    `Expected ${path} to be a file below folders, and there is the file ${other}.`,
    "Give the file another path.",
    { field: "path", given: path },
  );
}

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "ENOSPC" || error.code === "EDQUOT";
}

function diskFull(cause: unknown): Refusal {
  const refusal = refuse(
    "RepositoryFull",
    "The disk of the server's repository is full; nothing was stored.",
    "Make room on the server's disk, or wait until files expire.",
  );
  refusal.cause = cause;
  return refusal;
}
