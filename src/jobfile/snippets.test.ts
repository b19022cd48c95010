import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findingsOf, read } from "./hcl/testReader.ts";

const ROOT = join(import.meta.dir, "../..");
/** A word, labels and a brace, as `port "LABEL" {`, where text is and not code. */
const BLOCK = /\b[a-z_]+(?: "[^"\n]*")* \{/g;

/** Blocks in a text, each from its type to the brace that closes it; what is cut off before that is none. */
function blocksIn(text: string): string[] {
  const blocks: string[] = [];
  for (let found = BLOCK.exec(text); found !== null; found = BLOCK.exec(text)) {
    const end = closing(text, BLOCK.lastIndex);
    if (end < 0) continue;
    blocks.push(text.slice(found.index, end));
    BLOCK.lastIndex = end;
  }
  return blocks;
}

function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return -1;
}

/** What is to be filled in gets a value: `...` alone stands for what is in the block, as a value for one. */
function filled(block: string): string {
  return block
    .replaceAll("{ ... }", "{}")
    .replaceAll("...", "1")
    .replaceAll(/(?<= = )[A-Z]+\b/g, "1");
}

function mistakesIn(texts: readonly string[]): string[] {
  return texts.flatMap(blocksIn).flatMap((block) => {
    const [first] = read(filled(block)).findings;
    return first === undefined ? [] : [`${block}: ${first.message}`];
  });
}

/** Texts of one line in the code, with a value for what is computed. */
function literalsOf(source: string): string[] {
  const lines = source.split("\n").filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line));
  return lines.flatMap((line) => {
    const plain = line.replaceAll(/\$\{[^}]*\}/g, "1");
    return [...plain.matchAll(/'[^']*'|`[^`]*`|"(?:[^"\\]|\\.)*"/g)].map(([text]) => text);
  });
}

function filesIn(folder: string, isWanted: (name: string) => boolean): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return names.filter(isWanted).map((name) => readFileSync(join(ROOT, folder, name), "utf8"));
}

test("what is to be written instead, on one line, is HCL that is read", () => {
  expect(blocksIn('Write `a { b "c" { } }` or `d {`.')).toEqual(['a { b "c" { } }']);
  expect(mistakesIn(['a "b" { c = ... }', "a { b = PORT }", "a { ... }"])).toEqual([]);
  expect(mistakesIn(["a { b {} }", "a { b = 1 c = 2 }"])).toHaveLength(2);
  const isCode = (name: string) =>
    name.endsWith(".ts") && !/\.test\.ts$|oracleCorpus|testRead/.test(name);
  const literals = filesIn("src/jobfile", isCode).flatMap(literalsOf);
  expect(literals.flatMap(blocksIn).length).toBeGreaterThan(5);
  expect(mistakesIn(literals)).toEqual([]);
});

const FENCE = /^```(\w*)\n([\s\S]*?)^```/gm;

test("what the pages show of job files is HCL that is read", () => {
  // The page of the language says what blocks may have, not what is in one.
  const isPage = (name: string) => /^[^/]*\.md$/.test(name) && name !== "hcl.md";
  const pages = filesIn("docs", isPage);
  const spans = pages
    .map((page) => page.replaceAll(FENCE, ""))
    .flatMap((page) => [...page.matchAll(/`[^`\n]+`/g)].map(([span]) => span))
    .filter((span) => !span.startsWith("`import "));
  expect(spans.flatMap(blocksIn).length).toBeGreaterThan(3);
  expect(mistakesIn(spans)).toEqual([]);
  const fences = pages
    .flatMap((page) => [...page.matchAll(FENCE)])
    .flatMap(([, language, text = ""]) => (language === "hcl" ? [text] : []));
  expect(fences.length).toBeGreaterThan(5);
  expect(fences.flatMap((text) => findingsOf(filled(text)))).toEqual([]);
});
