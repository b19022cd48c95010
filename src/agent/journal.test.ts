import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JournalEntry } from "./core/contract.ts";
import { openJournal } from "./journal.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stint-journal-"));
  path = join(directory, "journal.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true }));

function epoch(number: number): JournalEntry {
  return { entry: "epoch", epoch: number };
}

function entriesIn(): JournalEntry[] {
  const entries: JournalEntry[] = [];
  openJournal(path, (entry) => entries.push(entry)).close();
  return entries;
}

test("what was appended is read again, in order", async () => {
  const journal = openJournal(path, () => undefined);
  await journal.append([epoch(1), epoch(2)]);
  await journal.append([epoch(3)]);
  journal.close();
  expect(entriesIn()).toEqual([epoch(1), epoch(2), epoch(3)]);
});

test("a last line that was torn by a crash is cut off, and the next entry follows cleanly", async () => {
  writeFileSync(path, `${JSON.stringify(epoch(1))}\n{"entry":"epo`);
  const journal = openJournal(path, () => undefined);
  await journal.append([epoch(2)]);
  journal.close();
  expect(entriesIn()).toEqual([epoch(1), epoch(2)]);
});

test.each(["{torn\n", '{"no":"entry"}\n', "null\n"])("any other line %j is an error", (line) => {
  writeFileSync(path, `${JSON.stringify(epoch(1))}\n`);
  appendFileSync(path, line);
  appendFileSync(path, `${JSON.stringify(epoch(2))}\n`);
  expect(entriesIn).toThrow(/Expected a journal entry in line 2 of .*journal\.jsonl/);
  expect(readFileSync(path, "utf8").split("\n")).toHaveLength(4);
});

test("a compacted journal holds the snapshot and what came after", async () => {
  const journal = openJournal(path, () => undefined);
  await journal.append([epoch(1), epoch(2)]);
  expect(journal.isLarge()).toBe(false);
  journal.compact([epoch(2)]);
  await journal.append([epoch(3)]);
  journal.close();
  expect(entriesIn()).toEqual([epoch(2), epoch(3)]);
});

test("a journal counts as large beyond a bound, and a snapshot that is as large moves the bound", async () => {
  const journal = openJournal(path, () => undefined);
  const many = Array.from({ length: 200_000 }, (_, number) => epoch(number));
  await journal.append(many);
  expect(journal.isLarge()).toBe(true);
  journal.compact(many);
  expect(journal.isLarge()).toBe(false);
  journal.close();
});
