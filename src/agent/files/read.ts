import { readSync } from "node:fs";
import { OUTPUT_HEAD_BYTES } from "../../model/limits.ts";
import type { NodeAnswer } from "../../protocol/node/message.ts";
import { gapNote } from "../output/share.ts";
import { nextHole } from "../platform/libc.ts";

/** Bytes of one answer; in base64 they are a third more, in one frame. */
const READ_MAX_BYTES = 1024 * 1024;

interface Range {
  readonly offset: number;
  readonly maxBytes: number;
}

/** The bytes of a file as they are; a hole reads as zeros, so that ranges fit together. */
export function readPlain(file: number, sizeBytes: number, range: Range): NodeAnswer {
  return bytesAnswer(readRange(file, sizeBytes, range), range.offset, sizeBytes, true);
}

/**
 * The bytes of an output that is being followed. What was dropped in the middle is skipped: an answer of a higher
 * offset than asked for stands in place of everything between, and says so in a line.
 */
export function readFollowed(
  file: number,
  sizeBytes: number,
  range: Range,
  isLive: boolean,
): NodeAnswer {
  // Below the size of a head nothing was ever dropped, and no look at the file system is needed.
  const hole = sizeBytes > OUTPUT_HEAD_BYTES ? nextHole(file, range.offset) : null;
  if (hole !== null && hole.from <= range.offset) {
    const note = Buffer.from(gapNote(hole.to - range.offset));
    return bytesAnswer(note, hole.to - note.length, sizeBytes, false);
  }
  const limit = hole === null ? range.maxBytes : Math.min(range.maxBytes, hole.from - range.offset);
  const bytes = readRange(file, sizeBytes, { offset: range.offset, maxBytes: limit });
  const isAtEnd = range.offset + bytes.length >= sizeBytes;
  return bytesAnswer(bytes, range.offset, sizeBytes, !isLive && isAtEnd);
}

function readRange(file: number, sizeBytes: number, { offset, maxBytes }: Range): Buffer {
  const wanted = Math.min(maxBytes, READ_MAX_BYTES, Math.max(sizeBytes - offset, 0));
  const bytes = Buffer.allocUnsafe(wanted);
  return wanted === 0 ? bytes : bytes.subarray(0, readSync(file, bytes, 0, wanted, offset));
}

function bytesAnswer(bytes: Buffer, offset: number, sizeBytes: number, final: boolean): NodeAnswer {
  return { kind: "bytes", base64: bytes.toString("base64"), offset, sizeBytes, final };
}
