import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { JournalEntry } from "./core/contract.ts";
import { AgentStartError } from "./options.ts";
import { reserveBlocks } from "./platform/libc.ts";

/** A journal of this size is written anew as a snapshot, unless the snapshot was nearly as large. */
const COMPACT_ABOVE_BYTES = 4 * 1024 * 1024;

/**
 * Blocks that are taken ahead of what is written: when tasks fill the disk, the journal goes on for this much, which is
 * enough to end them, remove what is expired and be rid of the fullness.
 */
const RESERVE_BYTES = 4 * 1024 * 1024;

export interface Journal {
  /**
   * Appends the entries as lines and flushes them to the disk. Throws when the disk will not take them; the same call
   * may then be repeated, and what is in the file already is not written twice. With `isBusyMeanwhile` the caller has
   * something else to do while the disk works: the flush is left to another thread.
   */
  append(entries: readonly JournalEntry[], isBusyMeanwhile?: boolean): Promise<void>;
  /** Whether `compact` is worth its while. */
  isLarge(): boolean;
  /** Puts a journal of just these entries in place of the old one. */
  compact(entries: readonly JournalEntry[]): void;
  close(): void;
}

/**
 * Opens the journal and gives each entry in it to `onEntry`. A last line without its line end was being written when
 * the agent or the machine died: nobody was told of it, so it is cut off. Any other line that cannot be read is an error.
 */
export function openJournal(path: string, onEntry: (entry: JournalEntry) => void): Journal {
  let file = openSync(path, "a+", 0o600);
  const bytes = readFileSync(path);
  const wholeBytes = bytes.lastIndexOf(10) + 1;
  readEntries(path, bytes.subarray(0, wholeBytes), onEntry);
  if (wholeBytes < bytes.length) ftruncateSync(file, wholeBytes);
  let sizeBytes = wholeBytes;
  let compactAboveBytes = COMPACT_ABOVE_BYTES;
  let done = 0;
  let reservedBytes = 0;
  const flush = newFlush();
  const reserve = () => {
    // Tried again at the next append when the disk has none; what was taken before is still there.
    if (reserveBlocks(file, sizeBytes, RESERVE_BYTES)) reservedBytes = sizeBytes + RESERVE_BYTES;
  };
  reserve();
  return {
    async append(entries, isBusyMeanwhile = false) {
      const data = Buffer.from(linesOf(entries));
      if (sizeBytes + data.length > reservedBytes - RESERVE_BYTES / 2) reserve();
      while (done < data.length) done += writeSync(file, data, done);
      await flush(file, isBusyMeanwhile);
      sizeBytes += done;
      done = 0;
    },
    isLarge: () => sizeBytes > compactAboveBytes,
    compact(entries) {
      const text = linesOf(entries);
      // Also when this fails, for example on a full disk: the next attempt comes after as much again.
      compactAboveBytes = Math.max(COMPACT_ABOVE_BYTES, sizeBytes * 2);
      const next = openSync(`${path}.new`, "w", 0o600);
      try {
        writeAll(next, text);
        fsyncSync(next);
        renameSync(`${path}.new`, path);
      } catch (error) {
        closeSync(next);
        throw error;
      }
      closeSync(file);
      file = next;
      sizeBytes = Buffer.byteLength(text);
      compactAboveBytes = Math.max(COMPACT_ABOVE_BYTES, sizeBytes * 2);
      reserve();
      syncDirectory(dirname(path));
    },
    close: () => closeSync(file),
  };
}

function readEntries(path: string, bytes: Buffer, onEntry: (entry: JournalEntry) => void): void {
  let from = 0;
  for (let number = 1; from < bytes.length; number += 1) {
    const end = bytes.indexOf(10, from);
    const entry = parseEntry(bytes.toString("utf8", from, end));
    if (entry === null) {
      throw new AgentStartError(
        `Expected a journal entry in line ${number} of ${path}, given something else; the file was damaged. ` +
          "Restore it, or move it away and let the server find out what this node has lost.",
      );
    }
    onEntry(entry);
    from = end + 1;
  }
}

function parseEntry(line: string): JournalEntry | null {
  try {
    const value: unknown = JSON.parse(line);
    const isEntry = typeof value === "object" && value !== null && "entry" in value;
    return isEntry ? (value as JournalEntry) : null;
  } catch {
    return null;
  }
}

function linesOf(entries: readonly JournalEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
}

function writeAll(file: number, text: string): void {
  const data = Buffer.from(text);
  for (let done = 0; done < data.length; ) done += writeSync(file, data, done);
}

/** A flush that takes longer holds up heartbeats and followers if the event loop waits for it. */
const SLOW_FLUSH_MS = 10;
/** For so long after a slow flush, flushes are left to another thread. */
const WARY_MS = 60_000;

/**
 * Waits for the disk: on the spot while it is fast, which costs a fraction of a trip to another thread and back; off the
 * event loop once it was slow, as disks are that tasks write to.
 */
function newFlush(): (file: number, isBusyMeanwhile: boolean) => Promise<void> | undefined {
  let waryUntil = 0;
  return (file, isBusyMeanwhile) => {
    const begunAt = performance.now();
    const note = () => {
      const endedAt = performance.now();
      if (endedAt - begunAt > SLOW_FLUSH_MS) waryUntil = endedAt + WARY_MS;
    };
    if (begunAt >= waryUntil && !isBusyMeanwhile) {
      fdatasyncSync(file);
      note();
      return undefined;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    fdatasync(file, (error) => {
      note();
      if (error === null) resolve();
      else reject(error);
    });
    return promise;
  };
}

/** Makes a rename survive a power cut. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  fsyncSync(directory);
  closeSync(directory);
}
