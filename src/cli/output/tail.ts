import { chunksOf } from "./bytes.ts";

export interface Tail {
  readonly bytes: Uint8Array;
  /** Of the whole body. */
  readonly sizeBytes: number;
}

const LINE_END = 10;

/** The last lines of a body; a line that has not ended counts. */
export async function lastLines(response: Response, count: number): Promise<Tail> {
  let kept: Uint8Array = new Uint8Array();
  let sizeBytes = 0;
  for await (const chunk of chunksOf(response)) {
    sizeBytes += chunk.byteLength;
    kept = tailOf(Buffer.concat([kept, chunk]), count);
  }
  return { bytes: kept, sizeBytes };
}

function tailOf(bytes: Uint8Array, count: number): Uint8Array {
  if (count === 0) return new Uint8Array();
  // The end of the last line begins no further one.
  let at = bytes.at(-1) === LINE_END ? bytes.byteLength - 1 : bytes.byteLength;
  for (let line = 0; line < count; line += 1) {
    if (at <= 0) return bytes;
    at = bytes.lastIndexOf(LINE_END, at - 1);
    if (at < 0) return bytes;
  }
  return bytes.subarray(at + 1);
}

/** A body without the bytes it begins with. */
export async function* withoutFirst(
  response: Response,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  let leftBytes = sizeBytes;
  for await (const chunk of chunksOf(response)) {
    const shown = chunk.subarray(Math.min(leftBytes, chunk.byteLength));
    leftBytes -= chunk.byteLength - shown.byteLength;
    if (shown.byteLength > 0) yield shown;
  }
}
