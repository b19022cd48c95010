/** A part of a blob. */
export interface BlobRange {
  readonly offset: number;
  /** Null: to the end. */
  readonly length: number | null;
}

/**
 * Where larger output and uploaded files lie. Keys are `/`-separated segments of `[A-Za-z0-9._-]`, without `.` and `..`
 * segments. One interface, one conformance suite, one implementation per kind of place.
 */
export interface BlobStore {
  /** Whole or not at all; replaces what was there. Answers its size in bytes. */
  put(key: string, content: ReadableStream<Uint8Array>): Promise<number>;
  /** Null when there is none. */
  size(key: string): Promise<number | null>;
  /** Null when there is none. A range beyond the end gives an empty stream. */
  get(key: string, range: BlobRange): Promise<ReadableStream<Uint8Array> | null>;
  /** Keys below a prefix, with sizes, rising, at most limit, after the key `after`. */
  list(
    prefix: string,
    after: string | null,
    limit: number,
  ): Promise<{ key: string; sizeBytes: number; modifiedAt: number }[]>;
  /** No error when there is none. */
  remove(key: string): Promise<void>;
}
