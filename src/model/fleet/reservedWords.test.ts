import { expect, test } from "bun:test";
import {
  attributeKeyMistake,
  replaceReservedWords,
  reservedMeaning,
  reservedWordsOf,
} from "./reservedWords.ts";

test("both spellings are found, with their lines, and nothing that only looks like them", () => {
  const script = [
    "#!/bin/sh",
    "@OPM_ATTR.TOMCAT_HOME@/bin/startup.sh @STINT.NODE_ID@",
    "echo @opm_attr.NODE_ID@ @OPM_ATTR.@ @OPM_ATTR.NODE ID@ a@OPM_ATTR.b",
    "",
    "opmfls @OPM_ATTR.FILE_TOKEN/10M@ master:/",
  ].join("\r\n");
  expect(reservedWordsOf(script).map(({ key, line }) => [key, line])).toEqual([
    ["TOMCAT_HOME", 2],
    ["NODE_ID", 2],
    ["FILE_TOKEN/10M", 5],
  ]);
});

test("a value is put in once, and brings no words of its own", () => {
  const values: Record<string, string> = { A: "@STINT.B@ $& $1", B: "no" };
  const replaced = replaceReservedWords("<@STINT.A@><@OPM_ATTR.C@>", (key) => values[key] ?? null);
  expect(replaced).toBe("<@STINT.B@ $& $1><@OPM_ATTR.C@>");
});

test.each([
  ["FILE_TOKEN", { means: "fileToken", validMs: null }],
  ["FILE_TOKEN/10M", { means: "fileToken", validMs: 600_000 }],
  ["FILE_TOKEN/24H", { means: "fileToken", validMs: 86_400_000 }],
  ["FILE_TOKEN/1440M", { means: "fileToken", validMs: 86_400_000 }],
  ["FILE_PUT", { means: "fileTool", tool: "put" }],
  ["TASK_INSTANCE_NO", { means: "taskInstanceNo" }],
  ["TOMCAT_HOME", { means: "attribute", key: "TOMCAT_HOME" }],
  ["toString", { means: "attribute", key: "toString" }],
] as const)("%s has its meaning", (key, meaning) => {
  expect(reservedMeaning(key)).toEqual(meaning);
});

test.each([
  "FILE_TOKEN/25H",
  "FILE_TOKEN/1441M",
  "FILE_TOKEN/0M",
  "FILE_TOKEN/10",
  "FILE_TOKEN/",
  "a/b",
])("%s is a mistake that says what was expected", (key) => {
  const meaning = reservedMeaning(key);
  expect(meaning.means === "mistake" ? meaning.message : "").toContain("Expected");
});

test("an attribute has a key that can be written and that is not built in", () => {
  expect(attributeKeyMistake("TOMCAT_HOME")).toBe(null);
  for (const key of [
    "",
    "1A",
    "__proto__",
    "A B",
    "NODE_ID",
    "FILE_TOKEN",
    "A/B",
    "Ä",
    "A".repeat(129),
  ]) {
    expect(attributeKeyMistake(key)).not.toBe(null);
  }
});
