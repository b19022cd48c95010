import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  type AuditEntry,
  type AuditHead,
  AuditVerifier,
  canonicalText,
  chained,
  EMPTY_CHAIN,
  NO_HASH,
} from "./audit.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function entry(id: string): AuditEntry {
  return {
    time: "2026-11-21T03:20:00.000Z",
    by: { kind: "user", id, tokenId: null },
    address: null,
    requestId: "r",
    action: "PATCH /nodes/{nodeId}",
    object: { nodeId: "linux01" },
    details: { description: "é\n" },
    outcome: "done",
    code: null,
    result: {},
  };
}

function chainOf(ids: readonly string[]): string[] {
  let head: AuditHead = EMPTY_CHAIN;
  return ids.map((id) => {
    const record = chained(entry(id), head, sha256);
    head = record;
    return canonicalText(record);
  });
}

function verify(lines: readonly string[], known: AuditHead | null = null) {
  const verifier = new AuditVerifier(sha256, known);
  for (const line of lines) {
    const broken = verifier.add(line);
    if (broken !== null) return broken;
  }
  return verifier.end() ?? verifier.head;
}

const LINES = chainOf(["a", "b", "c", "d"]);
const [FIRST = "", SECOND = "", THIRD = "", FOURTH = ""] = LINES;

test("canonical text sorts members at every depth and has no blanks", () => {
  const value = { b: [1, { z: null, a: "é\u0001" }], a: true, c: undefined };
  expect(canonicalText(value)).toBe('{"a":true,"b":[1,{"a":"é\\u0001","z":null}]}');
});

test("a record holds the hash of the one before, and its own is that of the rest of it", () => {
  const first = JSON.parse(FIRST);
  const { hash, ...content } = JSON.parse(SECOND);
  expect([first.number, first.previous, content.previous]).toEqual([1, NO_HASH, first.hash]);
  expect(hash).toBe(sha256(canonicalText(content)));
  expect(verify(LINES)).toMatchObject({ number: 4, hash: JSON.parse(FOURTH).hash });
});

test("a part of a chain is a chain", () => {
  expect(verify([THIRD, FOURTH])).toMatchObject({ number: 4 });
  expect(verify([])).toEqual(EMPTY_CHAIN);
});

const BREAKS: readonly (readonly [string, readonly string[], number, number, string])[] = [
  ["a changed value", [FIRST, SECOND.replace('"b"', '"x"'), THIRD], 2, 2, "of its content"],
  ["a record that is gone", [FIRST, THIRD], 2, 2, "expected record 2 here, and found record 3"],
  ["records in another order", [FIRST, THIRD, SECOND], 2, 2, "expected record 2 here"],
  ["a record twice", [FIRST, FIRST], 2, 2, "found record 1"],
  ["no JSON", [FIRST, "{"], 2, 2, "expected a record"],
  ["JSON that is no record", [FIRST, "[]"], 2, 2, "expected a record"],
  ["another way to write it", [FIRST, SECOND.replace('{"', '{ "')], 2, 2, "canonical text"],
  // Readers that take the first of two members would see another record than the one that was checked.
  ["a member twice", [SECOND.replace('"by"', '"action":"x","by"')], 1, 2, "canonical text"],
  ["a first record that has one before", [FIRST.replace(NO_HASH, "1".repeat(64))], 1, 1, "hash 0"],
];

test.each(BREAKS)("%s is found", (_, lines, line, number, reason) => {
  expect(verify(lines)).toMatchObject({ line, number, reason: expect.stringContaining(reason) });
});

test("a record that was made anew is found by the next one", () => {
  const forged = canonicalText(chained(entry("x"), JSON.parse(FIRST), sha256));
  expect(verify([FIRST, forged])).toMatchObject({ number: 2 });
  expect(verify([FIRST, forged, THIRD])).toMatchObject({ line: 3, number: 3 });
});

test("a head that was kept shows a chain that was made anew or cut off", () => {
  const known: AuditHead = JSON.parse(THIRD);
  expect(verify(LINES, known)).toMatchObject({ number: 4, hash: JSON.parse(FOURTH).hash });
  expect(verify([THIRD], known)).toMatchObject({ number: 3 });
  const cut = { number: 3, reason: expect.stringContaining("found records 1 to 2") };
  expect(verify([FIRST, SECOND], known)).toMatchObject({ line: 3, ...cut });
  expect(verify([], known)).toMatchObject({ reason: expect.stringContaining("found none") });
  expect(verify([FOURTH], known)).toMatchObject({ number: 3 });
  expect(verify(chainOf(["a", "b", "x", "d"]), known)).toMatchObject({
    number: 3,
    reason: expect.stringContaining("that was kept of it"),
  });
});
