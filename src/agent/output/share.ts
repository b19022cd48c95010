import { OUTPUT_HEAD_BYTES, OUTPUT_TAIL_BYTES } from "../../model/limits.ts";

/** Bytes in the middle of an execution's output that are not kept; 0 while head and tail meet. */
export function droppedBytes(sizeBytes: number): number {
  return Math.max(sizeBytes - OUTPUT_HEAD_BYTES - OUTPUT_TAIL_BYTES, 0);
}

/** Stands where bytes were dropped. */
export function gapNote(dropped: number): string {
  return `\n[stint: ${dropped} bytes were dropped here]\n`;
}
