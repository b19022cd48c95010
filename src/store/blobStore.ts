/** A part of a blob. */
export interface BlobRange {
  readonly offset: number;
  /** Null: to the end. */
  readonly length: number | null;
}

/**
 * Where larger output and uploaded files lie. Keys are `/`-separated segments of `[A-Za-z0-9._-]`, without `.` and `..`
 * segments. No key may be the folder of another (`a` and `a/b`). One interface, one conformance suite, one
 * implementation per kind of place. Errors: BlobStoreError for what the caller asked wrongly, else those of the place.
 */
export interface BlobStore {
  /** Whole or not at all; replaces what was there. Answers its size in bytes. */
  put(key: string, content: ReadableStream<Uint8Array>): Promise<number>;
  /** Null when there is none. */
  size(key: string): Promise<number | null>;
  /** Null when there is none. A range beyond the end gives an empty stream. */
  get(key: string, range: BlobRange): Promise<ReadableStream<Uint8Array> | null>;
  /** Keys that begin with the prefix, with sizes, rising, at most limit, after the key `after`. */
  list(
    prefix: string,
    after: string | null,
    limit: number,
  ): Promise<{ key: string; sizeBytes: number; modifiedAt: number }[]>;
  /** No error when there is none. */
  remove(key: string): Promise<void>;
}

/** `badKey`: not a key; `conflict`: it is the folder of another key, or the other way round; `unsafe`: it leads out. */
export type BlobStoreErrorCode = "badKey" | "conflict" | "unsafe";

export class BlobStoreError extends Error {
  override readonly name = "BlobStoreError";
  readonly code: BlobStoreErrorCode;

  constructor(code: BlobStoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

const SEGMENT = /^[A-Za-z0-9._-]+$/;
/** What file systems take. */
const SEGMENT_MAX_LENGTH = 255;
/** What S3 takes. */
const KEY_MAX_LENGTH = 1024;

/** The segments of a key. Throws BlobStoreError `badKey`. */
export function segmentsOf(key: string): string[] {
  const segments = key.split("/");
  const isGood = (segment: string) =>
    SEGMENT.test(segment) &&
    segment !== "." &&
    segment !== ".." &&
    segment.length <= SEGMENT_MAX_LENGTH;
  if (key.length <= KEY_MAX_LENGTH && segments.every(isGood)) return segments;
  const expected = "segments of A-Z, a-z, 0-9, dot, underscore and hyphen between slashes";
  throw new BlobStoreError("badKey", `Expected a key of ${expected}, got ${JSON.stringify(key)}.`);
}
