/** Bytes that can be read from any place, as often as wanted. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Milliseconds since 1970; null when nobody knows. */
  readonly modifiedAt: number | null;
  /** `length` bytes from `offset`, both within the size. */
  read(offset: number, length: number): AsyncGenerator<Uint8Array>;
}

/** Asks for the next chunk only when the reader wants it, so that no more than one is held. */
export function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        // A generator that waits for a node ends after its wait; nobody is there to hear of an error.
        chunks.return(undefined).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The chunks of a stream; the stream is cancelled when they are not read to the end. */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of stream) yield chunk;
}

export function sourceOfBytes(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.byteLength,
    modifiedAt: null,
    async *read(offset, length) {
      yield bytes.subarray(offset, offset + length);
    },
  };
}

/** Sources one behind the other. */
export function concatenated(sources: readonly ByteSource[]): ByteSource {
  return {
    sizeBytes: sources.reduce((sum, source) => sum + source.sizeBytes, 0),
    modifiedAt: null,
    async *read(offset, length) {
      let skip = offset;
      let left = length;
      for (const source of sources) {
        const taken = Math.min(Math.max(source.sizeBytes - skip, 0), left);
        if (taken > 0) yield* source.read(skip, taken);
        skip = Math.max(skip - source.sizeBytes, 0);
        left -= taken;
      }
    },
  };
}
