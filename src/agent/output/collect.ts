import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import type { OutputInfo } from "../../model/execution.ts";
import { INLINE_OUTPUT_MAX_BYTES } from "../../model/limits.ts";
import { droppedBytes } from "./share.ts";

export const NO_OUTPUT: OutputInfo = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } };

/** What an execution wrote into the file: everything from `offset` on. Throws what the disk says. */
export function describeOutput(path: string, offset: number): OutputInfo {
  // Most commands write nothing, or nothing to one of the two.
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.size <= offset) return NO_OUTPUT;
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const sizeBytes = Math.max(fstatSync(file).size - offset, 0);
    if (sizeBytes === 0) return NO_OUTPUT;
    if (sizeBytes > INLINE_OUTPUT_MAX_BYTES) {
      return { sizeBytes, droppedBytes: droppedBytes(sizeBytes), place: { kind: "node" } };
    }
    const bytes = Buffer.alloc(sizeBytes);
    const read = readSync(file, bytes, 0, sizeBytes, offset);
    const base64 = bytes.toString("base64", 0, read);
    return { sizeBytes: read, droppedBytes: 0, place: { kind: "inline", base64 } };
  } finally {
    closeSync(file);
  }
}
