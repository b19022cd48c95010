const HEADER_BYTES = 8;
const STDERR = 2;

/** Takes apart the engine's stream of both outputs: frames of a stream number, three zeros, a length and the bytes. */
export function newFrameSplitter(
  onBytes: (stream: "stdout" | "stderr", bytes: Uint8Array) => void,
): (chunk: Uint8Array) => void {
  const header = new Uint8Array(HEADER_BYTES);
  let headed = 0;
  let left = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (left === 0) {
        const part = chunk.subarray(at, at + HEADER_BYTES - headed);
        header.set(part, headed);
        headed += part.length;
        at += part.length;
        if (headed < HEADER_BYTES) return;
        left = new DataView(header.buffer).getUint32(4);
        headed = 0;
        continue;
      }
      const bytes = chunk.subarray(at, at + left);
      onBytes(header[0] === STDERR ? "stderr" : "stdout", bytes);
      left -= bytes.length;
      at += bytes.length;
    }
  };
}
