import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionNumber } from "../../model/id.ts";
import { applyRecord, recordsOf, type ShimEntry, type ShimRecord } from "../core/shimRecord.ts";
import { reserveBlocks } from "../platform/libc.ts";
import { SHIM_JOURNAL } from "./message.ts";

/** What a dead shim left behind. A last line that was cut off by its death is not a record. */
export function readShimJournal(directory: string): Map<ExecutionNumber, ShimEntry> {
  const memory = new Map<ExecutionNumber, ShimEntry>();
  let text: string;
  try {
    text = readFileSync(join(directory, SHIM_JOURNAL), "utf8");
  } catch {
    return memory;
  }
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    if (line !== "") applyRecord(memory, JSON.parse(line) as ShimRecord);
  }
  return memory;
}

export interface ShimJournal {
  /**
   * Written when the call returns true; not flushed, as only a power cut needs that, and then no process is left.
   * False: the disk would not take all of it. The same text is to be given again; what was written is not repeated.
   */
  append(lines: string): boolean;
  /** Once most of the file is about forgotten executions it is written anew. */
  compact(memory: ReadonlyMap<ExecutionNumber, ShimEntry>): void;
}

/** Below this a journal is not worth writing anew. */
const COMPACT_ABOVE_BYTES = 1024 * 1024;
/** Blocks taken at the start, for exits while tasks have filled the disk. */
const RESERVE_BYTES = 1024 * 1024;
/** About what one execution's records take. */
const ENTRY_BYTES = 400;

export function openShimJournal(directory: string): ShimJournal {
  const path = join(directory, SHIM_JOURNAL);
  let file = openSync(path, "a", 0o600);
  reserveBlocks(file, 0, RESERVE_BYTES);
  let sizeBytes = 0;
  /** Bytes of the text in hand that are in the file already. */
  let done = 0;
  return {
    append(lines) {
      const data = Buffer.from(lines);
      try {
        while (done < data.length) done += writeSync(file, data, done);
      } catch {
        return false;
      }
      sizeBytes += done;
      done = 0;
      return true;
    },
    compact(memory) {
      if (sizeBytes < COMPACT_ABOVE_BYTES || memory.size * ENTRY_BYTES * 2 > sizeBytes) return;
      const records = [...memory].flatMap(([execution, entry]) => recordsOf(execution, entry));
      const text = records.map((record) => `${JSON.stringify(record)}\n`).join("");
      try {
        writeFileSync(`${path}.new`, text, { mode: 0o600 });
        const next = openSync(`${path}.new`, "a");
        renameSync(`${path}.new`, path);
        reserveBlocks(next, 0, RESERVE_BYTES);
        closeSync(file);
        file = next;
        sizeBytes = text.length;
      } catch {
        // The long journal serves as well as a short one.
      }
    },
  };
}
