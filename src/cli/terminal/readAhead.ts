/**
 * What the source has, read from now on whether anybody takes it or not, so that the source sees all of it in time. It
 * holds `maxBytes` and what has come at once beyond them; then the source has to wait.
 */
export function readAhead(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<Uint8Array> {
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  let end: { readonly error: unknown } | "ended" | null = null;
  /** Whenever something has been held or taken. */
  let change = Promise.withResolvers<void>();
  const tell = (): void => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  const read = async (): Promise<void> => {
    for await (const chunk of source) {
      held.push(chunk);
      heldBytes += chunk.byteLength;
      tell();
      while (heldBytes > maxBytes) await change.promise;
    }
  };
  read().then(
    () => {
      end = "ended";
      tell();
    },
    (error: unknown) => {
      end = { error };
      tell();
    },
  );
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const chunk = held.shift();
        if (chunk !== undefined) {
          heldBytes -= chunk.byteLength;
          tell();
          yield chunk;
        } else if (end === null) {
          await change.promise;
        } else {
          if (end !== "ended") throw end.error;
          return;
        }
      }
    },
  };
}
